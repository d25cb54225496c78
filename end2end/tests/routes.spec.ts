// Every page, for everybody: the right ones open, the others do not, and none says anything on the console.

import type { Page } from '@playwright/test';
import { live } from '../support/people.ts';
import { EVERYBODY, links, routes } from '../support/routes.ts';
import { expect, test } from '../support/test.ts';

/** Long enough for late effects to complain. */
const settle = (page: Page) => page.waitForTimeout(400);

for (const who of EVERYBODY) {
  test(`every page as ${who}${who === 'admin' ? ' @both' : ''}`, async ({ desk, shop, agent, room, quiet }) => {
    test.setTimeout(300_000);
    const known = await routes(desk, shop);
    const first =
      who === 'nobody' ? await (await room('nobody')).newPage()
      : who === 'admin' ? (await agent()).page
      : (await agent('Sam Ortiz', { role: who })).page;
    // While one tab is given time to complain, the others load.
    const tabs = [first, await first.context().newPage(), await first.context().newPage()];

    const visit = async (page: Page, where: string): Promise<string[]> => {
      const may = known.find(([address]) => address === where)?.[1];
      const escaped = (desk.url + where).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      if (!may?.includes(who)) quiet.allow(new RegExp(`status of 40[134] .*\\(${escaped}\\)`));
      const answer = await page.goto(desk.url + where);
      const status = answer?.status() ?? 0;
      expect(status, `${where} as ${who}`).toBeLessThan(500);
      const landed = new URL(page.url());
      if (may?.includes(who)) {
        expect(status, `${where} opens for ${who}`).toBe(200);
        if (where !== '/sign-in') expect(landed.pathname, `${where} is not turned away for ${who}`).not.toMatch(/^\/sign-in/);
      } else if (may) {
        expect(status >= 400 || landed.pathname === '/sign-in', `${where} does not open for ${who}, but answered ${status} at ${landed.pathname}`).toBe(true);
      } else {
        expect(status, `${where}, which a page links to, exists for ${who}`).toBeLessThan(400);
      }
      if (status < 400) await live(page);
      await settle(page);
      expect(await page.title(), `${where} has a title`).not.toBe('');
      return status < 400 ? links(page) : [];
    };

    const todo = known.map(([where]) => where);
    const seen = new Set<string>();
    while (todo.length && seen.size <= 80) {
      const next = [...new Set(todo.splice(0, tabs.length))].filter(where => !seen.has(where));
      next.forEach(where => seen.add(where));
      todo.push(...(await Promise.all(next.map((where, n) => visit(tabs[n]!, where)))).flat());
      quiet.check(`${next.join(', ')} as ${who}`);
    }
    expect(seen.size).toBeGreaterThanOrEqual(known.length);
  });
}

test('going through the pages by their menus is silent too', async ({ desk, shop, agent, quiet }) => {
  await routes(desk, shop);
  const rosa = await agent();
  for (const start of ['/desk', '/admin']) {
    await rosa.page.goto(desk.url + start);
    await live(rosa.page);
    const places = (await rosa.page.locator('nav a[href]').evaluateAll(all => all.map(a => (a as HTMLAnchorElement).getAttribute('href')!))).filter(href => href.startsWith('/'));
    expect(places.length, `${start} has a menu`).toBeGreaterThan(2);
    for (const href of places) {
      const link = rosa.page.locator(`nav a[href="${href}"]`).first();
      if (!(await link.isVisible())) continue;
      await link.click();
      await expect(rosa.page).toHaveURL(desk.url + href);
      await settle(rosa.page);
      quiet.check(`going to ${href}`);
    }
    const [before] = places.slice(-2);
    await rosa.page.goBack();
    await expect(rosa.page, 'back is where it was before').not.toHaveURL(desk.url + places.at(-1));
    await live(rosa.page);
    await expect(rosa.page.getByRole('heading').first(), `back at ${before}`).toBeVisible();
    await settle(rosa.page);
    quiet.check('going back');
  }
});

/** Whether the page is still the document on which this was called first. */
const stays = (page: Page) => page.evaluate(() => {
  const here = window as unknown as { here?: boolean };
  return here.here ?? !(here.here = true);
});

test('from one module\'s pages to another\'s and back', async ({ desk, shop, agent, quiet }) => {
  await routes(desk, shop);
  const { page } = await agent();
  quiet.allow(/status of 404/);

  await page.goto(`${desk.url}/admin/agents`);
  await live(page);
  expect(await stays(page)).toBe(false);
  await page.locator('nav a[href="/admin/widgets"]').click();
  await expect(page.getByRole('heading', { name: 'Widgets' })).toBeVisible();
  expect(await stays(page), 'within a module nothing is loaded again').toBe(true);

  // An address that nobody knows, and so no module.
  await page.goto(`${desk.url}/desk/nope`);
  await expect(page.getByText('404')).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { name: 'Widgets' })).toBeVisible();
  await page.goForward();
  await expect(page.getByText('404')).toBeVisible();

  // By the history alone, as no link does: the router finds no such page here and asks the server for it.
  await page.goto(`${desk.url}/desk`);
  await live(page);
  await stays(page);
  await page.evaluate(() => {
    const link = document.createElement('a');
    link.href = '/admin/agents';
    link.id = 'elsewhere';
    link.textContent = 'Elsewhere';
    document.body.append(link);
  });
  await page.locator('#elsewhere').evaluate(link => (link as HTMLAnchorElement).click());
  await expect(page.getByRole('heading', { name: 'Agents', exact: true })).toBeVisible();
  await live(page);
  expect(await stays(page), 'another document').toBe(false);
  await page.goBack();
  await expect(page.getByRole('heading', { name: 'Mine' }), 'and back in the inbox').toBeVisible();
  quiet.check('between the modules');
});

test('the inbox and a thread survive being left and entered again', async ({ desk, shop, agent, quiet }) => {
  await routes(desk, shop);
  const rosa = await agent();
  await rosa.inbox('all');
  const rows = rosa.list.getByRole('link');
  await expect(rows).not.toHaveCount(0);
  for (let round = 0; round < 5; round += 1) {
    await rosa.opens('Let me look.');
    await rosa.page.goBack();
    await expect(rosa.list).toBeVisible();
  }
  quiet.check('the desk');
});
