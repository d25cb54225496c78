// Bytes and times in a browser: 150 ms, 1.6 Mbit/s, a processor four times slower. Writes one figure a line, as JSON,
// to $DESKBELL_SCREENS: what it is, its unit, the value, and what it may be at most.

import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import type { Frame, Page } from '@playwright/test';
import { Api } from '../support/desk.ts';
import { until } from '../support/net.ts';
import { live } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

const OUT = process.env.DESKBELL_SCREENS ?? '/dev/stdout';
const SMOKE = !!process.env.DESKBELL_SMOKE;
const ROUNDS = SMOKE ? 1 : 5;

function tell(what: string, unit: string, values: number[], goal?: number) {
  const sorted = [...values].sort((a, b) => a - b);
  expect(sorted.length, what).toBeGreaterThan(0);
  appendFileSync(OUT, `${JSON.stringify({ what, unit, value: sorted[Math.floor(sorted.length / 2)], goal })}\n`);
}

async function slow(page: Page) {
  const session = await page.context().newCDPSession(page);
  const line = (1.6 * 1024 * 1024) / 8;
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', { offline: false, latency: 150, downloadThroughput: line, uploadThroughput: line });
  await session.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  return session;
}

/**
 * What crossed the wire from the desk, in all frames: here they are one process. What the browser had kept crosses
 * nothing, though a page's requests name it; a stream does not end and weighs nothing.
 */
async function scale(page: Page, origin: string) {
  const session = await page.context().newCDPSession(page);
  const kept = new Set<string>();
  const asked = new Map<string, string>();
  let bytes = 0;
  let paths: string[] = [];
  session.on('Network.requestServedFromCache', ({ requestId }) => kept.add(requestId));
  session.on('Network.responseReceived', ({ requestId, response }) => {
    if (response.url.startsWith(origin) && !response.fromDiskCache && !kept.has(requestId)) asked.set(requestId, new URL(response.url).pathname);
  });
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const path = asked.get(requestId);
    if (path === undefined) return;
    paths.push(path);
    bytes += encodedDataLength;
  });
  await session.send('Network.enable');
  return {
    read: async () => { await page.waitForTimeout(1_500); return { kB: bytes / 1000, paths }; },
    reset: () => { bytes = 0; paths = []; },
  };
}

type Seen = { [what: string]: number };

/**
 * Every document writes down for itself when something of it was painted. Asked from outside, it would have to run
 * Playwright's scripts on the slowed processor in just these moments.
 */
function watch() {
  const seen: Seen = {};
  const now = () => performance.timeOrigin + performance.now();
  const painted = (what: string, selector: string) => {
    const look = new MutationObserver(() => {
      if (!document.querySelector(selector)) return;
      look.disconnect();
      requestAnimationFrame(() => setTimeout(() => { seen[what] = now(); }));
    });
    look.observe(document, { childList: true, subtree: true, attributeFilter: ['data-hydrated'] });
  };
  painted('button', 'desk-bell');
  painted('composer', '#text');
  painted('list', '.list');
  painted('hydrated', 'html[data-hydrated]');
  addEventListener('focusin', event => { if ((event.target as Element).id === 'text') seen.caret ??= now(); });
  addEventListener('pointerover', () => { seen.pointed ??= now(); }, true);
  addEventListener('click', event => { seen.clicked ??= performance.timeOrigin + event.timeStamp; }, true);
  new PerformanceObserver(list => {
    for (const { startTime, duration } of list.getEntries()) {
      const [loader] = performance.getEntriesByType('resource').filter(file => file.name.endsWith('/widget.js')) as PerformanceResourceTiming[];
      if (loader && startTime >= loader.responseEnd) seen.tasks = (seen.tasks ?? 0) + duration;
    }
  }).observe({ type: 'longtask' });
  Object.assign(window, { __seen: seen });
}

/** Whether a document has written all of these down. */
const saw = (frame: Frame, ...what: string[]) =>
  frame.evaluate(what => what.every(one => (window as unknown as { __seen?: Seen }).__seen?.[one]), what).catch(() => false);

/** What a document wrote down, in seconds since it was asked for; a sum stays milliseconds. */
async function seen(frame: Frame) {
  const { at, start, paint } = await frame.evaluate(() => ({
    at: (window as unknown as { __seen: Seen }).__seen,
    start: performance.timeOrigin,
    paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
  }));
  const time = (what: string) => {
    const when = at[what];
    if (when === undefined) throw new Error(`${frame.url()} never saw: ${what}`);
    return when / 1000;
  };
  return { time, since: (what: string) => time(what) - start / 1000, paint: paint / 1000, tasks: at.tasks ?? 0 };
}

