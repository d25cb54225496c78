// Which sites the chat runs on: what admins type, what the server tells browsers, and what a browser makes of it,
// against an oracle written from the standards; and messages from windows that have no business here.

import type { BrowserContext, Frame, Page } from '@playwright/test';
import { createWidget, type Desk } from '../support/desk.ts';
import { kept, LIST, mayFrame, PAGES, sources, TYPED } from '../support/origins.ts';
import { until } from '../support/net.ts';
import { Site } from '../support/site.ts';
import { expect, type Shop, test } from '../support/test.ts';

const LONG = process.env.DESKBELL_LONG === '1';
const REFUSED = /Deskbell no frame|frame-ancestors|chrome-error|Failed to execute 'postMessage'|Content.Security.Policy|sandbox|ERR_FAILED|wasm|Failed to fetch/i;

test('what an admin types is a host, or is refused; the browsers are told just that', async ({ desk, shop }) => {
  expect(new Set(TYPED).size).toBeGreaterThanOrEqual(80);
  const widget = await createWidget(shop.admin, ['before.example']);
  const wrong: string[] = [];
  let [taken, refused] = [0, 0];
  for (const typed of TYPED) {
    await shop.admin.api.patch(`/widgets/${widget.id}`, { domains: ['before.example'] });
    const answer = await shop.admin.api.ask('PATCH', `/widgets/${widget.id}`, { domains: [typed] });
    const told = await fetch(`${desk.url}/widget/${widget.id}`);
    const policy = told.headers.get('content-security-policy') ?? '';
    const ancestors = policy.match(/frame-ancestors ([^;,]*)/g);
    const expected = kept(typed);
    const status = expected === undefined ? 422 : 200;
    if (answer.status !== status) wrong.push(`${JSON.stringify(typed)}: ${answer.status} instead of ${status}`);
    const list = `frame-ancestors 'self' ${sources(expected ?? 'before.example')}`;
    if (ancestors?.length !== 1 || ancestors[0]?.trim() !== list) wrong.push(`${JSON.stringify(typed)}: “${ancestors}” instead of “${list}”`);
    if (expected === undefined) refused += 1;
    else taken += 1;
  }
  expect(wrong).toEqual([]);
  expect([taken > 20, refused > 50], 'there were enough of both').toEqual([true, true]);
});

/** Pages on any origin at all: each frames what its address says after `#`. */
async function anywhere(context: BrowserContext, desk: Desk) {
  await context.route(url => url.origin !== desk.url, route => {
    const frame = '<script>const f = document.createElement("iframe"); f.src = decodeURIComponent(location.search.slice(1)); if (f.src) document.body.append(f);</script>';
    return route.request().resourceType() === 'document' ? route.fulfill({ contentType: 'text/html', body: `<!doctype html><body>${frame}` }) : route.abort();
  });
}

