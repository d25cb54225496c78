import { expect, test } from '../support/test.ts';
import { NO_NETWORK } from '../support/quiet.ts';
import { invite } from '../support/desk.ts';
test('process @both', async ({ desk, shop, room, database, quiet }) => {
  quiet.allow(NO_NETWORK);
  expect(await desk.setupLink()).toContain('/setup?token=abc.def');
  expect(desk.log).toContain(database === 'postgres' ? '/desk_' : 'db sqlite');
  expect((await invite(shop.admin, 'Sam Ortiz', 'agent')).link).toContain('token=zzz');
  const page = await (await room('x')).newPage();
  await page.goto(desk.url);
  await page.evaluate(() => { new EventSource('/api/v1/events'); });
  await desk.kill9();
  expect(desk.running).toBe(false);
  await desk.start();
  await desk.restart();
  expect(shop.site.snippet).toContain('script');
});
test('noise fails', async ({ room, desk }) => {
  test.fail();
  const page = await (await room('x')).newPage();
  await page.goto(desk.url);
  await page.evaluate(() => console.warn('hm'));
});
test('no noise after allow, uncaught seen', async ({ room, desk, quiet }) => {
  const page = await (await room('x')).newPage();
  await page.goto(desk.url);
  quiet.allow(/hm/);
  await page.evaluate(() => { console.error('hm'); setTimeout(() => { throw new Error('boo hm'); }); });
  await expect.poll(() => quiet.all.length).toBe(2);
});
