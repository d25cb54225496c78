// Bytes and times in a browser: 150 ms, 1.6 Mbit/s, a processor four times slower. Writes one figure a line, as JSON,
// to $DESKBELL_SCREENS: what it is, its unit, the value, and what it may be at most.

import { appendFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { live } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

const OUT = process.env.DESKBELL_SCREENS ?? '/dev/stdout';
const ROUNDS = process.env.DESKBELL_SMOKE ? 1 : 5;

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

/** What crossed the wire from the desk, in all frames; a stream does not end and weighs nothing. */
function scale(page: Page, origin: string) {
  let bytes = 0;
  const paths: string[] = [];
  page.on('requestfinished', async asked => {
    if (!asked.url().startsWith(origin)) return;
    paths.push(new URL(asked.url()).pathname);
    const sizes = await asked.sizes().catch(() => undefined);
    bytes += (sizes?.responseBodySize ?? 0) + (sizes?.responseHeadersSize ?? 0);
  });
  return { read: async () => { await page.waitForTimeout(1_500); return { kB: bytes / 1000, paths: [...paths] }; } };
}

/** Sum of what was longer than 50 ms on this page's own thread. */
const longTasks = (page: Page) =>
  page.evaluate(() => new Promise<number>(done => {
    let sum = 0;
    const watch = new PerformanceObserver(list => { for (const task of list.getEntries()) sum += task.duration; });
    watch.observe({ type: 'longtask', buffered: true });
    setTimeout(() => { watch.disconnect(); done(sum); }, 500);
  }));

test('bytes', async ({ desk, shop, visitor, quiet }) => {
  expect(shop.widget.enabled).toBe(true);
  const ada = await visitor();
  const weight = scale(ada.page, desk.url);
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
  await ada.page.reload();
  await expect(ada.launcher).toBeVisible();
  const again = await weight.read();
  tell('widget closed, second visit: requests', '', [again.paths.length - open.paths.length], 2);

  const page = ada.page;
  await page.goto('about:blank');
  quiet.allow(/ERR_FAILED|Failed to (fetch|load)|uncaught: $/); // what is refused here
  await page.route(/\.(wasm|js)(\?|$)/, asked => asked.abort());
  const still = scale(page, desk.url);
  await page.goto(`${desk.url}/widget/${shop.widget.id}`);
  await expect(page.getByRole('textbox', { name: 'Your message' })).toBeEditable();
  tell('widget typeable, without its module', 'kB', [(await still.read()).kB + closed.kB], 30);
});

test('times', async ({ visitor, agent }) => {
  test.setTimeout(300_000);
  type Times = number[];
  const seen = { button: [] as Times, composer: [] as Times, first: [] as Times, tasks: [] as Times, painted: [] as Times, hydrated: [] as Times };
  const sam = await agent('Sam Ortiz');
  for (let round = 0; round < ROUNDS; round++) {
    const ada = await visitor();
    await slow(ada.page);
    const start = Date.now();
    await ada.goto('/a');
    await ada.launcher.waitFor();
    seen.button.push((Date.now() - start) / 1000);
    seen.tasks.push(await longTasks(ada.page));
    let since = Date.now();
    await ada.launcher.click();
    await expect(ada.composer).toBeEditable({ timeout: 20_000 });
    seen.composer.push((Date.now() - since) / 1000);
    since = Date.now();
    await ada.composer.fill(`first of round ${round}`);
    await ada.composer.press('Enter');
    await expect(ada.thread.message(`first of round ${round}`)).toContainText('Sent', { timeout: 20_000 });
    seen.first.push((Date.now() - since) / 1000);
    await ada.page.close();

    const session = await slow(sam.page);
    since = Date.now();
    await sam.page.reload({ waitUntil: 'commit' });
    await sam.list.waitFor();
    seen.painted.push((Date.now() - since) / 1000);
    await live(sam.page);
    seen.hydrated.push((Date.now() - since) / 1000);
    await session.detach();
  }
  tell('button on the host page', 's', seen.button, 0.65);
  tell('long tasks added to the host page', 'ms', seen.tasks, 50);
  tell('click → composer', 's', seen.composer, 0.6);
  tell('composer → first message acknowledged', 's', seen.first);
  tell('inbox painted', 's', seen.painted, 0.8);
  tell('inbox hydrated', 's', seen.hydrated, 2.3);
});
