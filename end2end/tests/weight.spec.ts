// What a host page pays before anybody clicks, and what a screen weighs.

import { gzipSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import { live } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

/** Bytes that this page fetched from the desk, as they crossed the wire. */
async function weigh(page: Page, origin: string, visit: () => Promise<void>): Promise<{ bytes: number; requests: string[] }> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  const ours = new Map<string, string>();
  let bytes = 0;
  session.on('Network.responseReceived', ({ requestId, response }) => { if (response.url.startsWith(origin)) ours.set(requestId, response.url); });
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => { if (ours.has(requestId)) bytes += encodedDataLength; });
  await visit();
  await page.waitForTimeout(1_000);
  await session.detach();
  return { bytes, requests: [...ours.values()] };
}

test('a host page pays a loader and one question', async ({ desk, visitor }) => {
  const loader = Buffer.from(await (await fetch(`${desk.url}/widget.js`)).arrayBuffer());
  expect(gzipSync(loader, { level: 9 }).length, 'the loader, gzip -9').toBeLessThanOrEqual(3_072);

  const ada = await visitor();
  const { requests } = await weigh(ada.page, desk.url, async () => {
    await ada.goto('/a');
    await expect(ada.launcher).toBeVisible();
  });
  expect(requests.map(url => new URL(url).pathname).sort()).toEqual([expect.stringMatching(/^\/api\/v1\/widgets\/.*\/config$/), '/widget.js']);
});

test('what never changes is kept by the browser, and what does is not', async ({ desk, shop, room }) => {
  const page = await (await room('visitor')).newPage();
  const answers = new Map<string, Record<string, string>>();
  page.on('response', answer => { answers.set(new URL(answer.url()).pathname, answer.headers()); });
  await page.goto(`${desk.url}/sign-in`);
  await live(page);
  const built = [...answers].filter(([where]) => where.startsWith('/pkg/'));
  expect(built.length).toBeGreaterThanOrEqual(3);
  for (const [where, headers] of built) {
    expect(headers['cache-control'], where).toContain('immutable');
    expect(headers['content-encoding'], `${where} is compressed`).toMatch(/br|gzip/);
  }
  const frame = await fetch(`${desk.url}/widget/${shop.widget.id}`);
  expect(frame.headers.get('cache-control')).toContain('no-store');
  const loader = await fetch(`${desk.url}/widget.js`);
  expect(loader.headers.get('cache-control')).toContain('max-age=300');
  expect(loader.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
});
