// A closed conversation beside an open one of the same customer, at the desk: what is written goes to the open one,
// and the desk says so; the closed one stays closed.

import { open } from '../support/desk.ts';
import { live, press } from '../support/people.ts';
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

test('a link that an agent makes lets the customer into that conversation @both', async ({ desk, shop, agent, room, quiet }) => {
  const ada = await desk.visitor(shop.widget, { name: 'Ada' });
  const thread = await open(ada, 'Where is my lamp?');
  const sam = await agent('Sam Ortiz');
  await sam.goto(thread.id);
  await sam.page.getByRole('button', { name: 'Make a link' }).click();
  const field = sam.page.getByRole('textbox', { name: 'Link for the customer' });
  await expect(field).toHaveValue(/\/conversation\?token=/);
  const link = await field.inputValue();

  // Another browser, which knows nobody. Looking uses nothing up.
  const guest = await (await room('Ada, elsewhere')).newPage();
  for (let look = 0; look < 2; look += 1) expect((await guest.goto(link))?.status()).toBe(200);
  await press(guest, link);
  await guest.waitForURL(url => url.pathname.startsWith('/widget/'));
  await live(guest);
  await expect(guest.getByText('Where is my lamp?')).toBeVisible();
  await sam.replies('It is on its way');
  await expect(guest.getByText('It is on its way')).toBeVisible();
  await guest.getByRole('textbox', { name: 'Your message' }).fill('Wonderful, thank you');
  await guest.getByRole('textbox', { name: 'Your message' }).press('Enter');
  await sam.sees('Wonderful, thank you');

  const late = await (await room('whoever finds it later')).newPage();
  quiet.allow(/status of 4\d\d/);
  await late.goto(link);
  await expect(late.getByRole('heading', { name: 'This link no longer works' })).toBeVisible();
});
