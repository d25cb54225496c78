// The loader alone: a pretended desk on one origin, somebody's page on another, and nothing of Rust between.
// The frame here is a stub that writes down what it hears and says what the test tells it to.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type net from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, type Frame, type Page, test } from '@playwright/test';

const LOADER = fileURLToPath(new URL('../../src/desk/widget/loader.js', import.meta.url));

type Message = {
  type: string;
  open: boolean;
  focus: boolean;
  page_url: string;
  reference?: unknown;
  identify?: { id: string; traits: object };
  verb?: string;
  args?: unknown[];
};
type Window_ = Window & { Deskbell: (...args: unknown[]) => unknown; heard: unknown[]; got: Message[]; say: (m: object) => void };

const CONFIG = {
  online: true,
  name: 'Lumen & Oak',
  welcome_message: 'Hello!',
  offline_message: 'Back at nine.',
  appearance: { primary_color: '#0f766e', secondary_color: '#134e4a', position: 'bottom-right', preset: 'teal', ink: '#ffffff' },
  policy: 'anyone',
  auto_open_delay_ms: null as number | null,
};

const configs: Record<string, unknown> = {
  plain: CONFIG,
  eager: { ...CONFIG, auto_open_delay_ms: 150 },
  gold: { ...CONFIG, appearance: { ...CONFIG.appearance, preset: 'gold', primary_color: '#d4af37', ink: '#000000', position: 'bottom-left', spacing: { x: 8, y: 40 } } },
  late: CONFIG,
  refused: CONFIG,
};

// `late` listens only after a while, as WASM does.
const frame = (id: string) => `<!doctype html><title>stub</title><meta name="color-scheme" content="light dark">
<label>Message <input id="text"></label><script>
  got = []
  let host
  say = message => parent.postMessage({ deskbell: 1, ...message }, host)
  setTimeout(() => addEventListener('message', event => {
    if (event.source !== parent) return
    host = event.origin
    got.push(event.data)
    if (event.data.type === 'hello') say({ type: 'ready' })
    if (event.data.focus && event.data.open) text.focus()
  }), ${id === 'late' ? 2_000 : 0})
  addEventListener('keydown', event => event.key === 'Escape' && say({ type: 'close' }))
</script>`;

const servers: http.Server[] = [];
const open = async (answer: http.RequestListener) => {
  const server = http.createServer(answer);
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  servers.push(server);
  return (server.address() as net.AddressInfo).port;
};

let desk: string, shop: string, elsewhere: string;
let asked: string[] = [];

const SNIPPET = () =>
  `(function(w,d,s,o,f,js,fjs){w[o]=w[o]||function(){(w[o].q=w[o].q||[]).push(arguments)};js=d.createElement(s),fjs=d.getElementsByTagName(s)[0];js.id=o;js.src=f;js.async=1;fjs.parentNode.insertBefore(js,fjs);}(window,document,'script','Deskbell','${desk}/widget.js'));`;

