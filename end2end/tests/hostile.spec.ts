// Whatever people write stays text: drawn by the server, after hydration, after a click, with the policy of the
// browser on and taken away.

import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext } from '@playwright/test';
import { canary, harmless, withoutPolicy, shown } from '../support/canary.ts';
import { type Api, type Desk, open, type Widget } from '../support/desk.ts';
import { live } from '../support/people.ts';
import { mistaken, PAYLOADS } from '../support/payloads.ts';
import { expect, type Shop, test } from '../support/test.ts';

const POLICIES = ['off', 'on'] as const;
const LONG = process.env.DESKBELL_LONG === '1';
test.use({ serve: ['--rate-limits', 'off'] });

const after = (n: number, by: number) => PAYLOADS[(n + by) % PAYLOADS.length]!;
const together = <T, R>(all: T[], act: (one: T, n: number) => Promise<R>) => Promise.all(all.map(act));
/** Every so many in the quick form, all of them in the long one. */
const some = <T>(all: T[], every: number) => all.filter((_, n) => LONG || n % every === 0);

test('control: every payload does its harm on a page that makes the mistake it waits for', async ({ browser, desk }) => {
  expect(PAYLOADS.length).toBeGreaterThanOrEqual(100);
  expect(new Set(PAYLOADS).size).toBe(PAYLOADS.length);
  expect(PAYLOADS.filter(p => [...p].length > 100), 'none is too long for a name').toEqual([]);
  const policy = (await fetch(`${desk.url}/sign-in`)).headers.get('content-security-policy')!;
  const ran = { off: 0, on: 0 };
  let took = 0;
  for (const csp of POLICIES) {
    const context = await browser.newContext();
    await canary(context);
    const page = await context.newPage();
    const server = http.createServer((asked, answer) => {
      if (csp === 'on') answer.setHeader('content-security-policy', policy);
      answer.writeHead(asked.url === '/' ? 200 : 404, { 'content-type': 'text/html' }).end('<!doctype html><body>');
    });
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    // Where the policy is on they have as long as they took without it.
    const since = Date.now();
    const harm = await page.evaluate(commit, { documents: PAYLOADS.map(mistaken), least: took, most: csp === 'off' ? 20_000 : took });
    took = Date.now() - since;
    server.closeAllConnections();
    server.close();
    if (csp === 'off') expect(PAYLOADS.filter((_, n) => !harm[n]!.ran && !harm[n]!.injected), 'these do nothing anywhere').toEqual([]);
    ran[csp] = harm.filter(h => h.ran).length;
    await context.close();
  }
  // The others wait for a click, a hover, or a form to be sent.
  expect(ran.off, 'how many run by themselves').toBeGreaterThan(60);
  expect(ran.on, 'and none where the policy is on').toBe(0);
});

/** Each text, with every mistake, as a document of its own; what they did by the time all did something. */
async function commit({ documents, least, most }: { documents: string[]; least: number; most: number }): Promise<{ ran: boolean; injected: boolean }[]> {
  const began = performance.now();
  const frames = documents.map(html => Object.assign(document.createElement('iframe'), { srcdoc: html }));
  const loaded = frames.map(frame => new Promise(done => { frame.onload = done; }));
  document.body.append(...frames);
  await Promise.race([Promise.all(loaded), new Promise(done => setTimeout(done, 10_000))]);
  for (;;) {
    await new Promise(done => setTimeout(done, 500));
    const harm = frames.map(frame => {
      const { fired, document } = frame.contentWindow as unknown as { fired: number[]; document: Document };
      return { ran: fired.length > 0, injected: document.querySelector('[hostile], [href^="javascript:" i], [href^="data:text" i]') !== null };
    });
    const spent = performance.now() - began;
    const all = harm.every(h => h.ran || h.injected) && harm.filter(h => h.ran).length > 60;
    if (spent >= least && (all || spent >= most)) return harm;
  }
}

/** As many as there are payloads: each of one name, one message, one page and one reference. */
type Person = { api: Api; conversation: string; name: string; body: string; label: string };

