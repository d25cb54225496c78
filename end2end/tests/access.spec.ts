// axe on every page, in light and dark: nothing serious, nothing critical.

import AxeBuilder from '@axe-core/playwright';
import Axe, { type AxeResults, type RunOnly } from 'axe-core';
import type { Page } from '@playwright/test';
import { live } from '../support/people.ts';
import { routes } from '../support/routes.ts';
import { expect, test } from '../support/test.ts';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
type Found = Pick<AxeResults, 'violations'> & { passes: number };

/** By AxeBuilder where there are frames. Elsewhere axe is put in once and hands over what is wrong, and no more. */
async function axe(page: Page, runOnly: RunOnly): Promise<Found> {
  if (page.frames().length > 1) {
    const { violations, passes } = await new AxeBuilder({ page }).options({ runOnly, resultTypes: ['violations'] }).analyze();
    return { violations, passes: passes.length };
  }
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(Axe.source);
  return page.evaluate(async runOnly => {
    const { violations, passes } = await (window as unknown as { axe: typeof Axe }).axe.run({ runOnly, resultTypes: ['violations'] });
    return { violations, passes: passes.length };
  }, runOnly);
}

/** In light by every rule; in dark only the colours are others. */
async function examine(page: Page, what: string, problems: string[]) {
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    const found = await axe(page, scheme === 'light' ? { type: 'tag', values: TAGS } : { type: 'rule', values: ['color-contrast'] });
    expect(found.passes, `${what}, ${scheme}: axe looked at something`).toBeGreaterThan(scheme === 'light' ? 5 : 0);
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
    test.setTimeout(600_000);
    const problems: string[] = [];
    const known = await routes(desk, shop);
    const stranger = await (await room('nobody', { phone, more: { reducedMotion: 'reduce' } })).newPage();
    const rosa = (await agent(undefined, { phone, more: { reducedMotion: 'reduce' } })).page;
    for (const [where, may] of known) {
      let before = '';
      for (const [who, page] of [['nobody', stranger], ['admin', rosa]] as const) {
        if (!may.includes(who)) continue;
        await page.goto(desk.url + where);
        await live(page);
        // What is one page for both is looked at once.
        const now = await page.evaluate(() => document.body.outerHTML.replace(/ nonce="[^"]*"/g, ''));
        if (now === before) continue;
        before = now;
        await page.waitForTimeout(100);
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