test.beforeAll(async () => {
  const source = readFileSync(LOADER);
  const deskPort = await open((request, answer) => {
    const path = request.url!.split('?')[0]!;
    if (path !== '/favicon.ico') asked.push(path);
    const [, id] = /^\/(?:api\/v1\/widgets|widget)\/(\w+)/.exec(path) ?? [];
    if (path === '/widget.js') {
      answer.setHeader('content-type', 'text/javascript').setHeader('cross-origin-resource-policy', 'cross-origin').end(source);
    } else if (path.startsWith('/api/')) {
      answer.setHeader('access-control-allow-origin', '*').setHeader('content-type', 'application/json');
      answer.writeHead(configs[id!] ? 200 : 404).end(JSON.stringify(configs[id!] ?? { code: 'not_found' }));
    } else if (id) {
      answer.setHeader('content-type', 'text/html');
      if (id === 'refused') answer.setHeader('content-security-policy', "frame-ancestors 'none'");
      answer.end(frame(id));
    } else answer.writeHead(404).end();
  });
  desk = `http://localhost:${deskPort}`;

  // `/csp` is a page as strict as they come. `?w=` names the widget, `?do=` is what else the snippet calls.
  const shopPort = await open((request, answer) => {
    const url = new URL(request.url!, 'http://shop');
    if (url.pathname === '/favicon.ico') return void answer.writeHead(204).end();
    const calls = url.searchParams.get('do') ?? '';
    answer.setHeader('content-type', 'text/html');
    const strict = url.pathname === '/csp';
    if (strict)
      answer.setHeader('content-security-policy', `default-src 'self'; script-src 'self' ${desk} 'nonce-x'; frame-src ${desk}; connect-src ${desk}; style-src 'self'; require-trusted-types-for 'script'; trusted-types shop`);
    // Under trusted types the shop's own snippet names its script through a policy; the loader needs none.
    const snippet = strict ? SNIPPET().replace('js.src=f', "js.src=trustedTypes.createPolicy('shop',{createScriptURL:u=>u}).createScriptURL(f)") : SNIPPET();
    answer.end(`<!doctype html><html lang="en"><title>Shop</title><body><h1>Shop</h1><a href="/next?w=${url.searchParams.get('w')}">next</a>
      <script nonce="x">before = Object.keys(window); heard = [];${snippet}
      for (const name of ['ready','open','close','message:sent','message:received','unread','status','conversation:started','conversation:ended','identify:error','error'])
        Deskbell('on', name, detail => heard.push(detail === undefined ? name : [name, detail]));
      ${calls.includes('early') ? '' : `Deskbell('init', {widgetId: '${url.searchParams.get('w') ?? 'plain'}'});`}${calls.replace('early', '')}</script></body></html>`);
  });
  shop = `http://127.0.0.1:${shopPort}`;

  const otherPort = await open((_, answer) => {
    answer.setHeader('content-type', 'text/html').end(`<!doctype html><title>other</title><script>got = []; addEventListener('message', e => got.push(e.data))</script>`);
  });
  elsewhere = `http://127.0.0.1:${otherPort}`;
});
test.afterAll(() => servers.forEach(server => (server.closeAllConnections(), server.close())));

let complaints: string[] = [];
test.beforeEach(({ page }) => {
  asked = [];
  complaints = [];
  page.on('console', message => complaints.push(message.text()));
  page.on('pageerror', error => complaints.push(String(error)));
});

const visit = (page: Page, widget = 'plain', calls = '', path = '/') =>
  page.goto(`${shop}${path}?${new URLSearchParams({ w: widget, do: calls })}`);
const launcher = (page: Page) => page.locator('desk-bell button');
const panel = (page: Page) => page.locator('desk-bell iframe');
const say = async (page: Page, message: object) => (await stub(page)).evaluate(m => (window as unknown as Window_).say(m), message);
const heard = (page: Page) => page.evaluate(() => (window as unknown as Window_).heard);
const call = (page: Page, ...args: unknown[]) => page.evaluate(a => { (window as unknown as Window_).Deskbell(...a); }, args);
const flag = (page: Page, id = 'plain') => page.evaluate(key => localStorage.getItem(key), `deskbell:${id}`);

/** The frame, once it has said hello back. */
async function stub(page: Page): Promise<Frame> {
  let found: Frame | undefined;
  await expect.poll(async () => {
    found = page.frames().find(one => one.url().startsWith(`${desk}/widget/`));
    return found?.evaluate(() => (window as unknown as Window_).got?.length ?? 0).catch(() => 0);
  }).toBeGreaterThan(0);
  return found!;
}
const got = async (page: Page) => (await stub(page)).evaluate(() => (window as unknown as Window_).got);
const last = async (page: Page) => (await got(page)).at(-1)!;

test('is at most 3 KB behind gzip -9', () => {
  const bytes = execFileSync('gzip', ['-9'], { input: readFileSync(LOADER) }).length;
  expect(bytes).toBeGreaterThan(1000);
  expect(bytes).toBeLessThanOrEqual(3072);
});

