// What a visitor wrote and could not send is theirs, in the frame's own storage under the shop's site: through
// reloads, closed tabs, a chat that was closed meanwhile and a session that ended.

import config from '../playwright.config.ts';
import { expect, test } from '../support/test.ts';
import { Visitor } from '../support/people.ts';
import { NO_NETWORK } from '../support/quiet.ts';
import { withStorage } from '../support/features.ts';

test.use({ launchOptions: withStorage(config.use?.launchOptions ?? {}) });

/** What Chromium prints about a frame that could not be loaded, when the loader greets it. */
const NO_FRAME = /chrome-error|Failed to execute 'postMessage'/;

test('a draft in the chat survives a reload of the page around it', async ({ shop, visitor }) => {
  const ada = await visitor();
  await ada.goto('/a');
  await ada.openChat();
  await ada.sends('Hello?');
  await ada.composer.fill('half a quest');
  await ada.page.reload();
  await ada.isOpen();
  await expect(ada.composer).toHaveValue('half a quest');
  const [conversation] = await shop.admin.api.conversations();
  expect(await shop.admin.api.texts(conversation!.id), 'and nothing was sent').toEqual(['Hello?']);
});

test('written while the server is down, reloaded, and sent once when it is back @both', async ({ desk, shop, visitor, quiet }) => {
  const ada = await visitor();
  await ada.goto('/a');
  await ada.openChat();
  await ada.sends('Hello?');

  quiet.allow(NO_NETWORK, NO_FRAME);
  await desk.kill9();
  await ada.writes('Written into the void');
  await ada.writes('And once more');
  await expect(ada.thread.message('Written into the void')).toContainText(/Sending|Waiting to send|Not sent/);
  await ada.goto('/b');
  await desk.start();
  const [conversation] = await shop.admin.api.conversations();
  expect(await shop.admin.api.texts(conversation!.id), 'nobody has it yet').toEqual(['Hello?']);

  await ada.goto('/a');
  await ada.isOpen();
  for (const text of ['Written into the void', 'And once more']) {
    await expect(ada.thread.message(text), 'it went by itself').toContainText(/Sent|Read/, { timeout: 20_000 });
    await ada.sees(text);
  }
  const all = ['Hello?', 'Written into the void', 'And once more'];
  expect(await shop.admin.api.texts(conversation!.id)).toEqual(all);
  await ada.page.reload();
  await ada.isOpen();
  await ada.sees('And once more');
  expect(await ada.thread.texts(), 'and not again').toEqual(all);
  expect(await shop.admin.api.texts(conversation!.id)).toEqual(all);
});

test('the tab is closed with something unsent, and the chat is closed meanwhile', async ({ desk, shop, visitor, line, quiet }) => {
  const hers = await line();
  const ada = await visitor({ link: hers });
  await ada.goto('/a');
  await ada.openChat();
  await ada.sends('Hello?');
  const [conversation] = await shop.admin.api.conversations();

  quiet.allow(NO_NETWORK, NO_FRAME);
  hers.set({ kind: 'refuse' });
  await ada.writes('One more thing');
  await expect(ada.thread.message('One more thing')).toContainText(/Sending|Waiting to send|Not sent/);
  await shop.admin.api.post(`/conversations/${conversation!.id}/close`);
  await ada.page.close();
  expect(hers.met.get('refuse'), 'or she was never cut off').toBeGreaterThan(0);
  hers.heal();
  expect(await shop.admin.api.texts(conversation!.id), 'it never arrived').toEqual(['Hello?']);

  const again = new Visitor(await ada.page.context().newPage(), shop.site, desk);
  await again.goto('/b');
  await again.isOpen();
  await expect(again.thread.message('One more thing')).toContainText(/Sent|Read/, { timeout: 20_000 });
  expect(await shop.admin.api.texts(conversation!.id), 'once, in the same conversation').toEqual(['Hello?', 'One more thing']);
  const [now, ...others] = await shop.admin.api.conversations();
  expect(now!.status, 'which is open again').toBe('waiting');
  expect(others).toEqual([]);
});

test('the next person at the same browser sees and sends nothing of the one before', async ({ shop, visitor }) => {
  const tab = await visitor();
  const say = (...words: unknown[]) => tab.page.evaluate(words => (window as unknown as { Deskbell: (...words: unknown[]) => void }).Deskbell(...words), words);
  const kept = () => tab.frame.locator('html').evaluate(() => [localStorage, sessionStorage].flatMap(s => Object.values(s)).join(' '));
  await tab.goto('/a');
  await tab.openChat();
  await tab.composer.fill('my pin is 1234');
  await tab.goto('/b');
  await tab.openChat();
  await expect(tab.composer, 'still the same person, as far as anybody knows').toHaveValue('my pin is 1234');

  await say('identify', 'ben-7', { name: 'Ben' });
  await expect(tab.composer, 'Ben signed in to the shop, and did not write this').toHaveValue('');
  await tab.sends('Ben here');
  const [conversation] = await shop.admin.api.conversations();
  expect(await shop.admin.api.texts(conversation!.id)).toEqual(['Ben here']);

  await tab.composer.fill('half of what Ben wri');
  await expect.poll(kept, 'kept for him').toContain('half of what Ben wri');
  const gone = tab.page.waitForEvent('framenavigated', { predicate: frame => frame.url().includes('/widget/') });
  await say('reset');
  await gone;
  await tab.goto('/a');
  await tab.openChat();
  await expect(tab.composer).toHaveValue('');
  await tab.thread.seesNot('Ben here');
  expect(await kept(), 'nothing of either is left in the browser').not.toMatch(/my pin|half of what/);
});

for (const where of ['on the page where it began', 'on a later page']) test(`the session ends meanwhile, ${where}: the text is kept, and goes out as nobody else by itself`, async ({ desk, shop, visitor, line, quiet }) => {
  const later = where === 'on a later page';
  test.skip(later && process.env.DESKBELL_LONG !== '1', 'DESKBELL_LONG=1');
  const hers = await line();
  const ada = await visitor({ link: hers });
  await ada.goto('/a');
  await ada.openChat();
  await ada.sends('Hello?');
  const [conversation] = await shop.admin.api.conversations();
  const cookie = (await ada.page.context().cookies()).find(c => c.domain === 'localhost');
  if (later) {
    await ada.goto('/b');
    await ada.isOpen();
  }

  quiet.allow(NO_NETWORK, NO_FRAME, /status of 401/);
  hers.set({ kind: 'refuse' });
  await ada.writes('Do not lose me');
  const answer = await fetch(`${desk.url}/api/v1/sessions/current`, { method: 'DELETE', headers: { authorization: `Bearer ${cookie!.value}` } });
  expect(answer.status, 'her session is ended').toBe(204);
  hers.heal();
  await expect(ada.thread.message('Do not lose me'), 'she is told').toContainText(/Not sent/, { timeout: 20_000 });
  expect(await shop.admin.api.texts(conversation!.id)).toEqual(['Hello?']);
  expect(await shop.admin.api.conversations(), 'and nobody new has written').toHaveLength(1);
});