test('a browser frames the widget where the oracle says so, and nowhere else', async ({ desk, shop, room, quiet }) => {
  quiet.allow(REFUSED, /./);
  test.setTimeout(240_000);
  expect(new Set(PAGES).size).toBeGreaterThanOrEqual(80);
  const widget = await createWidget(shop.admin, LIST);
  const src = `${desk.url}/widget/${widget.id}`;
  const context = await room('visitor');
  await anywhere(context, desk);
  // The real answer with its real policy, handed over so that no rule about loopback addresses comes before it; the
  // document alone decides, what it loads does not.
  await context.route(url => url.origin === desk.url, async route =>
    route.request().resourceType() === 'document' ? route.fulfill({ response: await route.fetch() }) : route.abort());
  const page = await context.newPage();
  // On a page that may, one frame for each that perhaps may not: every window around counts.
  const stand = (where: string, inner: string) => `${where.replace(/([^:/])[/?#].*/, '$1')}${/[^:/]\//.test(where) ? '/shop.example' : '/'}?${encodeURIComponent(inner)}`;
  const places: [string[], string][] = PAGES.map(where => [[where], stand(where, src)]);
  for (const around of [['http://evil.example', 'http://shop.example'], ['http://shop.example', 'http://evil.example'], ['http://shop.example', 'http://a.wild.example']]) {
    places.push([around, stand(around[0]!, stand(around[1]!, src))]);
  }
  const wrong: string[] = [];
  let framed = 0;
  for (let from = 0; from < places.length; from += 20) {
    const some = places.slice(from, from + 20);
    await page.goto('http://shop.example/');
    await page.evaluate(all => { for (const [name, src] of all.entries()) document.body.append(Object.assign(document.createElement('iframe'), { name: `place ${name}`, src })); }, some.map(([, where]) => where));
    for (const [n, [around]] of some.entries()) {
      const got = await until(`${around} to be decided`, async () => {
        let frame = page.frame({ name: `place ${n}` });
        for (let depth = 0; depth < around.length; depth += 1) frame = frame?.childFrames()[0] ?? null;
        return [src, 'chrome-error://chromewebdata/'].find(url => url === frame?.url());
      }, 30_000);
      if (got === src) framed += 1;
      if ((got === src) !== mayFrame(LIST, around, desk.url, true)) wrong.push(`${around.join(' around ')}: ${got === src ? 'framed' : 'refused'}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(framed, 'it was framed where it may be').toBeGreaterThan(15);

  // The same answer from a desk over https: a page over http is one on the own machine, or is refused.
  const safe = 'https://desk.example';
  await context.route(`${safe}/**`, async route =>
    route.request().resourceType() === 'document' ? route.fulfill({ response: await route.fetch({ url: src }) }) : route.abort());
  for (const where of ['http://shop.example', 'https://shop.example', 'http://localhost:3000', 'http://localhost:3001', 'http://127.0.0.1', 'https://localhost:3000', 'http://192.168.7.7']) {
    await page.goto(`${where}/?${encodeURIComponent(`${safe}/widget/${widget.id}`)}`);
    const got = await until(`${where} to be decided`, async () =>
      [`${safe}/widget/${widget.id}`, 'chrome-error://chromewebdata/'].find(url => url === page.frames()[1]?.url()), 30_000);
    expect([where, got.startsWith(safe)]).toEqual([where, mayFrame(LIST, [where], safe, true)]);
  }

  // A sandbox has no origin, whoever made it.
  await page.goto('http://shop.example/');
  await page.evaluate(src => {
    document.body.append(Object.assign(document.createElement('iframe'), { name: 'plain', srcdoc: `<iframe src="${src}"></iframe>` }));
    const box = document.createElement('iframe');
    box.name = 'boxed';
    box.setAttribute('sandbox', 'allow-scripts');
    box.srcdoc = `<iframe src="${src}"></iframe>`;
    document.body.append(box);
  }, src);
  const inside = (name: string) => page.frame({ name })?.childFrames()[0]?.url();
  await expect.poll(() => inside('plain'), { message: 'without one it is framed' }).toBe(src);
  await expect.poll(() => inside('boxed')).toMatch(/^chrome-error:/);
});

/** What the chat says to whoever greets it: "ready", or nothing. */
test('the frame answers a greeting where the oracle says so, even without the policy', async ({ desk, shop, room, quiet }) => {
  quiet.allow(/./);
  test.setTimeout(LONG ? 600_000 : 120_000);
  const widget = await createWidget(shop.admin, LIST);
  const context = await room('visitor');
  await anywhere(context, desk);
  await context.route(`${desk.url}/widget/**`, async route => {
    const answer = await route.fetch();
    const headers = Object.fromEntries(Object.entries(answer.headers()).filter(([name]) => name !== 'content-security-policy'));
    await route.fulfill({ response: answer, headers });
  });
  const page = await context.newPage();
  const near = ['http://shop.example', 'http://evilshop.example', 'http://shop.example.evil.example', 'http://a.wild.example', 'http://wild.example', 'http://evilwild.example', 'http://port.example:8443', 'http://port.example:8444', 'http://shop.example.'];
  const wrong: string[] = [];
  for (const where of LONG ? PAGES : near) {
    await page.goto(`${new URL(where).origin}/?${encodeURIComponent(`${desk.url}/widget/${widget.id}`)}`);
    await page.frameLocator('iframe').locator('html[data-hydrated]').waitFor({ state: 'attached', timeout: 20_000 });
    const may = mayFrame(LIST, [where], desk.url);
    const answered = await page.evaluate(async patience => {
      const heard: string[] = [];
      addEventListener('message', event => { heard.push(event.data?.type); });
      frames[0]!.postMessage({ deskbell: 1, type: 'hello', page_url: location.href }, '*');
      const until = performance.now() + patience;
      do await new Promise(done => setTimeout(done, 400));
      while (!heard.includes('ready') && performance.now() < until);
      return heard;
    }, may ? 20_000 : 0);
    if (answered.includes('ready') !== may) wrong.push(`${where}: ${answered}`);
    if (!answered.includes('ready') && answered.length) wrong.push(`${where} was told ${answered}`);
  }
  expect(wrong).toEqual([]);
});

/** Everything that somebody could think of saying. Made in the page, for some of it is not JSON. */
function noise(types: string[]): unknown[] {
  const hostile = { page_url: 'https://evil.example/', page_title: 'x', reference: { type: 'x', id: 'evil', url: 'https://evil.example/' }, identify: { id: 'evil', traits: { name: 'Evil', email: 'e@evil.example' } }, open: true, focus: true, count: 7, name: 'ready', detail: 'evil', verb: 'setTheme', args: ['dark'] };
  const cyclic: Record<string, unknown> = { deskbell: 1, type: 'hello' };
  cyclic.self = cyclic;
  return [
    ...types.map(type => ({ deskbell: 1, type, ...hostile })),
    ...types.map(type => ({ deskbell: '1', type, ...hostile })),
    ...['newMessage', 'setTheme', 'reset', 'constructor'].map(verb => ({ deskbell: 1, type: 'call', ...hostile, verb, args: ['evil'] })),
    ...['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', '__defineGetter__', '', 7, null, {}, []].map(type => ({ deskbell: 1, type, ...hostile })),
    JSON.parse('{"deskbell":1,"type":"hello","__proto__":{"open":true},"constructor":{"prototype":{"deskbell":1}}}'),
    null, undefined, 0, '', 'deskbell', [], [1], true, 12n, new Date(), new Map([['deskbell', 1]]), new Uint8Array(9), new Error('x'), cyclic,
    { deskbell: 1 }, { type: 'hello' }, { deskbell: 1, type: 'hello', page_url: 'x'.repeat(3_000_000) }, { deskbell: 1, type: 'call', verb: 'newMessage', args: ['y'.repeat(3_000_000)] },
    { deskbell: 1, type: 'hello', open: 'yes', page_url: 7, reference: [], identify: 'evil' }, JSON.stringify({ deskbell: 1, type: 'hello', ...hostile }),
  ];
}
const IN = ['hello', 'ready', 'open', 'close', 'page', 'identify', 'reference', 'call', 'nonsense'];
const OUT = ['ready', 'close', 'state', 'unread', 'started', 'event', 'nonsense'];

/** All that a message could have changed. */
async function state(page: Page, frame: Frame, shop: Shop) {
  const [conversation] = await shop.admin.api.conversations();
  const contact = await shop.admin.api.get<Record<string, unknown>>(`/contacts/${conversation!.contact.id}`);
  return {
    launcher: await page.locator('desk-bell button').first().evaluate(b => [b.ariaLabel, b.ariaExpanded, b.className, (b as HTMLElement).hidden]),
    flags: await page.evaluate(() => JSON.stringify({ ...localStorage })),
    told: await page.evaluate(() => JSON.stringify((window as unknown as { told: unknown[] }).told)),
    prototypes: await page.evaluate(() => JSON.stringify([({} as { open?: unknown }).open, ({} as { deskbell?: unknown }).deskbell])),
    theme: await frame.locator('html').getAttribute('data-theme'),
    text: await frame.getByRole('textbox', { name: 'Your message' }).inputValue(),
    stayed: await frame.evaluate(() => (window as unknown as { stayed?: boolean }).stayed),
    contact: [contact.name, contact.email, contact.page_url, contact.verified],
    reference: JSON.stringify(conversation).includes('evil'),
    conversations: (await shop.admin.api.conversations()).length,
  };
}

async function post(from: Frame, make: string, types: string[], to: 'parent' | 'siblings' | 'opener' | 'self') {
  return from.evaluate(({ make, types, to }) => {
    const messages = (new Function(`return (${make})`)() as (types: string[]) => unknown[])(types);
    const around = to === 'opener' ? window.opener as Window : to === 'self' ? window : window.parent;
    const targets = to === 'siblings' ? Array.from({ length: around.length }, (_, n) => around[n]!) : to === 'opener' ? [around, ...Array.from({ length: around.length }, (_, n) => around[n]!)] : [around];
    const w = window as unknown as { answered: unknown[] };
    w.answered = [];
    const known = () => [around, ...Array.from({ length: around.length }, (_, n) => around[n]!)];
    addEventListener('message', event => { if (event.source !== window && known().includes(event.source as Window)) w.answered.push(event.data); });
    for (const target of targets) for (const message of messages) target.postMessage(message, '*');
    return messages.length * targets.length;
  }, { make, types, to });
}

test('forged messages, both ways, change nothing and are not answered', async ({ shop, visitor, quiet }) => {
  quiet.allow(REFUSED);
  const stranger = await Site.open();
  try {
    const ada = await visitor();
    await ada.goto('/a');
    await ada.page.evaluate(() => {
      const w = window as unknown as { told: unknown[]; Deskbell: (...args: unknown[]) => void };
      w.told = [];
      for (const name of ['open', 'close', 'unread', 'message:sent', 'message:received', 'error', 'identify:error', 'conversation:started']) w.Deskbell('on', name, (detail: unknown) => w.told.push([name, detail]));
    });
    await ada.openChat();
    await ada.sends('Hello?');
    await ada.composer.fill('half a quest');
    const frame = () => ada.page.frames().find(f => f.url().includes('/widget/'))!;
    await frame().evaluate(() => { (window as unknown as { stayed: boolean }).stayed = true; });
    let before = await state(ada.page, frame(), shop);
    await expect.poll(async () => {
      const was = JSON.stringify(before);
      await ada.page.waitForTimeout(500);
      before = await state(ada.page, frame(), shop);
      return JSON.stringify(before) === was;
    }, 'it is quiet').toBe(true);

    // From a stranger's frame beside the chat, to the page and to the chat.
    await ada.page.evaluate(src => { document.body.append(Object.assign(document.createElement('iframe'), { src, className: 'stranger' })); }, `${stranger.url}/plain`);
    const beside = () => ada.page.frames().find(f => f.url().startsWith(stranger.url))!;
    await expect.poll(() => beside()?.title().catch(() => '')).toBe('Plain');
    let sent = await post(beside(), noise.toString(), OUT, 'parent');
    sent += await post(beside(), noise.toString(), IN, 'siblings');
    // From the page to itself: right origin for nobody.
    sent += await post(ada.page.mainFrame(), noise.toString(), OUT, 'self');
    // From a window that the page opened, on another site and on its own.
    for (const site of [stranger.url, shop.site.url]) {
      const popup = ada.page.waitForEvent('popup');
      await ada.page.evaluate(url => { window.open(url); }, `${site}/plain`);
      const other = await popup;
      await other.waitForLoadState();
      sent += await post(other.mainFrame(), noise.toString(), [...IN, ...OUT], 'opener');
      await other.waitForTimeout(300);
      expect(await other.evaluate(() => (window as unknown as { answered: unknown[] }).answered), 'nobody answers a popup').toEqual([]);
      await other.close();
    }
    expect(sent, 'so many were sent').toBeGreaterThan(300);
    await ada.page.waitForTimeout(500);
    expect(await beside().evaluate(() => (window as unknown as { answered: unknown[] }).answered), 'nobody answers a stranger').toEqual([]);
    expect(await state(ada.page, frame(), shop)).toEqual(before);

    // The page itself may speak, and is not understood where it talks nonsense.
    await ada.page.evaluate(make => {
      const root = document.querySelector('desk-bell')!.shadowRoot!;
      const chat = root.querySelector('iframe')!.contentWindow!;
      const messages = (new Function(`return (${make})`)() as (types: string[]) => unknown[])([]);
      for (const message of messages) {
        const { deskbell, type } = (message ?? {}) as { deskbell?: unknown; type?: unknown };
        if (deskbell !== 1 || typeof type !== 'string') chat.postMessage(message, '*');
      }
    }, noise.toString());
    await ada.page.waitForTimeout(500);
    expect(await state(ada.page, frame(), shop), 'nonsense of its own page').toEqual(before);

    // Or nothing of this could have been seen.
    await ada.page.evaluate(() => { (window as unknown as { Deskbell: (...args: unknown[]) => void }).Deskbell('setTheme', 'dark'); });
    await expect(frame().locator('html')).toHaveAttribute('data-theme', 'dark');
    await frame().evaluate(() => { window.parent.postMessage({ deskbell: 1, type: 'unread', count: 7 }, '*'); });
    await expect.poll(() => ada.unread(), { message: 'the chat itself is believed' }).toBe(7);
    expect(await state(ada.page, frame(), shop)).not.toEqual(before);
  } finally {
    await stranger.close();
  }
});
