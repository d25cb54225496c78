// The audit trail as an admin reads it: what was done stands there, is narrowed by what the address says, and comes as
// a file.

import { readFile } from 'node:fs/promises';
import { live } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

test('what was done is in the trail, is narrowed, and comes as a file @both', async ({ desk, shop, agent }) => {
  const rosa = await agent();
  const { page } = rosa;
  await shop.admin.api.patch('/settings', { time_zone: 'Europe/Copenhagen' });
  for (let n = 0; n < 52; n++) await shop.admin.api.patch('/settings', { auto_assign: n % 2 === 1 });

  await page.goto(`${desk.url}/admin`);
  await live(page);
  await page.getByRole('navigation', { name: 'Administration' }).getByRole('link', { name: 'Audit trail' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Audit trail');
  const rows = page.getByRole('main').locator('tbody tr');
  await expect(rows).toHaveCount(50);
  await expect(rows.first()).toContainText('Changed the settings');
  await expect(rows.first()).toContainText('auto_assign');

  // The page behind, in place, and back.
  const first = await rows.first().getAttribute('id');
  await page.getByRole('link', { name: 'Older' }).click();
  await page.waitForURL(/before=/);
  await expect(rows.first()).not.toHaveAttribute('id', first!);
  await expect(page.getByRole('main')).toContainText('Created a widget');
  await page.getByRole('link', { name: 'Newest' }).click();
  await expect(rows.first()).toHaveAttribute('id', first!);

  // What is chosen stands in the address, and is what the file has.
  await page.getByLabel('What').selectOption('widget');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await page.waitForURL(/action=widget/);
  await live(page);
  await expect(rows.filter({ hasText: 'Changed the settings' })).toHaveCount(0);
  await expect(page.getByLabel('What')).toHaveValue('widget');
  const widgets = await rows.count();
  expect(widgets).toBeGreaterThan(0);
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download CSV' }).click();
  const lines = (await readFile(await (await download).path(), 'utf8')).split('\r\n').filter(Boolean);
  expect(lines).toHaveLength(widgets + 1);
  expect(lines[1]).toContain('widget.created');

  // A widget's own history.
  await page.goto(`${desk.url}/admin/widgets/${shop.widget.id}`);
  await live(page);
  await page.getByRole('main').getByRole('link', { name: 'History' }).click();
  await page.waitForURL(/subject=/);
  await expect(rows.last()).toContainText('Created a widget');
  await expect(rows.last()).toContainText(shop.widget.name);
  await page.getByRole('link', { name: 'Show all' }).click();
  await expect(rows.filter({ hasText: 'Downloaded the audit trail' })).toHaveCount(1);
});