test('a closed launcher costs one script and one config, and leaves nothing behind', async ({ page, context }) => {
  const sent: string[] = [];
  page.on('request', request => sent.push(request.url()));
  await visit(page);
  await expect(launcher(page)).toHaveAttribute('aria-label', 'Open chat');
  await page.waitForTimeout(400);

  expect(asked).toEqual(['/widget.js', '/api/v1/widgets/plain/config']);
  expect(sent.filter(url => !url.startsWith(shop)).length).toBe(2);
  expect(await context.cookies()).toEqual([]);
  expect(await page.evaluate(() => [localStorage.length, sessionStorage.length])).toEqual([0, 0]);
  expect(await page.evaluate(() => indexedDB.databases())).toEqual([]);
  expect(await page.evaluate(() => caches.keys())).toEqual([]);
  expect(await heard(page)).toEqual([['unread', 0], ['ready', true], ['status', { online: true }]]);
  expect(complaints).toEqual([]);
});

test('adds one name to the window', async ({ page }) => {
  await visit(page);
  await expect(launcher(page)).toBeVisible();
  const added = await page.evaluate(() => {
    const before = new Set((window as unknown as { before: string[] }).before);
    return Object.keys(window).filter(key => !before.has(key) && key !== 'before' && key !== 'heard');
  });
  expect(added).toEqual(['Deskbell']);
});

test('calls made before it loads are kept, in order', async ({ page }) => {
  await visit(page, 'plain', `early
    Deskbell('identify', 'u1', {name: 'Ada'}); Deskbell('setReference', {type: 'product', id: 'SKU-1'});
    Deskbell('setTheme', 'dark'); Deskbell('track', 'a'); Deskbell('setTheme', 'light'); Deskbell('open'); Deskbell('init', {widgetId: 'plain'}); Deskbell('setTheme', 'auto')`);
  await expect(launcher(page)).toHaveAttribute('aria-expanded', 'true');
  await expect.poll(async () => (await got(page)).filter(m => m.type === 'call').map(m => [m.verb, m.args])).toEqual([
    ['setTheme', ['dark']], ['setTheme', ['light']], ['setTheme', ['auto']],
  ]);
  expect(await heard(page), 'nor is one that does not exist passed over').toContainEqual(['error', { verb: 'track', message: 'no verb track' }]);
  const [hello] = await got(page);
  expect(hello).toMatchObject({ type: 'hello', open: true, identify: { id: 'u1', traits: { name: 'Ada' } }, reference: { type: 'product', id: 'SKU-1' } });
});

test('init twice is once, and so is the snippet', async ({ page }) => {
  await visit(page, 'plain', `Deskbell('init', {widgetId: 'plain'}); Deskbell('init', {widgetId: 'gold'})`);
  await expect(launcher(page)).toHaveCount(1);
  await page.evaluate(snippet => {
    const again = document.createElement('script');
    again.textContent = `${snippet};Deskbell('init', {widgetId: 'gold'})`;
    document.body.append(again);
  }, SNIPPET());
  await expect.poll(() => asked.filter(path => path === '/widget.js').length).toBe(2);
  await page.waitForTimeout(200);
  await expect(launcher(page)).toHaveCount(1);
  expect(asked.filter(path => path.startsWith('/api/'))).toEqual(['/api/v1/widgets/plain/config']);
});

test('a click opens the frame and the frame has the focus; Escape in it gives the focus back', async ({ page }) => {
  await visit(page);
  await launcher(page).click();
  await expect(panel(page)).toBeVisible();
  await expect(panel(page)).toHaveAttribute('title', 'Chat');
  await expect(launcher(page)).toHaveAttribute('aria-label', 'Close chat');
  await expect(launcher(page)).toHaveAttribute('aria-expanded', 'true');
  const frame = await stub(page);
  await expect.poll(() => frame.evaluate(() => document.hasFocus())).toBe(true);

  await page.keyboard.type('hi');
  await expect(frame.locator('#text')).toHaveValue('hi');
  await page.keyboard.press('Escape');
  await expect(panel(page)).toBeHidden();
  await expect(launcher(page)).toBeFocused();
  await expect(launcher(page)).toHaveAttribute('aria-label', 'Open chat');
  expect((await last(page)).type).toBe('close');
  expect(await heard(page)).toEqual([['unread', 0], ['ready', true], ['status', { online: true }], 'open', 'close']);
  expect(await flag(page), 'opening alone leaves nothing').toBeNull();
  expect(complaints).toEqual([]);
});

