// Tabs that die and computers that sleep: whoever is left, or wakes, has everything once, on one stream.

import type { Browser, Page } from '@playwright/test';
import { open } from '../support/desk.ts';
import { sleep } from '../support/net.ts';
import { Agent } from '../support/people.ts';
import { NO_NETWORK } from '../support/quiet.ts';
import { expect, test } from '../support/test.ts';

// A stream says something every 15 seconds, and is given up after 40 without.
const LONG = process.env.DESKBELL_LONG === '1';
/** Eight tabs and an orderly end are in `tabs.spec.ts`. */
const TABS = LONG ? 8 : 4;

test('the tab that listens for all crashes while messages come: another takes over, nothing is missed', async ({ desk, shop, agent, line, quiet }) => {
  const ada = await desk.visitor(shop.widget, { name: 'Ada' });
  const conversation = await open(ada, 'Hello?');
  const his = await line();
  const first = await agent('Sam Ortiz', { link: his });
  const context = first.page.context();
  const leaders = new Set<Page>();
  context.on('request', request => {
    if (new URL(request.url()).pathname === '/api/v1/events' && request.resourceType() === 'eventsource') leaders.add(request.frame().page());
  });
  await first.goto(conversation.id);
  const tabs = [first];
  while (tabs.length < TABS) {
    const tab = new Agent(await context.newPage(), desk);
    await tab.goto(conversation.id);
    tabs.push(tab);
  }
  await expect.poll(() => his.streams, { message: 'one stream for all of them' }).toBe(1);
  const leader = [...leaders].at(-1)!;
  const left = tabs.filter(tab => tab.page !== leader);
  expect(left).toHaveLength(TABS - 1);

  quiet.allow(NO_NETWORK);
  const said = ['Hello?'];
  let end = Infinity;
  const talking = (async () => {
    for (let n = 1; n <= end; n += 1) {
      await ada.say(conversation.id, `Line ${n}`);
      said.push(`Line ${n}`);
      await sleep(100);
    }
  })();
  await left[0]!.sees('Line 5');
  const crashed = leader.waitForEvent('crash');
  const cdp = await context.newCDPSession(leader);
  cdp.send('Page.crash').catch(() => {});
  await crashed;
  end = said.length + 10; // it died in the middle
  await talking;
  for (const tab of left) {
    await tab.sees(said.at(-1)!, 15_000);
    expect(await tab.thread.texts(), 'all of it, once, in order').toEqual(said);
  }
  await expect.poll(() => his.streams, { message: 'one stream again' }).toBe(1);
  expect(leaders.size, 'of another tab').toBeGreaterThan(1);
});

/** Every process of the browser stops, as they do when the lid is closed, while `meanwhile` happens. */
async function asleep(browser: Browser, meanwhile: () => Promise<void>) {
  const cdp = await browser.newBrowserCDPSession();
  const { processInfo } = await cdp.send('SystemInfo.getProcessInfo');
  const all = (signal: NodeJS.Signals) => processInfo.forEach(({ id }) => { process.kill(id, signal); });
  expect(processInfo.map(p => p.type), 'the browser itself and its pages').toEqual(expect.arrayContaining(['browser', 'renderer']));
  all('SIGSTOP');
  try {
    await meanwhile();
  } finally {
    all('SIGCONT');
  }
}

const NAPS = [
  { what: 'the connections are still good', ms: 17_000, forgotten: false, long: false },
  { what: 'the connections are still good', ms: 120_000, forgotten: false, long: true },
  { what: 'nobody knows the connections any more', ms: 60_000, forgotten: true, long: true },
];

for (const { what, ms, forgotten, long } of NAPS) {
  test(`a laptop sleeps for ${ms / 1000} seconds and ${what}: everything is there when it wakes`, async ({ browser, shop, visitor, agent, line, quiet }) => {
    test.skip(long && !LONG, 'DESKBELL_LONG=1');
    test.setTimeout(240_000 + ms);
    const [hers, his] = [await line(), await line()];
    const ada = await visitor({ link: hers });
    const sam = await agent('Sam Ortiz', { link: his });
    await ada.goto('/a');
    await ada.openChat();
    await ada.sends('Hello?');
    await sam.opens('Hello?');
    await sam.replies('Hello Ada');
    await ada.sees('Hello Ada');
    const [conversation] = await shop.admin.api.conversations();
    await expect.poll(() => [hers.streams, his.streams]).toEqual([1, 1]);
    for (const { page } of [ada, sam]) await page.evaluate(() => {
      const w = window as unknown as { beats: number };
      w.beats = 0;
      setInterval(() => { w.beats += 1; }, 100);
    });

    quiet.allow(NO_NETWORK);
    const said = ['Hello?', 'Hello Ada'];
    await asleep(browser, async () => {
      for (const line of [hers, his]) line.set({ kind: 'blackhole' });
      for (let n = 1; n <= 5; n += 1) {
        await shop.admin.api.say(conversation!.id, `While asleep ${n}`);
        said.push(`While asleep ${n}`);
        await sleep(ms / 5);
      }
      for (const line of [hers, his]) if (forgotten) line.forget();
    });
    for (const { page } of [ada, sam]) {
      expect(await page.evaluate(() => (window as unknown as { beats: number }).beats), 'or nothing slept').toBeLessThan(ms / 100 / 3);
    }
    for (const one of [sam, ada]) await one.thread.seesNot('While asleep 1');
    for (const line of [hers, his]) {
      expect(line.met.get('blackhole'), 'something was sent into the night').toBeGreaterThan(0);
      line.heal();
    }
    const awake = Date.now();
    for (const one of [sam, ada]) {
      // A browser takes up its old connections first; the first is given five seconds, the next ten, then twenty.
      await one.sees('While asleep 5', forgotten ? 60_000 : 10_000);
      expect(await one.thread.texts(), 'once, in order').toEqual(said);
    }
    test.info().annotations.push({ type: 'awake', description: `caught up in ${Date.now() - awake} ms` });
    await ada.writes('Good morning');
    await sam.sees('Good morning', forgotten ? 60_000 : 10_000);
    await expect.poll(() => [hers.streams, his.streams], { message: 'on one stream each' }).toEqual([1, 1]);
  });
}
