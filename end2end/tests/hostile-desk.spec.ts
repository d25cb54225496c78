// The same for what the desk's own people set, on the admin's pages and in the chat on somebody's site.

import { harmless, canary, withoutPolicy } from '../support/canary.ts';
import { createWidget } from '../support/desk.ts';
import { live } from '../support/people.ts';
import { PAYLOADS } from '../support/payloads.ts';
import { expect, test } from '../support/test.ts';

const LONG = process.env.DESKBELL_LONG === '1';
test.use({ serve: ['--rate-limits', 'off'] });

/** As many to a text as fit into a welcome message, each on its own line. */
function packed(): string[][] {
  const groups: string[][] = [[]];
  for (const text of PAYLOADS) {
    if ([...groups.at(-1)!, text].join('\n').length > 500) groups.push([]);
    groups.at(-1)!.push(text);
  }
  return groups;
}

for (const csp of ['off', 'on'] as const) {
  test(`what admins set is text on their pages and in the chat, policy ${csp}`, async ({ desk, shop, room, visitor, quiet }) => {
    quiet.allow(/ERR_FAILED|wasm|Content.Security.Policy|Failed to fetch|status of 404/i);
    test.setTimeout(LONG ? 900_000 : 240_000);
    // Without the policy is the harder way; with it, a part is enough.
    const every = csp === 'off' ? 1 : 4;
    const groups = packed();
    expect(groups.flat()).toEqual(PAYLOADS);
    const widgets = await Promise.all(PAYLOADS.map((name, n) =>
      createWidget(shop.admin, [shop.site.domain], { name, ...(groups[n] ? { offline_message: `-\n${groups[n]!.join('\n')}`, welcome_message: `-\n${groups[n]!.join('\n')}` } : {}) })));

    const drawn = await room('nobody', { noWasm: true });
    const lively = await room('Rosa');
    for (const context of [drawn, lively]) {
      await canary(context);
      if (csp === 'off') await withoutPolicy(context, desk.url);
    }

    // The chat: nobody is there, so the words for that are shown.
    const [still, page] = [await drawn.newPage(), await lively.newPage()];
    for (const [n, group] of groups.entries()) {
      if (!LONG && n % every) continue;
      const where = `${desk.url}/widget/${widgets[n]!.id}`;
      await still.goto(where);
      await harmless(still.mainFrame(), group.slice(0, -1), 'the chat, drawn by the server', csp);
      if (!LONG && n % 4) continue;
      await page.goto(where);
      await live(page);
      await harmless(page.mainFrame(), group.slice(0, -1), 'the chat, after hydration', csp);
    }

    // The workspace's name, in titles and heads.
    const names = PAYLOADS.filter((_, n) => LONG || n % (25 * every) === 8);
    for (const name of names) {
      await shop.admin.api.patch('/settings', { name });
      await still.goto(`${desk.url}/widget/${widgets[0]!.id}`);
      await harmless(still.mainFrame(), [name], 'the workspace, drawn by the server', csp);
    }
    const last = names.at(-1)!;

    // The admin's pages, by their addresses and by the menu.
    await page.goto(`${desk.url}/sign-in`);
    await page.getByLabel('Email').fill(shop.admin.email);
    await page.getByLabel('Password', { exact: true }).fill(shop.admin.password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.waitForURL(/\/desk/);
    for (const name of names) {
      await shop.admin.api.patch('/me', { name });
      await page.goto(`${desk.url}/admin/agents`);
      await live(page);
      await harmless(page.mainFrame(), [name], "an agent's name, after hydration", csp);
    }
    const pages: [string, string[]][] = [['/admin/widgets', PAYLOADS], ['/account/sessions', [last]], ['/admin/settings', [last]], [`/admin/widgets/${widgets[1]!.id}`, [PAYLOADS[1]!, ...groups[1]!.slice(0, -1)]]];
    for (const [where, texts] of pages) {
      await page.goto(desk.url + where);
      await live(page);
      await harmless(page.mainFrame(), texts, `${where}, after hydration`, csp);
    }
    await page.evaluate(() => { (window as unknown as { stayed: boolean }).stayed = true; });
    for (const [name, texts] of [['Agents', [last]], ['Widgets', PAYLOADS], ['Workspace', [last]]] as const) {
      await page.getByRole('link', { name, exact: true }).first().click();
      await harmless(page.mainFrame(), [...texts], `${name}, by the menu`, csp);
    }
    expect(await page.evaluate(() => (window as unknown as { stayed?: boolean }).stayed), 'without a page load').toBe(true);

    // What an agent with such a name says, in the chat on the shop's page: as news, and drawn anew.
    const ada = await visitor();
    await canary(ada.page.context());
    if (csp === 'off') await withoutPolicy(ada.page.context(), desk.url);
    await ada.goto('/a');
    await ada.openChat();
    await ada.sends('Hello?');
    const [conversation] = await shop.admin.api.conversations();
    // Customers see the first word of a name.
    const [name] = PAYLOADS.filter(text => text.includes('onload') && !text.includes(' '));
    await shop.admin.api.patch('/me', { name });
    const said = PAYLOADS.filter((_, n) => LONG ? n >= PAYLOADS.length - 45 : n % 3 === 0);
    for (const text of said) await shop.admin.api.say(conversation!.id, text);
    const chat = () => ada.page.frames().find(f => f.url().includes('/widget/'))!;
    await harmless(chat(), [...said, name!], 'an answer, as news', csp);
    await ada.page.reload();
    await ada.isOpen();
    await harmless(chat(), [...said, name!], 'an answer, after hydration', csp);
    await ada.page.context().route(/\.wasm($|\?)/, route => route.abort());
    await ada.page.reload();
    await expect(ada.composer).toBeVisible();
    await harmless(chat(), [...said, name!], 'an answer, drawn by the server', csp);
    await expect(ada.frame.locator('html[data-hydrated]'), 'or it is not as the server drew it').toHaveCount(0);
  });
}