test('bytes', async ({ desk, shop, visitor, quiet }) => {
  expect(shop.widget.enabled).toBe(true);
  const ada = await visitor();
  const weight = await scale(ada.page, desk.url);
  await ada.goto('/a');
  await expect(ada.launcher).toBeVisible();
  const closed = await weight.read();
  tell('widget closed', 'kB', [closed.kB], 6);
  tell('widget closed, requests', '', [closed.paths.length], 2);
  await ada.openChat();
  const open = await weight.read();
  const modules = open.paths.filter(p => /\.(wasm|js)$/.test(p)).length;
  expect(modules, 'the module was fetched').toBeGreaterThan(1);
  tell('widget hydrated', 'kB', [open.kB], 230);
  weight.reset();
  await ada.goto('/b');
  await expect(ada.launcher).toBeVisible();
  const again = await weight.read();
  tell('widget closed, second visit: requests', '', [again.paths.length], 1);

  const page = ada.page;
  await page.goto('about:blank');
  quiet.allow(/ERR_FAILED|Failed to (fetch|load)|uncaught: $/); // what is refused here
  await page.route(/\.(wasm|js)(\?|$)/, asked => asked.abort());
  const still = await scale(page, desk.url);
  await page.goto(`${desk.url}/widget/${shop.widget.id}`);
  await expect(page.getByRole('textbox', { name: 'Your message' })).toBeEditable();
  tell('widget typeable, without its module', 'kB', [(await still.read()).kB + closed.kB], 30);
});

test('times', async ({ visitor, agent }) => {
  test.setTimeout(300_000);
  const figures = new Map<string, { unit: string; goal: number | undefined; values: number[] }>();
  const figure = (what: string, unit: string, value: number, goal?: number) => {
    const all = figures.get(what) ?? { unit, goal, values: [] };
    all.values.push(value);
    figures.set(what, all);
  };
  const sam = await agent('Sam Ortiz');
  await sam.page.addInitScript(watch);
  for (let round = 0; round < ROUNDS; round++) {
    const passer = await visitor();
    await passer.page.addInitScript(watch);
    await slow(passer.page);
    await passer.page.goto(`${passer.site.url}/plain`, { waitUntil: 'commit' });
    await until('the page is painted', async () => !Number.isNaN((await seen(passer.page.mainFrame())).paint), 30_000);
    figure('the host page without it, painted', 's', (await seen(passer.page.mainFrame())).paint);
    await passer.page.close();

    const ada = await visitor();
    await ada.page.addInitScript(watch);
    await slow(ada.page);
    await ada.page.goto(`${ada.site.url}/a`, { waitUntil: 'commit' });
    await ada.page.waitForTimeout(2_500);
    const host = await seen(ada.page.mainFrame());
    figure('button on the host page', 's', host.since('button'), 0.65);
    figure('long tasks added to the host page', 'ms', host.tasks, 50);

    // The mouse goes there and presses: who loads at the pointing has won no more than a hand is quick.
    const { x, y } = await ada.page.evaluate(() => document.querySelector('desk-bell')!.shadowRoot!.querySelector('button')!.getBoundingClientRect());
    await ada.page.mouse.move(x - 100, y + 30);
    await ada.page.mouse.move(x + 30, y + 30);
    await ada.page.mouse.down();
    await ada.page.mouse.up();
    await ada.page.waitForTimeout(1_000);
    const frame = await until('the frame', async () => ada.page.frames().find(one => one.url().includes('/widget/')));
    await until('the caret in the composer', () => saw(frame, 'composer', 'caret'), 30_000);
    const [pressed, chat] = [await seen(ada.page.mainFrame()), await seen(frame)];
    figure('pointing → click', 's', pressed.time('clicked') - pressed.time('pointed'));
    figure('click → composer', 's', chat.time('composer') - pressed.time('clicked'), 0.6);
    figure('click → caret in the composer', 's', chat.time('caret') - pressed.time('clicked'));
    const since = Date.now();
    await ada.page.keyboard.type(`first of round ${round}`);
    await ada.page.keyboard.press('Enter');
    await expect(ada.thread.message(`first of round ${round}`)).toContainText('Sent', { timeout: 20_000 });
    figure('composer → first message acknowledged', 's', (Date.now() - since) / 1000);
    await ada.page.close();

    const session = await slow(sam.page);
    await sam.page.reload({ waitUntil: 'commit' });
    await until('the inbox is hydrated', () => saw(sam.page.mainFrame(), 'list', 'hydrated'), 30_000);
    const inbox = await seen(sam.page.mainFrame());
    figure('inbox painted', 's', inbox.since('list'), 0.8);
    figure('inbox hydrated', 's', inbox.since('hydrated'), 2.3);
    await session.detach();
  }
  for (const [what, { unit, goal, values }] of figures) tell(what, unit, values, goal);
});

