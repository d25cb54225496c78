// A closed conversation beside an open one of the same customer, at the desk: what is written goes to the open one,
// and the desk says so; the closed one stays closed.

import { open } from '../support/desk.ts';
import { expect, test } from '../support/test.ts';

test('a reply in a closed conversation goes to the open one, and the desk shows where @both', async ({ desk, shop, agent, quiet }) => {
  const ada = await desk.visitor(shop.widget, { name: 'Ada' });
  const first = await open(ada, 'Where is my lamp?');
  await shop.admin.api.post(`/conversations/${first.id}/close`);
  const second = await open(ada, 'And my chair?');
  expect(second.id).not.toBe(first.id);
  const sam = await agent('Sam Ortiz', { role: 'supervisor' });
  await sam.goto(first.id);

  // The answer says 409, which the browser notes.
  quiet.allow(/409/);
  await sam.talk.getByRole('button', { name: 'Reopen' }).click();
  const said = sam.page.getByRole('status').filter({ hasText: 'open' });
  await expect(said.filter({ hasText: /another/i }), 'why not').toBeVisible();
  expect((await shop.admin.api.conversations()).find(c => c.id === first.id)?.status).toBe('closed');

  // Sooner than what the desk just said goes away: it must not lie on what somebody works with.
  await sam.talk.getByRole('button', { name: 'Write a reply' }).click({ timeout: 5_000 });
  await sam.composer.fill('Both are on their way');
  await sam.composer.press('Enter');
  const elsewhere = sam.page.getByRole('status').filter({ hasText: 'open conversation' });
  await elsewhere.getByRole('button', { name: 'Show it' }).click();
  await sam.page.waitForURL(url => url.pathname.endsWith(second.id));
  await sam.sees('Both are on their way');
  expect(await sam.thread.texts()).toEqual(['And my chair?', 'Both are on their way']);
  expect(await shop.admin.api.texts(first.id)).toEqual(['Where is my lamp?']);
  expect(await shop.admin.api.texts(second.id)).toEqual(['And my chair?', 'Both are on their way']);
});
