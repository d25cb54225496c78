// Ten seconds without network while both of them write: nothing lost, nothing twice, no reload. And a network of one's
// own, without TLS.

import { contextOptions, expect, test } from '../support/test.ts';
import { createWidget, Desk, open } from '../support/desk.ts';
import { sleep } from '../support/net.ts';
import { agree, fillSignIn, live } from '../support/people.ts';
import { NO_NETWORK } from '../support/quiet.ts';

const AWAY = 10_000;

test('the network is cut on both sides for ten seconds @both', async ({ shop, visitor, agent, link, quiet }) => {
  const [hers, his] = [await link(), await link()];
  const ada = await visitor({ link: hers });
  const sam = await agent('Sam Ortiz', { link: his });
  await ada.goto('/a');
  await ada.openChat();
  await ada.sends('Hello?');
  await sam.opens('Hello?');
  await sam.replies('Hello Ada');
  await ada.sees('Hello Ada');
  const [conversation] = await shop.admin.api.conversations();
  for (const { page } of [ada, sam]) await page.evaluate(() => { (window as unknown as { stayed: boolean }).stayed = true; });

  quiet.allow(NO_NETWORK);
  hers.cut();
  his.cut();
  const began = Date.now();
  await ada.writes('Are you still there?');
  await sam.writes('I found your parcel');
  await ada.writes('It has gone quiet');
  await sam.writes('It is in Hamburg');
  await sleep(AWAY - (Date.now() - began));
  expect(hers.harmed, 'or her network was never cut').toBeGreaterThan(0);
  expect(his.harmed, 'or his was not').toBeGreaterThan(0);
  expect(await shop.admin.api.texts(conversation!.id), 'nothing of it has arrived').toEqual(['Hello?', 'Hello Ada']);
  await expect(ada.thread.message('It has gone quiet'), 'she is not told that it was sent').not.toContainText(/^.*(Sent|Read)$/);
  await expect(ada.thread.message('It has gone quiet')).toContainText(/Sending|Waiting to send|Not sent/);

  hers.heal();
  his.heal();
  await ada.sees('It is in Hamburg');
  await sam.sees('It has gone quiet');
  const all = ['Hello?', 'Hello Ada', 'Are you still there?', 'It has gone quiet', 'I found your parcel', 'It is in Hamburg'];
  await agree('after the cut', all, {
    'the database': () => shop.admin.api.texts(conversation!.id),
    'the visitor': () => ada.thread.texts(),
    'the agent': () => sam.thread.texts(),
  });
  const order = await shop.admin.api.texts(conversation!.id);
  expect(order.indexOf('Are you still there?'), 'her own order is kept').toBeLessThan(order.indexOf('It has gone quiet'));
  expect(order.indexOf('I found your parcel'), 'and his').toBeLessThan(order.indexOf('It is in Hamburg'));
  for (const { page } of [ada, sam]) {
    expect(await page.evaluate(() => (window as unknown as { stayed?: boolean }).stayed), 'no page was loaded again').toBe(true);
  }
});

test('the answers are lost for ten seconds, so the browser does not know what arrived @both', async ({ shop, visitor, agent, link, quiet }) => {
  const hers = await link();
  const ada = await visitor({ link: hers });
  const sam = await agent('Sam Ortiz');
  await ada.goto('/a');
  await ada.openChat();
  await ada.sends('Hello?');
  await sam.opens('Hello?');
  const [conversation] = await shop.admin.api.conversations();

  quiet.allow(NO_NETWORK);
  hers.deafen();
  const began = Date.now();
  await ada.writes('Please cancel my order');
  await sam.sees('Please cancel my order');
  await expect(ada.thread.message('Please cancel my order'), 'it arrived, and she cannot know').toContainText(/Sending|Waiting to send|Not sent/);
  await sam.replies('It is cancelled');
  await sleep(AWAY - (Date.now() - began));
  await ada.thread.seesNot('It is cancelled');

  hers.heal();
  await ada.sees('It is cancelled');
  await expect(ada.thread.message('Please cancel my order'), 'she knows now').toContainText(/Sent|Read/, { timeout: 20_000 });
  await agree('after the silence', ['Hello?', 'Please cancel my order', 'It is cancelled'], {
    'the database': () => shop.admin.api.texts(conversation!.id),
    'the visitor': () => ada.thread.texts(),
    'the agent': () => sam.thread.texts(),
  });
});

test('a link that hangs for ten seconds and goes on', async ({ shop, visitor, agent, link, quiet }) => {
  const hers = await link();
  const ada = await visitor({ link: hers });
  const sam = await agent('Sam Ortiz');
  await ada.goto('/a');
  await ada.openChat();
  await ada.sends('Hello?');
  await sam.opens('Hello?');
  const [conversation] = await shop.admin.api.conversations();

  quiet.allow(NO_NETWORK);
  hers.freeze();
  const began = Date.now();
  await ada.writes('In the tunnel');
  await sam.replies('Take your time');
  await sleep(AWAY - (Date.now() - began));
  await ada.thread.seesNot('Take your time');
  await sam.thread.seesNot('In the tunnel');

  hers.heal();
  await ada.sees('Take your time', 20_000);
  await sam.sees('In the tunnel', 20_000);
  await agree('after the tunnel', ['Hello?', 'In the tunnel', 'Take your time'], {
    'the database': () => shop.admin.api.texts(conversation!.id),
    'the visitor': () => ada.thread.texts(),
    'the agent': () => sam.thread.texts(),
  });
});

test('over plain http on a name of the own network the desk asks for the news', async ({ playwright, launchOptions, database, quiet }) => {
  quiet.allow(/Cross-Origin-Opener-Policy/);
  const desk = await Desk.open(database, [], 'desk.test');
  const args = [...(launchOptions.args ?? []), '--host-resolver-rules=MAP desk.test 127.0.0.1'];
  const browser = await playwright.chromium.launch({ ...launchOptions, args });
  try {
    const admin = await desk.admin();
    const ada = await desk.visitor(await createWidget(admin, ['shop.test']), { name: 'Ada' });
    const { id } = await open(ada, 'Hello?');
    const context = await browser.newContext(contextOptions({}));
    quiet.watch(context, admin.name);
    const page = await context.newPage();
    const asked: Record<string, string>[] = [];
    page.on('request', async request => {
      if (new URL(request.url()).pathname === '/api/v1/events') asked.push(await request.allHeaders().catch(() => ({})));
    });
    await page.goto(`${desk.publicUrl}/sign-in`);
    await fillSignIn(page, admin);
    await page.waitForURL(url => url.pathname.startsWith('/desk'));
    await page.goto(`${desk.publicUrl}/desk/c/${id}?view=all`);
    await live(page);
    expect(await page.evaluate(() => isSecureContext), 'or the browser would say whose page it is').toBe(false);
    await page.evaluate(() => { (window as unknown as { stayed: boolean }).stayed = true; });

    await ada.say(id, 'Is this live?');
    await expect(page.getByRole('log', { name: 'Messages' }).getByText('Is this live?')).toBeVisible({ timeout: 15_000 });
    expect(await page.evaluate(() => (window as unknown as { stayed?: boolean }).stayed), 'no page was loaded again').toBe(true);
    expect(asked.length, 'it asked').toBeGreaterThan(0);
    expect(asked.filter(headers => 'sec-fetch-site' in headers), 'and nothing else vouched for it').toEqual([]);
    expect(asked.filter(headers => headers.accept?.includes('event-stream')), 'nor did it try in vain').toEqual([]);
  } finally {
    quiet.end();
    await browser.close();
    await desk.close();
  }
});
