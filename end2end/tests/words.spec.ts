// Every sentence comes from the catalogue, and has room: the desk speaks its pseudo-locale.

import { lineOf } from '../support/pages.ts';
import { live } from '../support/people.ts';
import { routes } from '../support/routes.ts';
import { expect, test } from '../support/test.ts';
import { untranslated } from '../support/words.ts';

test.use({ serve: ['--pseudo-locale'] });

const phone = { viewport: { width: 360, height: 780 } };

test('every page at 360 px', async ({ desk, shop, room, quiet }) => {
  quiet.allow(/status of 40[134]/);
  const problems: string[] = [];
  const known = await routes(desk, shop);
  const nobody = await (await room('nobody', { more: phone })).newPage();
  const staff = await room('Rosa', { more: phone });
  await staff.addCookies(await desk.seat(shop.admin));
  const rosa = await staff.newPage();
  for (const [where, may] of known) {
    const page = may.includes('nobody') || !may.length ? nobody : rosa;
    await page.goto(desk.url + where);
    if (lineOf(new URL(page.url()).pathname) && may.length) await live(page);
    if (where === '/api/docs') continue;
    expect(await page.locator('html').getAttribute('lang'), where).toBe('en-XA');
    problems.push(...await untranslated(page, where));
  }
  expect(problems).toEqual([]);
});

test('the chat, both sides, and what is refused', async ({ desk, shop, room, quiet }) => {
  quiet.allow(/status of 4\d\d/);
  const problems: string[] = [];
  const guest = await (await room('Ada', { more: phone })).newPage();
  await guest.goto(`${desk.url}/widget/${shop.widget.id}`);
  await live(guest);
  problems.push(...await untranslated(guest, 'an empty chat'));
  const text = guest.locator('#text');
  await text.fill('Where is my parcel?');
  await text.press('Enter');
  await expect(guest.locator('li.message[data-from="contact"] .tick')).toBeVisible();
  problems.push(...await untranslated(guest, 'a chat that waits'));

  const staff = await room('Rosa', { more: phone });
  await staff.addCookies(await desk.seat(shop.admin));
  const rosa = await staff.newPage();
  const [opened] = await shop.admin.api.conversations();
  await rosa.goto(`${desk.url}/desk/c/${opened!.id}`);
  await live(rosa);
  problems.push(...await untranslated(rosa, 'a thread'));
  await shop.admin.api.say(opened!.id, 'Let me look.');
  await shop.admin.api.post(`/conversations/${opened!.id}/close`);
  await expect(guest.locator('.widget-ended')).toBeVisible();
  await expect(guest.locator('li.event')).toHaveCount(2);
  await expect(rosa.locator('li.event')).toHaveCount(2);
  problems.push(...await untranslated(guest, 'an ended chat'), ...await untranslated(rosa, 'a closed thread'));
  await rosa.keyboard.press('?');
  await expect(rosa.locator('dialog[open]')).toBeVisible();
  problems.push(...await untranslated(rosa, 'the keys'));

  await rosa.goto(`${desk.url}/admin/settings`);
  await live(rosa);
  await rosa.locator('input[name="host"]').fill('no host at all');
  await rosa.locator('main form button[type="submit"]').first().click();
  await expect(rosa.locator('main [aria-invalid="true"]')).toBeVisible();
  problems.push(...await untranslated(rosa, 'settings that are refused'));

  const stranger = await (await room('nobody', { more: phone })).newPage();
  await stranger.goto(`${desk.url}/sign-in`);
  await stranger.locator('input[type="email"]').fill('rosa@shop.example');
  await stranger.locator('input[type="password"]').fill('not her password');
  await stranger.locator('main form button[type="submit"]').click();
  await expect(stranger.locator('[role="alert"]')).toBeVisible();
  problems.push(...await untranslated(stranger, 'a sign-in that is refused'));
  expect(problems).toEqual([]);
});
