// Eight tabs of the desk in one browser, which has six connections to a host for all of them together.

import type { Page, Request } from '@playwright/test';
import { expect, test } from '../support/test.ts';
import { Agent } from '../support/people.ts';

const TABS = 8;

test('eight tabs of the desk are all live on one stream @both', async ({ desk, shop, visitor, agent, quiet }) => {
  const ada = await visitor();
  await ada.goto('/a');
  await ada.openChat();
  await ada.sends('Hello?');
  const [conversation] = await shop.admin.api.conversations();

  const first = await agent('Sam Ortiz');
  const context = first.page.context();
  const streams = new Map<Request, Page>();
  const isStream = (request: Request) => new URL(request.url()).pathname === '/api/v1/events';
  context.on('request', request => { if (isStream(request)) streams.set(request, request.frame().page()); });
  context.on('requestfinished', request => { streams.delete(request); });
  context.on('requestfailed', request => { streams.delete(request); });

  await first.goto(conversation!.id);
  const tabs = [first];
  while (tabs.length < TABS) {
    const tab = new Agent(await context.newPage(), desk);
    await tab.goto(conversation!.id);
    tabs.push(tab);
  }
  const protocol = await first.page.evaluate(() => (performance.getEntriesByType('navigation')[0] as PerformanceNavigationTiming).nextHopProtocol);
  expect(protocol, 'or there is no limit of six to get into').toBe('http/1.1');

  await ada.sends('Is this live?');
  for (const tab of tabs) await tab.sees('Is this live?');
  await tabs.at(-1)!.replies('It is, in every tab');
  for (const tab of tabs) await tab.sees('It is, in every tab');
  await ada.sees('It is, in every tab');
  expect(streams.size, 'one stream for the whole browser').toBe(1);

  // The tab that listens for all of them is closed.
  const leader = [...streams.values()][0]!;
  await leader.close();
  const left = tabs.filter(tab => tab.page !== leader);
  expect(left).toHaveLength(TABS - 1);
  await ada.sends('Still there?');
  for (const tab of left) await tab.sees('Still there?', 20_000);
  // A page that is closed reports nothing of its requests any more.
  const open = () => [...streams.values()].filter(page => !page.isClosed()).length;
  await expect.poll(open, { message: 'another tab listens now' }).toBe(1);

  // Signing out in one signs out all of them; the stream is refused first, and browsers print that.
  quiet.allow(/status of 401 .*\/(api\/v1\/events|_fn\/)/);
  const [one, ...others] = left;
  await one!.page.goto(`${desk.url}/desk`);
  await one!.signOut();
  for (const tab of others) await expect(tab.page, 'a signed-out tab does not stay').toHaveURL(/sign-in/, { timeout: 20_000 });
});
