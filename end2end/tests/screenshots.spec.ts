// Pictures of the demo for people to look at: SCREENSHOTS=1 npx playwright test screenshots --project sqlite
// They are written to end2end/pictures/, and those that the README shows to end2end/screenshots/ as well.

import { copyFile, mkdir } from 'node:fs/promises';
import type { BrowserContext, Page } from '@playwright/test';
import { Desk } from '../support/desk.ts';
import { until } from '../support/net.ts';
import { live } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

const WIDTHS = { 360: 740, 768: 1024, 1440: 900 };
const FOLDER = 'pictures';
const README = ['thread-1440-light', 'thread-1440-dark', 'shop-chat-1440-light', 'admin-widget-1440-light', 'thread-360-dark'];

/** The addresses that `serve --demo` prints: the shop, and a one-click sign-in for each. */
async function demo(desk: Desk) {
  const links = await until('the demo\'s links', () => {
    const lines = desk.log.split('\n').filter(line => line.includes('http'));
    const find = (words: RegExp) => lines.find(line => words.test(line))?.match(/https?:\/\/\S+/)?.[0];
    const found = { shop: find(/shop/i), agent: find(/agent/i), supervisor: find(/supervisor/i), admin: find(/admin/i) };
    return found.shop && found.agent && found.admin ? found : undefined;
  }, 30_000);
  return links;
}

test('pictures of every screen', async ({ browser }) => {
  test.setTimeout(900_000);
  await mkdir(FOLDER, { recursive: true });
  const desk = await Desk.open('sqlite', ['--demo']);
  try {
    const links = await demo(desk);
    const state: Record<string, Awaited<ReturnType<BrowserContext['storageState']>>> = {};
    for (const who of ['agent', 'admin'] as const) {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(links[who]!);
      const button = page.getByRole('main').getByRole('button').first();
      if (page.url().includes('token=')) await button.click();
      await page.waitForURL(/\/(desk|admin)/);
      state[who] = await context.storageState();
      await context.close();
    }

    for (const [width, height] of Object.entries(WIDTHS)) {
      for (const scheme of ['light', 'dark'] as const) {
        const take = async (page: Page, name: string) => {
          await page.waitForTimeout(500);
          const picture = `${name}-${width}-${scheme}`;
          await page.screenshot({ path: `${FOLDER}/${picture}.png` });
          if (README.includes(picture)) await copyFile(`${FOLDER}/${picture}.png`, `screenshots/${picture}.png`);
        };
        const look = { viewport: { width: Number(width), height }, colorScheme: scheme, locale: 'en-GB', timezoneId: 'Europe/Copenhagen', reducedMotion: 'reduce' as const };
        const visit = async (who: string | undefined, places: Record<string, string>) => {
          const context = await browser.newContext({ ...look, ...(who ? { storageState: state[who]! } : {}) });
          const page = await context.newPage();
          for (const [name, where] of Object.entries(places)) {
            await page.goto(desk.url + where);
            await live(page).catch(() => {});
            await take(page, name);
          }
          return { context, page };
        };

        const nobody = await visit(undefined, { home: '/', 'sign-in': '/sign-in', guide: '/support/conversations', docs: '/api/docs', missing: '/no/such/page' });
        await nobody.context.close();

        const agent = await visit('agent', { 'inbox-mine': '/desk', 'inbox-unassigned': '/desk?view=unassigned', 'inbox-closed': '/desk?view=closed', sessions: '/account/sessions' });
        await agent.page.goto(`${desk.url}/desk`);
        await live(agent.page).catch(() => {});
        const rows = agent.page.getByRole('region', { name: 'Conversations' }).getByRole('list').last().getByRole('link');
        expect(await rows.count(), 'the demo has conversations').toBeGreaterThan(2);
        await rows.first().click();
        await expect(agent.page.getByRole('article', { name: /^Conversation with/ })).toBeVisible();
        await take(agent.page, 'thread');
        await agent.context.close();

        const admin = await visit('admin', { admin: '/admin', 'admin-agents': '/admin/agents', 'admin-widgets': '/admin/widgets', 'admin-settings': '/admin/settings', 'inbox-all': '/desk?view=all' });
        await admin.page.goto(`${desk.url}/admin/widgets`);
        await admin.page.getByRole('main').getByRole('listitem').getByRole('link').last().click();
        await admin.page.waitForURL(/\/admin\/widgets\/./);
        await take(admin.page, 'admin-widget');
        await admin.context.close();

        const context = await browser.newContext(look);
        const shop = await context.newPage();
        await shop.goto(links.shop!);
        const launcher = shop.getByRole('button', { name: /^(Open|Close) chat/ });
        await expect(launcher).toBeVisible();
        await take(shop, 'shop');
        await launcher.click();
        await live(shop.frameLocator('desk-bell iframe')).catch(() => {});
        await take(shop, 'shop-chat');
        await context.close();
      }
    }
  } finally {
    await desk.close();
  }
});