test('by keyboard: Tab reaches it, Enter opens it, a closed frame is not on the way', async ({ page }) => {
  await visit(page);
  await expect(launcher(page)).toBeVisible();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(launcher(page)).toBeFocused();
  expect(await launcher(page).evaluate(button => getComputedStyle(button).outlineStyle), 'the ring shows').toBe('solid');
  await stub(page); // the focus preloaded it
  expect(await panel(page).evaluate((f: HTMLIFrameElement) => [f.inert, getComputedStyle(f).visibility])).toEqual([true, 'hidden']);
  await page.keyboard.press('Enter');
  await expect(panel(page)).toBeVisible();
  expect(await panel(page).evaluate((f: HTMLIFrameElement) => f.inert)).toBe(false);
  await expect.poll(async () => (await last(page))).toMatchObject({ type: 'open', open: true, focus: true });
  await expect.poll(async () => (await stub(page)).evaluate(() => document.activeElement?.id)).toBe('text');
});

test('hovering loads it hidden', async ({ page }) => {
  await visit(page);
  await launcher(page).hover();
  await expect.poll(() => asked).toContain('/widget/plain');
  await expect(panel(page)).toBeHidden();
  expect((await got(page))[0]).toMatchObject({ type: 'hello', open: false, page_url: page.url(), page_title: 'Shop' });
});

test('auto-open opens after its delay and does not take the focus', async ({ page }) => {
  await visit(page, 'eager');
  await expect(panel(page)).toBeVisible();
  expect((await got(page))[0]).toMatchObject({ open: true, focus: false });
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('BODY');
});

test('auto-open does not reopen what the visitor closed', async ({ page }) => {
  await visit(page, 'eager', `Deskbell('open'); Deskbell('close')`);
  await expect(launcher(page)).toBeVisible();
  await page.waitForTimeout(400);
  await expect(panel(page)).toHaveCount(0);
});

test('WASM that comes late is greeted until it answers, and then no more', async ({ page }) => {
  await visit(page, 'late');
  await launcher(page).click();
  await call(page, 'setTheme', 'dark');
  await expect.poll(async () => (await got(page)).map(m => m.type), { timeout: 5_000 }).toEqual(['hello', 'hello', 'call']);
  await page.waitForTimeout(700);
  expect((await got(page)).length).toBe(3);
  expect(complaints).toEqual([]);
});

test('the badge counts what is unread, and `unread` tells the number at once', async ({ page }) => {
  await visit(page);
  await launcher(page).hover();
  await say(page, { type: 'unread', count: 2 });
  await expect(launcher(page).locator('b')).toHaveText('2');
  await expect(launcher(page)).toHaveAttribute('aria-label', 'Open chat, 2 unread');
  expect(await heard(page)).toContainEqual(['unread', 2]);
  expect(await page.evaluate(() => {
    const { Deskbell } = window as unknown as Window_;
    const told: unknown[] = [];
    const stop = Deskbell('on', 'unread', (n: number) => told.push(n)) as () => void;
    stop();
    return told;
  })).toEqual([2]);

  await say(page, { type: 'unread', count: 120 });
  await expect(launcher(page).locator('b')).toHaveText('99+');
  await say(page, { type: 'unread', count: 0 });
  await expect(launcher(page).locator('b')).toBeHidden();
  await expect(launcher(page)).toHaveAttribute('aria-label', 'Open chat');
});

