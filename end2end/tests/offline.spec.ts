// What somebody typed is theirs until it is sent: through reloads, refusals and outages.

import { open } from '../support/desk.ts';
import { expect, test } from '../support/test.ts';
import { NO_NETWORK } from '../support/quiet.ts';

test('a draft at the desk survives a reload', async ({ desk, shop, agent }) => {
  const ada = await desk.visitor(shop.widget, { name: 'Ada' });
  const conversation = await open(ada, 'Hello?');
  const sam = await agent('Sam Ortiz');
  await sam.goto(conversation.id);
  await sam.composer.fill('half an ans');
  await sam.page.waitForTimeout(1_500);
  await sam.page.reload();
  await expect(sam.composer).toHaveValue('half an ans');
  expect(await shop.admin.api.texts(conversation.id), 'and nothing was sent').toEqual(['Hello?']);
});

test('written while the server is down, on both sides, sent once when it is back @both', async ({ desk, shop, visitor, agent, quiet }) => {
  const ada = await visitor();
  await ada.goto('/a');
  await ada.openChat();
  await ada.sends('Hello?');
  const sam = await agent('Sam Ortiz');
  await sam.opens('Hello?');
  const [conversation] = await shop.admin.api.conversations();

  quiet.allow(NO_NETWORK);
  await desk.kill9();
  await ada.writes('Written into the void');
  await sam.writes('So was this');
  await expect(ada.thread.message('Written into the void')).toContainText(/Sending|Waiting to send|Not sent/);
  await desk.start();
  await sam.sees('Written into the void', 40_000);
  await ada.sees('So was this', 40_000);
  expect((await shop.admin.api.texts(conversation!.id)).sort()).toEqual(['Hello?', 'So was this', 'Written into the void']);
});

test('signed out meanwhile: the text is kept, and nothing is sent as somebody else', async ({ shop, visitor, agent, quiet }) => {
  const ada = await visitor();
  await ada.goto('/a');
  await ada.openChat();
  await ada.sends('Hello?');
  const sam = await agent('Sam Ortiz');
  await sam.opens('Hello?');
  const [conversation] = await shop.admin.api.conversations();

  quiet.allow(/status of 401/, NO_NETWORK);
  const [session] = await (await sam.staff()).api.get<{ items: { id: string; current?: boolean }[] }>('/sessions').then(list => list.items.filter(s => !s.current));
  await sam.composer.fill('Do not lose me');
  await (await sam.staff()).api.ask('DELETE', `/sessions/${session!.id}`);
  await sam.composer.press('Enter').catch(() => {});
  await sam.page.waitForURL(/sign-in/, { timeout: 20_000 });
  expect(await shop.admin.api.texts(conversation!.id)).toEqual(['Hello?']);

  const login = await sam.staff();
  await sam.signIn(login);
  await sam.goto(conversation!.id);
  await expect
    .poll(async () => (await sam.composer.inputValue()) + (await sam.thread.log.innerText()), { message: 'his text is still with him' })
    .toContain('Do not lose me');
});
