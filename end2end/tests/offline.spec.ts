// What somebody typed is theirs until it is sent: through reloads, refusals and outages.

import { expect, test } from '../support/test.ts';
import { NO_NETWORK } from '../support/quiet.ts';

test('a draft survives a reload on both sides', async ({ visitor, agent }) => {
  const ada = await visitor();
  await ada.goto('/a');
  await ada.openChat();
  await ada.sends('Hello?');
  const sam = await agent('Sam Ortiz');
  await sam.opens('Hello?');

  await ada.composer.fill('half a thou');
  await sam.composer.fill('half an ans');
  await ada.page.waitForTimeout(1_500);
  await ada.page.reload();
  await ada.isOpen();
  await expect(ada.composer).toHaveValue('half a thou');
  await sam.page.reload();
  await expect(sam.composer).toHaveValue('half an ans');
  await ada.thread.seesNot('half a thou');
});

test('what could not be sent survives a reload and is sent once @both', async ({ shop, visitor, agent, quiet }) => {
  const ada = await visitor();
  await ada.goto('/a');
  await ada.openChat();
  await ada.sends('Hello?');
  const sam = await agent('Sam Ortiz');
  await sam.opens('Hello?');
  const [conversation] = await shop.admin.api.conversations();

  // Everything that would change something is lost on the way; pages still load.
  quiet.allow(NO_NETWORK);
  let lost = 0;
  const context = ada.page.context();
  const lose = async (route: import('@playwright/test').Route) => {
    if (route.request().method() === 'GET') return route.fallback();
    lost += 1;
    return route.abort('internetdisconnected');
  };
  await context.route('**/*', lose);
  await ada.writes('Unsent one');
  await ada.writes('Unsent two');
  await expect(ada.thread.message('Unsent one')).toContainText(/Sending|Waiting to send|Not sent/);
  expect(lost, 'or nothing was lost').toBeGreaterThan(0);

  await ada.page.reload();
  await ada.isOpen();
  await expect(ada.frame.locator('html'), 'both texts are still there').toContainText('Unsent one');
  await ada.sees('Unsent one');
  await ada.sees('Unsent two');
  expect(await shop.admin.api.texts(conversation!.id), 'the desk has neither').toEqual(['Hello?']);

  await context.unroute('**/*', lose);
  for (const text of ['Unsent one', 'Unsent two']) {
    const retry = ada.thread.message(text).getByRole('button', { name: 'Retry' });
    await expect(async () => {
      if (await retry.isVisible()) await retry.click({ timeout: 1_000 });
      await expect(ada.thread.message(text)).toContainText(/Sent|Read/, { timeout: 2_000 });
    }).toPass({ timeout: 45_000 });
  }
  await sam.sees('Unsent one');
  await sam.sees('Unsent two');
  expect(await shop.admin.api.texts(conversation!.id), 'each once, in the order she wrote them').toEqual(['Hello?', 'Unsent one', 'Unsent two']);
  await ada.page.reload();
  await ada.isOpen();
  await ada.sees('Unsent two');
  await ada.page.waitForTimeout(2_000);
  expect(await shop.admin.api.texts(conversation!.id), 'and not again later').toHaveLength(3);
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
