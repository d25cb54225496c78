// axe on every page, in light and dark: nothing serious, nothing critical.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { live } from '../support/people.ts';
import { routes } from '../support/routes.ts';
import { expect, test } from '../support/test.ts';

/** In light by every rule; in dark only the colours are others. */
async function examine(page: Page, what: string, problems: string[]) {
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    const axe = new AxeBuilder({ page });
    if (scheme === 'light') axe.withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']);
    else axe.withRules(['color-contrast']);
    const found = await axe.analyze();
    expect(found.passes.length, `${what}, ${scheme}: axe looked at something`).toBeGreaterThan(scheme === 'light' ? 5 : 0);
    for (const violation of found.violations) {
      if (violation.impact !== 'serious' && violation.impact !== 'critical') continue;
      for (const node of violation.nodes) problems.push(`${what}, ${scheme}: ${violation.id} (${violation.impact}) at ${node.target.join(' ')}: ${node.failureSummary?.split('\n').slice(1).join('; ').trim()}`);
    }
  }
}

/** The home page's own bell opens the chat, and nothing lies on the way in for staff. */
async function bellRings(page: Page) {
  const staff = page.getByRole('link', { name: 'Staff sign-in' });
  const size = page.viewportSize()!;
  for (const width of [360, 768, 1024, 1440]) {
    await page.setViewportSize({ width, height: size.height });
    await staff.click({ trial: true });
  }
  await page.setViewportSize(size);
  await page.waitForFunction(() => 'v' in (window as unknown as { Deskbell: object }).Deskbell && document.querySelector('desk-bell'));
  await page.getByRole('link', { name: /Ring the bell/ }).click();
  await expect(page.locator('desk-bell iframe'), 'the bell opens the chat').toBeVisible();
}

for (const [device, phone] of [['desktop', false], ['phone', true]] as const) {
  test(`axe: the pages, ${device}`, async ({ desk, shop, agent, room }) => {
    test.setTimeout(300_000);
    const problems: string[] = [];
    const known = await routes(desk, shop);
    const stranger = await (await room('nobody', { phone })).newPage();
    const rosa = (await agent(undefined, { phone })).page;
    for (const [where, may] of known) {
      for (const [who, page] of [['nobody', stranger], ['admin', rosa]] as const) {
        if (!may.includes(who)) continue;
        await page.goto(desk.url + where);
        await live(page);
        await page.waitForTimeout(300);
        await examine(page, `${where} as ${who}`, problems);
        if (where === '/' && who === 'nobody') await bellRings(page);
      }
    }
    expect(problems).toEqual([]);
  });

  test(`axe: the widget on a shop's page, ${device}`, async ({ visitor, agent }) => {
    const problems: string[] = [];
    const sam = await agent('Sam Ortiz');
    const ada = await visitor({ phone });
    await ada.goto('/a');
    await expect(ada.launcher).toBeVisible();
    await examine(ada.page, 'closed launcher', problems);
    await ada.openChat();
    await examine(ada.page, 'empty chat', problems);
    await ada.sends('Where is my parcel?');
    await sam.opens('Where is my parcel?');
    await sam.replies('See https://shop.example/track/1 please');
    await expect(ada.thread.log.getByRole('link', { name: /shop\.example\/track\/1/ })).toBeVisible();
    await examine(ada.page, 'chat with messages', problems);
    await sam.closeButton.click();
    await expect(ada.frame.getByText(/ended/i).first()).toBeVisible();
    await examine(ada.page, 'ended chat', problems);
    expect(problems).toEqual([]);
  });
}