test('still pages', async ({ desk, shop, room }) => {
  test.setTimeout(120_000);
  expect(shop.widget.enabled).toBe(true);
  for (const [name, where] of [['home', '/'], ['sign-in', '/sign-in']] as const) {
    const [painted, weighed]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      const page = await (await room('nobody')).newPage();
      await page.addInitScript(watch);
      await slow(page);
      const weight = await scale(page, desk.url);
      await page.goto(desk.url + where, { waitUntil: 'commit' });
      await until(`${name} is painted`, async () => !Number.isNaN((await seen(page.mainFrame())).paint), 30_000);
      painted.push((await seen(page.mainFrame())).paint);
      weighed.push((await weight.read()).kB);
      await page.context().close();
    }
    tell(`${name} painted`, 's', painted, 0.8);
    tell(`${name}, all that it fetches`, 'kB', weighed, 40);
  }
});

/** Texts as long as they may be, each of which some part of a browser finds hard: begin, and what comes again and again. */
const WORST: [string, string, string][] = [
  ['plain', '', 'Where is my parcel? '],
  ['brackets', 'http://a.example/', ')'],
  ['links', '', 'http://a.example '],
  ['code', '', '`a` '],
  ['lines', '', 'a\n'],
  ['marks', 'a', '\u0301'],
  ['stacks', 'a', '\u0f90'],
  ['joined', '', '\u{1f469}\u200d'],
  ['directions', '', 'a\u05d0'],
  ['scripts', '', 'a\u0436\u03b1\u3042\ud55c\u05d0'],
  ['ligatures', '', '\ufdfa'],
  ['nobody’s signs', '', '\u{10fffd}'],
];

/** So many of them are a page of a thread. */
const AT_ONCE = 6;

/** The longest task of every document so far. */
function longest() {
  const w = window as unknown as { __longest: number };
  w.__longest = 0;
  new PerformanceObserver(list => {
    for (const { duration } of list.getEntries()) w.__longest = Math.max(w.__longest, duration);
  }).observe({ type: 'longtask', buffered: true });
}

async function longestTask(page: Page) {
  await live(page);
  // What was found long is told after the frame in which it was.
  return page.evaluate(() => new Promise<number>(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => {
    done((window as unknown as { __longest: number }).__longest);
  })))));
}

test('hostile', async ({ desk, shop, agent, room }) => {
  test.setTimeout(300_000);
  const sam = await agent('Sam Ortiz', { role: 'admin' });
  await sam.page.addInitScript(longest);
  const found: { inbox: [number, string][]; chat: [number, string][]; opened: [number, string][] } = { inbox: [], chat: [], opened: [] };
  for (const [n, [what, begin, middle]] of WORST.entries()) {
    if (SMOKE && n % 4) continue;
    const body = begin + middle.repeat(Math.floor((10_000 - [...begin].length) / [...middle].length));
    const { token } = await new Api(desk.url).post<{ token: string }>(`/widgets/${shop.widget.id}/visitors`, { name: what });
    const ada = new Api(desk.url, token);
    const { conversation } = await ada.post<{ conversation: { id: string } }>('/conversations', { client_id: randomUUID(), body });
    for (let n = 1; n < 2 * AT_ONCE; n++) await ada.say(conversation.id, body);

    await sam.page.goto(`${desk.url}/desk/c/${conversation.id}?view=all`);
    await expect(sam.thread.log.locator('.bubble')).toHaveCount(AT_ONCE);
    found.inbox.push([await longestTask(sam.page), what]);
    await sam.page.evaluate(() => { (window as unknown as { __longest: number }).__longest = 0; });
    await sam.thread.log.locator('summary').last().click();
    found.opened.push([await longestTask(sam.page), what]);

    const hers = await room('Ada', { more: { extraHTTPHeaders: { authorization: `Bearer ${token}` } } });
    await hers.addInitScript(longest);
    const chat = await hers.newPage();
    await chat.goto(`${desk.url}/widget/${shop.widget.id}`);
    await expect(chat.locator('.bubble')).toHaveCount(AT_ONCE);
    found.chat.push([await longestTask(chat), what]);
    await hers.close();
  }
  for (const [where, all] of Object.entries(found)) {
    const [most, what] = all.reduce((worst, one) => (one[0] > worst[0] ? one : worst));
    tell(`a page of the worst texts, ${where}: the longest task (${what})`, 'ms', [most], 200);
  }
});
