// Where the chat may stand is the browser's decision, by what the server tells it: real frames on real origins.

import { randomUUID } from 'node:crypto';
import type { Page } from '@playwright/test';
import { createWidget, type Desk } from '../support/desk.ts';
import { Site } from '../support/site.ts';
import { expect, test } from '../support/test.ts';

/** What Chromium prints about a frame that it refused, and about messages to it. */
const REFUSED = /Deskbell no frame|frame-ancestors|chrome-error|Failed to execute 'postMessage'/i;

/** What the frame on this page shows: its address, or the browser's refusal. */
async function framed(page: Page, site: Site, src: string): Promise<string> {
  await page.goto(`${site.url}/frame?src=${encodeURIComponent(src)}`);
  const frame = page.frames().find(f => f !== page.mainFrame());
  await frame?.waitForLoadState('load').catch(() => {});
  return page.frames().find(f => f !== page.mainFrame())?.url() ?? 'none';
}

test('the widget stands on its own sites and nowhere else', async ({ desk, shop, room, quiet }) => {
  quiet.allow(REFUSED);
  const stranger = await Site.open({ snippet: shop.widget.snippet });
  try {
    const page = await (await room('visitor')).newPage();
    const src = `${desk.url}/widget/${shop.widget.id}`;
    expect(await framed(page, shop.site, src), 'on the listed site').toBe(src);
    await expect(page.frameLocator('iframe').getByRole('textbox', { name: 'Your message' })).toBeVisible();
    quiet.check();
    expect(quiet.all.filter(line => REFUSED.test(line)), 'nothing was refused there').toEqual([]);

    expect(await framed(page, stranger, src), 'on another one').toMatch(/^chrome-error:/);
    expect(quiet.all.join('\n'), 'and the browser says why').toMatch(/frame-ancestors/);

    // Pasting the snippet elsewhere gets a button at most.
    await page.goto(`${stranger.url}/a`);
    const launcher = page.getByRole('button', { name: /^Open chat/ });
    if (await launcher.isVisible({ timeout: 5_000 }).catch(() => false)) await launcher.click();
    await page.waitForTimeout(1_000);
    expect(page.frames().map(f => f.url()).filter(url => url.startsWith(desk.url)), 'no frame of ours lives there').toEqual([]);
  } finally {
    await stranger.close();
  }
});

test('a domain added by the admin counts from the next load on', async ({ desk, shop, room, quiet }) => {
  quiet.allow(REFUSED);
  const second = await Site.open();
  try {
    const page = await (await room('visitor')).newPage();
    const src = `${desk.url}/widget/${shop.widget.id}`;
    expect(await framed(page, second, src)).toMatch(/^chrome-error:/);
    await shop.admin.api.patch(`/widgets/${shop.widget.id}`, { domains: [shop.site.domain, second.domain] });
    expect(await framed(page, second, src)).toBe(src);
    await shop.admin.api.patch(`/widgets/${shop.widget.id}`, { domains: [second.domain] });
    expect(await framed(page, shop.site, src), 'and one taken away is gone').toMatch(/^chrome-error:/);
  } finally {
    await second.close();
  }
});

test('no other page may be framed, not even by a listed site', async ({ desk, shop, room, quiet }) => {
  quiet.allow(REFUSED, /status of 40[14]/);
  const page = await (await room('visitor')).newPage();
  for (const where of ['/', '/sign-in', '/desk', '/admin', '/support/conversations', '/api/docs', '/no/such/page', '/api/v1/health', '/widget.js']) {
    const answer = await fetch(desk.url + where, { redirect: 'manual' });
    const policies = [...answer.headers].filter(([name]) => name === 'content-security-policy').map(([, value]) => value).join(', ');
    expect(policies.match(/frame-ancestors [^;,]*/g)?.map(p => p.trim()), `${where} says so once`).toEqual(["frame-ancestors 'none'"]);
    expect(await framed(page, shop.site, desk.url + where), `${where} in a frame`).toMatch(/^chrome-error:|^about:blank|^none/);
  }
});

/** All of an answer that could tell two of them apart. */
async function bytes(desk: Desk, where: string) {
  const answer = await fetch(desk.url + where);
  const headers = [...answer.headers].filter(([name]) => !['date', 'x-request-id'].includes(name)).map(h => h.join(': ')).sort().join('\n');
  // A nonce is new for every answer.
  const nonces = headers.match(/'nonce-([^']+)'/)?.[1];
  const text = `${answer.status}\n${headers}\n\n${await answer.text()}`;
  return nonces ? text.replaceAll(nonces, 'NONCE') : text;
}

test('a disabled widget and one that never was answer the same', async ({ desk, shop }) => {
  const other = await createWidget(shop.admin, [shop.site.domain], { name: 'Old' });
  expect(await bytes(desk, `/widget/${other.id}`)).toContain('200\n');
  await shop.admin.api.patch(`/widgets/${other.id}`, { enabled: false });
  const absent = randomUUID();
  for (const where of ['/widget/', '/api/v1/widgets/']) {
    const suffix = where.startsWith('/api') ? '/config' : '';
    const [disabled, never] = [await bytes(desk, where + other.id + suffix), await bytes(desk, where + absent + suffix)];
    expect(disabled.split('\n')[0], 'it is not there').toBe('404');
    expect(disabled.replaceAll(other.id, 'ID')).toBe(never.replaceAll(absent, 'ID'));
  }
});

test('the visitor cookie is one that a frame on another site may keep, and no script may read', async ({ desk, visitor }) => {
  const ada = await visitor();
  await ada.goto('/a');
  await ada.openChat();
  await ada.sends('Hello?');
  const ours = (await ada.page.context().cookies()).filter(cookie => cookie.domain === 'localhost');
  expect(ours).toHaveLength(1);
  expect(ours[0]).toMatchObject({ httpOnly: true, secure: true, sameSite: 'None', path: '/' });
  expect(ours[0]!.name).toMatch(/^__Host-deskbell-w-/);
  expect((ours[0] as { partitionKey?: string }).partitionKey, 'kept apart per site').toBeTruthy();
  expect(await ada.frame.locator('html').evaluate(() => document.cookie)).toBe('');
  expect(await ada.page.evaluate(() => document.cookie)).toBe('');
  const flags = await ada.page.evaluate(() => Object.entries({ ...localStorage }));
  expect(flags.length, 'one flag on the host page').toBe(1);
  expect(JSON.stringify(flags).length, 'which holds no identity').toBeLessThan(80);
  expect(desk.log, 'no token in the log').not.toContain(ours[0]!.value);
});