test('`on` gives the way out, and a listener that throws hurts nobody', async ({ page }) => {
  await visit(page);
  await expect(launcher(page)).toBeVisible();
  const told = await page.evaluate(() => {
    const { Deskbell } = window as unknown as Window_;
    const told: string[] = [];
    Deskbell('on', 'open', () => { throw new Error('the shop is broken'); });
    const stop = Deskbell('on', 'open', () => told.push('first')) as () => void;
    Deskbell('on', 'open', () => told.push('second'));
    Deskbell('open');
    Deskbell('close');
    stop();
    Deskbell('toggle');
    for (const nonsense of [[], [null], ['on'], ['identify'], ['init'], ['constructor'], ['toString'], ['__proto__'], ['setReference'], ['open', 1, 2], ['x', () => 1, window]]) Deskbell(...nonsense);
    return told;
  });
  expect(told).toEqual(['first', 'second', 'second']);
  await expect(panel(page)).toBeVisible();
  // What is no verb, or none yet, is said once each: to the page, and to whoever looks at the console.
  const none = ['undefined', 'null', 'constructor', 'toString', '__proto__', 'x'];
  expect(complaints).toEqual(none.map(verb => `Deskbell no verb ${verb}`));
  for (const verb of ['setAttributes', 'setConversationAttributes', 'addTags', 'removeTags', 'setTeam', 'setLocale', 'track', 'end', 'destroy']) {
    complaints = [];
    await call(page, verb, 'a');
    expect(complaints).toEqual([`Deskbell no verb ${verb}`]);
    expect((await heard(page)).at(-1)).toEqual(['error', { verb, message: `no verb ${verb}` }]);
  }
});

test('identify twice is once, and a new one goes through', async ({ page }) => {
  await visit(page, 'plain', `Deskbell('identify', 'u1', {name: 'Ada'}); Deskbell('open')`);
  await stub(page);
  await expect.poll(async () => (await got(page)).length).toBeGreaterThanOrEqual(2);
  await call(page, 'identify', 'u1', { name: 'Ada' });
  await call(page, 'identify', 'u1', { name: 'Ada', userHash: 'ff' });
  await expect.poll(async () => (await got(page)).filter(m => m.type === 'identify').map(m => m.identify)).toEqual([
    { id: 'u1', traits: { name: 'Ada', userHash: 'ff' } },
  ]);
  await call(page, 'reset');
  await call(page, 'identify', 'u1', { name: 'Ada', userHash: 'ff' });
  await expect.poll(async () => (await got(page)).filter(m => m.type === 'identify').length, 'after a reset it is new').toBe(2);
});

test('after the first message one flag is kept: the next page loads the frame hidden, or open if it was open', async ({ page, context }) => {
  await visit(page);
  await launcher(page).click();
  await say(page, { type: 'started' });
  await say(page, { type: 'event', name: 'conversation:started', detail: { conversation_id: 'c1' } });
  await expect.poll(() => flag(page)).toBe('2');
  expect(await heard(page)).toContainEqual(['conversation:started', { conversation_id: 'c1' }]);

  await page.getByRole('link', { name: 'next' }).click();
  await expect(panel(page), 'open again').toBeVisible();
  expect((await got(page))[0]).toMatchObject({ open: true, focus: false });
  expect(await page.evaluate(() => document.activeElement?.tagName), 'the page keeps the focus').toBe('BODY');

  await launcher(page).click();
  await expect.poll(() => flag(page)).toBe('1');
  asked = [];
  await page.reload();
  await expect.poll(() => asked, 'loaded when idle').toContain('/widget/plain');
  await expect(panel(page)).toBeHidden();
  await say(page, { type: 'unread', count: 1 });
  await expect(launcher(page).locator('b')).toHaveText('1');

  expect(await page.evaluate(() => Object.entries(localStorage))).toEqual([['deskbell:plain', '1']]);
  expect(await context.cookies()).toEqual([]);
  await call(page, 'reset');
  expect(await flag(page), 'signed out').toBeNull();
});

test('works where the page may not store anything', async ({ page }) => {
  await page.addInitScript(() => Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } }));
  await visit(page);
  await launcher(page).click();
  await say(page, { type: 'started' });
  await launcher(page).click();
  await expect(panel(page)).toBeHidden();
  expect(complaints).toEqual([]);
});

