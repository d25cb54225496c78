// What an agent wrote and could not send: kept per conversation and per ink, through closed tabs, a chat that a
// colleague closed meanwhile and a session that ended; never sent by somebody else at the same browser.

import { open } from '../support/desk.ts';
import { Agent, choose } from '../support/people.ts';
import { NO_NETWORK } from '../support/quiet.ts';
import { expect, test } from '../support/test.ts';

const WAITS = /Sending|Waiting to send|Not sent/;

test('a draft at the desk survives a closed tab, for its own conversation and in its own ink', async ({ desk, shop, agent }) => {
  const [ada, ben] = [await desk.visitor(shop.widget, { name: 'Ada' }), await desk.visitor(shop.widget, { name: 'Ben' })];
  const [hers, his] = [await open(ada, 'Hello?'), await open(ben, 'Anybody?')];
  const sam = await agent('Sam Ortiz', { role: 'supervisor' });
  await sam.goto(hers.id);
  await choose(sam.talk, 'Note');
  await sam.composer.fill('between us');
  await sam.goto(his.id);
  await expect(sam.composer, 'the draft of one is not the draft of the other').toHaveValue('');
  await sam.composer.fill('half an ans');
  await sam.page.close();

  const again = new Agent(await sam.page.context().newPage(), desk);
  await again.goto(his.id);
  await expect(again.composer).toHaveValue('half an ans');
  await expect(again.talk.getByRole('radio', { name: 'Reply' })).toBeChecked();
  await again.goto(hers.id);
  await expect(again.composer).toHaveValue('between us');
  await expect(again.talk.getByRole('radio', { name: 'Note' }), 'a note does not become a reply').toBeChecked();
  for (const [id, said] of [[hers.id, 'Hello?'], [his.id, 'Anybody?']] as const) {
    const all = (await shop.admin.api.messages(id)).filter(m => m.kind !== 'event').map(m => m.body);
    expect(all, 'and nothing was sent').toEqual([said]);
  }
});

test('cut off, the tab closed, a colleague closes the conversation: it goes out once, a note as a note @both', async ({ desk, shop, agent, line, quiet }) => {
  const ada = await desk.visitor(shop.widget, { name: 'Ada' });
  const conversation = await open(ada, 'Hello?');
  const his = await line();
  const sam = await agent('Sam Ortiz', { link: his, role: 'supervisor' });
  await sam.goto(conversation.id);
  await sam.replies('One moment');

  quiet.allow(NO_NETWORK);
  his.set({ kind: 'refuse' });
  await sam.writes('Here it is');
  await choose(sam.talk, 'Note');
  await sam.composer.fill('She was kind');
  await sam.composer.press('Enter');
  for (const text of ['Here it is', 'She was kind']) await expect(sam.thread.message(text)).toContainText(WAITS);
  await sam.page.close();
  await shop.admin.api.post(`/conversations/${conversation.id}/close`);
  expect(his.met.get('refuse'), 'or he was never cut off').toBeGreaterThan(0);
  his.heal();
  expect(await shop.admin.api.texts(conversation.id), 'it never arrived').toEqual(['Hello?', 'One moment']);

  const again = new Agent(await sam.page.context().newPage(), desk);
  await again.goto(conversation.id);
  await expect(again.thread.message('Here it is')).toContainText(/Sent|Read/, { timeout: 20_000 });
  await expect(again.thread.message('She was kind')).toHaveAttribute('data-audience', 'team', { timeout: 20_000 });
  await again.page.reload();
  await again.sees('She was kind');
  expect(await again.thread.texts(), 'once').toEqual(['Hello?', 'One moment', 'Here it is', 'She was kind']);
  const stored = (await shop.admin.api.messages(conversation.id)).filter(m => m.kind !== 'event').map(m => [m.kind, m.body]);
  expect(stored).toEqual([['text', 'Hello?'], ['text', 'One moment'], ['text', 'Here it is'], ['note', 'She was kind']]);
  const hers = await ada.get<{ items: { body: string }[] }>(`/conversations/${conversation.id}/messages`);
  expect(hers.items.map(m => m.body), 'she reads the reply and not the note').toContain('Here it is');
  expect(JSON.stringify(hers)).not.toContain('She was kind');
});

test('his session ends while it waits: nothing goes out until he is back, and nobody else sends it', async ({ desk, shop, agent, line, quiet }) => {
  const ada = await desk.visitor(shop.widget, { name: 'Ada' });
  const conversation = await open(ada, 'Hello?');
  const his = await line();
  const sam = await agent('Sam Ortiz', { link: his, role: 'supervisor' });
  await sam.goto(conversation.id);
  const login = await sam.staff();
  const { items } = await login.api.get<{ items: { id: string; current?: boolean }[] }>('/sessions');
  const browsers = items.filter(session => !session.current);
  expect(browsers.length, 'his browser has one').toBeGreaterThan(0);

  quiet.allow(NO_NETWORK, /status of 401/);
  his.set({ kind: 'refuse' });
  await sam.writes('Do not lose me');
  await expect(sam.thread.message('Do not lose me')).toContainText(WAITS);
  for (const session of browsers) await login.api.call('DELETE', `/sessions/${session.id}`);
  his.heal();
  await sam.page.waitForURL(/sign-in/, { timeout: 30_000 });
  expect(await shop.admin.api.texts(conversation.id)).toEqual(['Hello?']);

  // Somebody else at the same browser.
  await sam.signIn(shop.admin);
  await sam.goto(conversation.id);
  await sam.thread.seesNot('Do not lose me');
  await sam.replies('Rosa here');
  expect(await shop.admin.api.texts(conversation.id), 'it is not hers to send').toEqual(['Hello?', 'Rosa here']);
  await sam.page.goto(`${desk.url}/desk`);
  await sam.signOut();

  await sam.signIn(login);
  await sam.goto(conversation.id);
  // Refused as nobody, it may wait for his word; gone on by itself is as good.
  const retry = sam.thread.message('Do not lose me').getByRole('button', { name: /Retry|Try again|Send/ });
  await expect(sam.thread.bubble('Do not lose me'), 'he has it still').toHaveCount(1);
  if (await retry.isVisible()) await retry.click();
  await expect(sam.thread.message('Do not lose me')).toContainText(/Sent|Read/, { timeout: 20_000 });
  const messages = await shop.admin.api.messages(conversation.id);
  expect(messages.filter(m => m.body === 'Do not lose me').map(m => m.author.name)).toEqual(['Sam Ortiz']);

  const left = () => sam.page.evaluate(() => Object.keys(localStorage).filter(key => /draft|unsent/.test(key)));
  await sam.composer.fill('half of it');
  await expect.poll(left, 'his draft is kept').not.toEqual([]);
  await sam.page.goto(`${desk.url}/desk`);
  await sam.signOut();
  await expect.poll(left, 'until he signs out').toEqual([]);
});