async function people(desk: Desk, widget: Widget, count: number): Promise<Person[]> {
  return together(Array.from({ length: count }), async (_, n) => {
    const [name, body, label] = [after(n, 0), after(n, 1), after(n, 2)];
    const path = encodeURI(after(n, 3)).replaceAll("'", '%27');
    const { token } = await desk.api.post<{ token: string }>(`/widgets/${widget.id}/visitors`, {
      name,
      page_url: `https://shop.example/${after(n, 3)}`,
      reference: { type: after(n, 4), id: after(n, 5), label, url: `https://shop.example/${path}` },
    });
    const api = new (desk.api.constructor as typeof Api)(desk.url, token);
    return { api, conversation: (await open(api, body)).id, name, body, label };
  });
}

/** A browser of the admin; `mute`: no module, so that what the server drew stays. */
async function profile(room: (who: string, look?: object) => Promise<BrowserContext>, desk: Desk, shop: Shop, csp: 'on' | 'off', mute = false) {
  const context = await room('Rosa', { noWasm: mute });
  await canary(context);
  if (csp === 'off') await withoutPolicy(context, desk.url);
  const page = await context.newPage();
  await page.goto(`${desk.url}/sign-in`);
  await page.getByLabel('Email').fill(shop.admin.email);
  await page.getByLabel('Password', { exact: true }).fill(shop.admin.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL(/\/desk/);
  return page;
}

for (const csp of POLICIES) {
  test(`what visitors write is text at the desk, policy ${csp}`, async ({ desk, shop, room, quiet }) => {
    quiet.allow(/ERR_FAILED|wasm|Content.Security.Policy|Failed to fetch/i);
    test.setTimeout(LONG ? 900_000 : 240_000);
    const all = await people(desk, shop.widget, PAYLOADS.length);
    const [thread, ...others] = all;
    for (const text of PAYLOADS) await (PAYLOADS.indexOf(text) % 2 ? shop.admin.api : thread!.api).say(thread!.conversation, text);
    const last = PAYLOADS.slice(-45);

    const drawn = await profile(room, desk, shop, csp, true);
    await drawn.goto(`${desk.url}/desk/c/${thread!.conversation}?view=all`);
    await harmless(drawn.mainFrame(), [...last, thread!.name, thread!.label], 'drawn by the server', csp);
    for (const one of some(others, csp === 'off' ? 12 : 36)) {
      await drawn.goto(`${desk.url}/desk/c/${one.conversation}?view=all`);
      await harmless(drawn.mainFrame(), [one.name, one.body, one.label], `drawn by the server: ${one.name}`, csp);
    }
    await drawn.close();

    const page = await profile(room, desk, shop, csp);
    await page.goto(`${desk.url}/desk/c/${thread!.conversation}?view=all`);
    await live(page);
    await harmless(page.mainFrame(), [...last, thread!.name, thread!.label], 'after hydration', csp);
    for (const text of some(PAYLOADS, 10)) await thread!.api.say(thread!.conversation, `live ${text}`);
    await harmless(page.mainFrame(), some(PAYLOADS, 10).map(text => `live ${text}`), 'as news', csp);

    // The list, and from one to the next by key, without a page load.
    await page.evaluate(() => { (window as unknown as { stayed: boolean }).stayed = true; });
    const byName = new Map(all.map(one => [one.conversation, one]));
    const seen = new Set<string>();
    for (let n = 0; n < (LONG ? all.length : csp === 'off' ? 20 : 8); n += 1) {
      const was = page.url();
      await page.keyboard.press('Alt+KeyJ');
      await page.waitForURL(url => url.href !== was, { timeout: 3_000 }).catch(() => {});
      const one = byName.get(/\/c\/([0-9a-f-]+)/.exec(page.url())![1]!)!;
      seen.add(one.conversation);
      if (one === thread) continue;
      await expect(page.getByRole('article').getByRole('log')).toContainText(shown(one.body));
      await harmless(page.mainFrame(), [one.name, one.body, one.label], `by key: ${one.name}`, csp);
    }
    expect(seen.size, 'it went from one to the next').toBeGreaterThan(LONG ? 45 : csp === 'off' ? 12 : 5);
    expect(await page.evaluate(() => (window as unknown as { stayed?: boolean }).stayed), 'without a page load').toBe(true);
    const links = await page.locator('a[target=_blank]').evaluateAll(all => all.map(a => (a as HTMLAnchorElement).protocol));
    expect(links.length, 'addresses became links').toBeGreaterThan(0);
    expect([...new Set(links)].filter(protocol => !/^https?:$/.test(protocol))).toEqual([]);
  });
}