test('believes nobody but its own frame', async ({ page }) => {
  await visit(page);
  await launcher(page).hover();
  await stub(page);
  const forged = { deskbell: 1, type: 'unread', count: 66 };

  await page.evaluate(m => window.postMessage(m, '*'), forged);
  for (const origin of [elsewhere, `${desk}/widget/gold`]) {
    await page.evaluate(src => new Promise(done => {
      const other = document.createElement('iframe');
      other.src = src;
      other.onload = done;
      document.body.append(other);
    }), origin);
    const other = page.frames().at(-1)!;
    expect(other.url()).toContain(origin);
    await other.evaluate(m => parent.postMessage(m, '*'), forged);
    await other.evaluate(() => parent.postMessage({ deskbell: 1, type: 'started' }, '*'));
  }

  // The right window, but somebody else's document in it.
  const own = await stub(page);
  await own.evaluate(url => { location.href = url; }, elsewhere);
  await expect.poll(() => own.url()).toBe(`${elsewhere}/`);
  await own.evaluate(m => parent.postMessage(m, '*'), forged);
  await page.waitForTimeout(300);

  expect(await heard(page)).toEqual([['unread', 0], ['ready', true], ['status', { online: true }]]);
  await expect(panel(page)).toBeHidden();
  expect(await flag(page), 'no stranger says that a chat began').toBeNull();
  expect(await own.evaluate(() => (window as unknown as Window_).got), 'nothing is told to strangers').toEqual([]);
  await expect(launcher(page)).toHaveAttribute('aria-label', 'Open chat');
});

test('what is not addressed to it, or makes no sense, is ignored', async ({ page }) => {
  await visit(page);
  await launcher(page).click();
  const own = await stub(page);
  await own.evaluate(origin => {
    for (const odd of [null, 7, 'unread', [], {}, { type: 'unread', count: 5 }, { deskbell: 1 }, { deskbell: 1, type: 'nonsense' }, { deskbell: 1, type: 'toString' }])
      parent.postMessage(odd, origin);
  }, shop);
  await expect(panel(page)).toBeVisible();
  await say(page, { type: 'close' });
  await expect(panel(page), 'the real one still gets through').toBeHidden();
  expect(await heard(page)).not.toContainEqual(['unread', 5]);
  expect(complaints).toEqual([]);
});

test('works under a strict policy of the host page', async ({ page }) => {
  await visit(page, 'gold', '', '/csp');
  await launcher(page).click();
  await expect(panel(page)).toBeVisible();
  await stub(page);
  const look = await launcher(page).evaluate(button => {
    const { width, height, borderRadius, position, backgroundImage, left, bottom } = getComputedStyle(button);
    return { width, height, borderRadius, position, backgroundImage, left, bottom };
  });
  expect(look).toMatchObject({ width: '60px', height: '60px', borderRadius: '50%', position: 'fixed', left: '8px', bottom: '40px' });
  expect(look.backgroundImage).toContain('linear-gradient');
  expect(complaints).toEqual([]);
});

test('keeps its looks whatever the page styles', async ({ page }) => {
  await visit(page);
  await page.addStyleTag({ content: 'html>*,desk-bell{display:none;opacity:.1;transform:scale(3);font-size:60px;z-index:1} *{color:red;padding:9px}' });
  await expect(launcher(page)).toBeVisible();
  expect(await page.locator('desk-bell').evaluate(host => getComputedStyle(host).zIndex)).toBe('2147483647');
  expect((await launcher(page).boundingBox())!.width).toBe(60);
});

