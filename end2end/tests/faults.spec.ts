// A network that does worse than being away, in front of real browsers: whatever it does, both have every message
// once and in the same order soon after it is well again, on the pages that they had.

import type { Page } from '@playwright/test';
import { anyFault, dice, type Fault, type Line } from '../support/faults.ts';
import { sleep } from '../support/net.ts';
import { agree, type Agent, type Visitor } from '../support/people.ts';
import { NO_NETWORK } from '../support/quiet.ts';
import { expect, test } from '../support/test.ts';

const LONG = process.env.DESKBELL_LONG === '1';

const EACH: Fault[] = [
  { kind: 'delay', ms: 150 },
  { kind: 'slow', rate: 4_000 },
  { kind: 'half-close' },
  { kind: 'reset', after: 300 },
  { kind: 'swallow' },
  { kind: 'blackhole' },
  { kind: 'bad-gateway' },
  { kind: 'refuse' },
];

const stay = (page: Page) => page.evaluate(() => { (window as unknown as { stayed: boolean }).stayed = true; });
const stayed = (page: Page) => page.evaluate(() => (window as unknown as { stayed?: boolean }).stayed);

/** Both write while it lasts; afterwards each sees what the other wrote. Milliseconds from healing until then. */
async function live(fault: Fault, ms: number, [ada, hers]: [Visitor, Line], [sam, his]: [Agent, Line], words: string) {
  for (const line of [hers, his]) {
    line.met.clear();
    line.set(fault);
  }
  const began = Date.now();
  await Promise.all([ada.writes(`${words}: hers`), sam.writes(`${words}: his`)]);
  await sleep(ms - (Date.now() - began));
  for (const line of [hers, his]) {
    await expect.poll(() => line.met.get(fault.kind), `or ${fault.kind} met nobody`).toBeGreaterThan(0);
    line.heal();
  }
  const healed = Date.now();
  await Promise.all([ada.sees(`${words}: his`, 30_000), sam.sees(`${words}: hers`, 30_000)]);
  return Date.now() - healed;
}

test('every fault there is, on both sides at once @both', async ({ shop, visitor, agent, line, quiet }) => {
  test.setTimeout(LONG ? 1_800_000 : 240_000);
  const [hers, his] = [await line(), await line()];
  const ada = await visitor({ link: hers });
  const sam = await agent('Sam Ortiz', { link: his });
  await ada.goto('/a');
  await ada.openChat();
  await ada.sends('Hello?');
  await sam.opens('Hello?');
  const [conversation] = await shop.admin.api.conversations();
  for (const { page } of [ada, sam]) await stay(page);

  quiet.allow(NO_NETWORK);
  const seed = Number(process.env.DESKBELL_SEED ?? 3);
  const roll = dice(seed);
  const faults = LONG ? Array.from({ length: 60 }, () => anyFault(roll)) : EACH;
  const said = ['Hello?'];
  const healing: number[] = [];
  for (const [n, fault] of faults.entries()) {
    const words = `${n} ${fault.kind}`;
    const ms = LONG ? 500 + roll() * 20_000 : 1_000;
    healing.push(await live(fault, ms, [ada, hers], [sam, his], words));
    said.push(`${words}: hers`, `${words}: his`);
  }
  test.info().annotations.push({ type: 'healing', description: `seed ${seed}: ${healing.map((ms, n) => `${faults[n]!.kind} ${ms}`).join(', ')} ms` });
  if (process.env.DESKBELL_SHOW) console.log(test.info().annotations.at(-1)!.description);
  await agree('after all of it', said, {
    'the database': () => shop.admin.api.texts(conversation!.id),
    'the visitor': () => ada.thread.texts(),
    'the agent': () => sam.thread.texts(),
  });
  for (const { page } of [ada, sam]) expect(await stayed(page), 'no page was loaded again').toBe(true);
});

test('typed while the computer says that it is offline: both are told, and it goes out once when it is back', async ({ shop, visitor, agent, quiet }) => {
  const ada = await visitor();
  const sam = await agent('Sam Ortiz');
  await ada.goto('/a');
  await ada.openChat();
  await ada.sends('Hello?');
  await sam.opens('Hello?');
  const [conversation] = await shop.admin.api.conversations();
  for (const { page } of [ada, sam]) await stay(page);

  quiet.allow(NO_NETWORK);
  for (const { page } of [ada, sam]) await page.context().setOffline(true);
  await ada.writes('One from the tunnel');
  await ada.writes('Two from the tunnel');
  await sam.writes('Three from the lift');
  const told = [ada.frame.getByText('You are offline.'), sam.page.getByText('Can’t reach the desk.')];
  for (const banner of told) await expect(banner).toBeVisible({ timeout: 15_000 });
  await expect(sam.page.getByText(/you are offline|can’t reach/i), 'it is said once').toHaveCount(1);
  await expect(sam.page.locator('.me'), 'and the dot claims nothing').toContainText('Not connected');
  expect(await shop.admin.api.texts(conversation!.id), 'nothing of it arrived').toEqual(['Hello?']);

  for (const { page } of [ada, sam]) await page.context().setOffline(false);
  await sam.sees('Two from the tunnel', 10_000);
  await ada.sees('Three from the lift', 10_000);
  for (const banner of told) await expect(banner).toBeHidden({ timeout: 15_000 });
  await agree('after the tunnel', ['Hello?', 'One from the tunnel', 'Two from the tunnel', 'Three from the lift'], {
    'the database': () => shop.admin.api.texts(conversation!.id),
    'the visitor': () => ada.thread.texts(),
    'the agent': () => sam.thread.texts(),
  });
  for (const { page } of [ada, sam]) expect(await stayed(page), 'no page was loaded again').toBe(true);
});