test('survives page swaps: the body is replaced, the chat goes on', async ({ page }) => {
  await visit(page);
  await launcher(page).click();
  await stub(page);
  await page.evaluate(() => {
    history.pushState({}, '', '/swapped');
    const body = document.createElement('body');
    body.innerHTML = '<h1>Another page</h1>';
    document.body.replaceWith(body);
  });
  await expect(launcher(page)).toHaveCount(1);
  await expect(panel(page)).toBeVisible();
  expect(asked.filter(path => path === '/widget/plain').length, 'the frame was not loaded again').toBe(1);
  await expect.poll(async () => (await last(page))).toMatchObject({ type: 'page', page_url: `${shop}/swapped` });

  await page.evaluate(() => document.documentElement.replaceWith(document.documentElement.cloneNode(true)));
  await expect(launcher(page), 'put back').toHaveCount(1);
  await expect.poll(async () => (await got(page)).map(m => m.type), 'greeted again').toEqual(['hello', 'hello']);
  await page.evaluate(() => document.querySelector('desk-bell')!.remove());
  await expect(launcher(page), 'put back again').toHaveCount(1);
});

test('an unknown widget draws nothing and says so', async ({ page }) => {
  await visit(page, 'nobody');
  await expect.poll(() => heard(page)).toContainEqual(['error', { message: 'no config' }]);
  await call(page, 'open');
  await expect(page.locator('desk-bell')).toHaveCount(0);
  expect(asked).toEqual(['/widget.js', '/api/v1/widgets/nobody/config']);
});

test('a site that is not allowed gets an error after a minute', async ({ page }) => {
  await page.clock.install();
  await visit(page, 'refused');
  await launcher(page).click();
  await expect.poll(() => asked).toContain('/widget/refused');
  // The minute begins when the browser's own page, which says that it was refused, is there.
  await expect.poll(async () => {
    await page.clock.runFor(70_000);
    return heard(page);
  }).toContainEqual(['error', { message: 'no frame' }]);
  await expect(launcher(page), 'and can be closed').toHaveAttribute('aria-label', 'Close chat');
  await launcher(page).click();
  await expect(panel(page)).toBeHidden();
});

test('hide takes the launcher away, and open still works for a button of the shop', async ({ page }) => {
  await visit(page, 'plain', `Deskbell('hide')`);
  await expect(page.locator('desk-bell')).toHaveCount(1);
  await expect(launcher(page)).toBeHidden();
  await call(page, 'newMessage', 'Is this lamp dimmable?');
  await expect(panel(page)).toBeVisible();
  await expect.poll(async () => (await got(page)).find(m => m.type === 'call')).toMatchObject({ verb: 'newMessage', args: ['Is this lamp dimmable?'] });
  await call(page, 'hide');
  await expect(panel(page)).toBeHidden();
  await call(page, 'show');
  await expect(launcher(page)).toBeVisible();
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 } });

  test('the panel fills the screen, and there is always a way to close it', async ({ page }) => {
    await visit(page, 'late');
    await launcher(page).click();
    await expect.poll(() => panel(page).boundingBox()).toEqual({ x: 0, y: 0, width: 360, height: 740 });
    const box = (await launcher(page).boundingBox())!;
    expect([box.x + box.width, box.y], 'until the frame has its own button, ours is where that will be').toEqual([352, 8]);
    await stub(page);
    await expect(launcher(page), 'now the frame has one').toBeHidden();
    await say(page, { type: 'close' });
    await expect(launcher(page)).toBeVisible();
    await expect(launcher(page)).toBeFocused();
  });
});

test('the panel stands above the launcher and fits low windows', async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 900 });
  await visit(page);
  await launcher(page).click();
  await expect.poll(() => panel(page).boundingBox()).toEqual({ x: 1280 - 20 - 384, y: 900 - 92 - 640, width: 384, height: 640 });
  await page.setViewportSize({ width: 1280, height: 500 });
  await expect.poll(() => panel(page).boundingBox()).toEqual({ x: 1280 - 20 - 384, y: 12, width: 384, height: 396 });
});

test('is not on paper, and does not move for who asked for stillness', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await visit(page);
  await expect(launcher(page)).toBeVisible();
  expect(await launcher(page).evaluate(button => getComputedStyle(button).transitionProperty)).toBe('none');
  await page.emulateMedia({ media: 'print' });
  await expect(launcher(page)).toBeHidden();
});
