// From an empty machine to the first answered question, by the screens alone.

import { expect, test } from '../support/test.ts';
import { accept, Agent, choose, fillSignIn, live, press, Visitor } from '../support/people.ts';
import { Site } from '../support/site.ts';

const LOGIN = { email: 'rosa@shop.example', password: 'a bell on a desk, ring it' };

test('first run: set-up link, an agent by invitation, a widget with its snippet, the first answer @both', async ({ desk, room, quiet }) => {
  const site = await Site.open();
  try {
    const context = await room('Rosa', { more: { permissions: ['clipboard-read', 'clipboard-write'] } });
    const page = await context.newPage();

    // Until somebody has set it up, the desk is healthy and nobody can sign in.
    expect((await desk.api.ask('GET', '/health')).status).toBe(200);
    const link = await desk.setupLink();
    expect(link).toContain(`${desk.url}/setup?token=`);
    await press(page, link);
    await page.getByLabel('Workspace').fill('Lamp & <Shade>');
    await page.getByLabel('Your name').fill('Rosa Lind');
    await page.getByLabel('Email').fill(LOGIN.email);
    await page.getByLabel('Password', { exact: true }).fill(LOGIN.password);
    await page.getByRole('button', { name: 'Open the desk' }).click();
    await page.waitForURL(/\/(admin|desk)/);
    expect(await page.title(), 'a title is text').not.toContain('</');

    // The link is used up, and so is the whole screen.
    const again = await (await room('somebody else')).newPage();
    quiet.allow(/status of 4\d\d .*\/setup/, /status of 422 .*\/api\/save_widget/);
    const second = await again.goto(link);
    expect(second!.status() >= 400 || !again.url().includes('/setup'), 'the set-up link works once').toBe(true);
    await expect(again.getByRole('button', { name: /set up/i })).toHaveCount(0);

    // An agent: the link is shown to copy.
    await page.goto(`${desk.url}/admin/agents`);
    await live(page);
    await page.getByRole('button', { name: 'Invite', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Email').fill('sam@shop.example');
    await choose(dialog, 'Agent');
    await dialog.getByRole('button', { name: 'Create invitation' }).click();
    const field = page.getByLabel('Invitation link');
    await expect(field).toHaveValue(/^http.*token=/);
    const invitation = await field.inputValue();
    await page.getByRole('dialog').getByRole('button', { name: 'Copy' }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText()), 'the button copies it').toBe(invitation);
    await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click();
    await expect(page.getByRole('main')).toContainText('sam@shop.example');

    const samPage = await (await room('Sam')).newPage();
    await accept(samPage, invitation, 'sam has a bell too, yes', 'Sam Ortiz');
    const sam = new Agent(samPage, desk);
    if (!samPage.url().includes('/desk')) await sam.signIn({ email: 'sam@shop.example', password: 'sam has a bell too, yes' });
    await sam.inbox();
    await expect(samPage.getByRole('link', { name: 'Admin', exact: true }), 'an agent has no admin menu').toHaveCount(0);

    // A widget, with a look of its own.
    await page.goto(`${desk.url}/admin/widgets`);
    await live(page);
    await page.getByRole('link', { name: 'New widget' }).click();
    const fresh = page.getByRole('region', { name: 'New widget' });
    await fresh.getByLabel('Name').fill('Lamps');
    await fresh.getByRole('button', { name: 'Create widget' }).click();
    await page.waitForURL(/\/admin\/widgets\/[^/#]+$/);
    await expect(page.getByRole('main'), 'it is embeddable nowhere').toContainText('Not on any site yet');
    await live(page);
    await page.getByLabel('Name', { exact: true }).fill('Lamp shop');
    await page.getByLabel('Domains').fill('https://not a domain/');
    await page.getByRole('button', { name: 'Save' }).first().click();
    await expect(page.getByLabel('Domains'), 'nonsense is refused with a reason').toHaveAttribute('aria-invalid', 'true');
    await expect(page.getByLabel('Name', { exact: true }), 'and what was typed is kept').toHaveValue('Lamp shop');
    await page.getByLabel('Domains').fill(site.domain);
    await choose(page, 'Name and email first');
    await page.getByLabel('Welcome message').fill('Ask us <b>anything</b>');
    const colour = () => page.locator('.preview .widget-head').evaluate(head => getComputedStyle(head).background);
    const before = await colour();
    await choose(page, 'Gold on black');
    await expect.poll(colour, { message: 'the preview follows' }).not.toBe(before);
    await expect(page.locator('.preview'), 'with the words').toContainText('Ask us <b>anything</b>');
    await page.getByRole('button', { name: 'Save' }).first().click();
    await expect(page.getByLabel('Domains')).not.toHaveAttribute('aria-invalid', 'true');
    await page.reload();
    await live(page);
    await expect(page.getByLabel('Domains')).toHaveValue(site.domain);
    await expect(page.getByRole('radio', { name: 'Gold on black' })).toBeChecked();

    await page.locator('.copy').getByRole('button', { name: 'Copy' }).click();
    site.snippet = await page.evaluate(() => navigator.clipboard.readText());
    expect(site.snippet).toContain(`${desk.url}/widget.js`);
    expect(site.snippet.trim(), 'the same as is shown').toBe((await page.locator('.copy pre').innerText()).trim());

    // And it rings, for Sam: whoever set the desk up is away.
    const { api } = await desk.signIn({ ...LOGIN, name: 'Rosa Lind', role: 'admin' });
    await api.patch('/me', { availability: 'away' });
    const ada = new Visitor(await (await room('Ada')).newPage(), site, desk);
    await ada.goto('/a');
    await ada.openChat();
    await expect(ada.frame.locator('html')).toHaveAttribute('data-preset', 'gold');
    await ada.introduces('Ada Byron', 'ada@post.example', 'Is the blue lamp in stock?');
    await ada.sees('Is the blue lamp in stock?');
    await expect(sam.row('Ada Byron')).toContainText('Is the blue lamp in stock?');
    await sam.opens('Ada Byron');
    await expect(sam.talk).toContainText('ada@post.example');
    await sam.replies('It is: nine left.');
    await ada.sees('It is: nine left.');

    // A session of hers on another device can be ended from here.
    const phone = await (await room('Rosa on her phone', { phone: true })).newPage();
    await phone.goto(`${desk.url}/sign-in`);
    await fillSignIn(phone, LOGIN);
    await phone.waitForURL(/\/(desk|admin)/);
    quiet.allow(/status of 401/);
    await page.goto(`${desk.url}/account/sessions`);
    await live(page);
    await page.getByRole('button', { name: 'Sign out all others' }).click();
    await phone.waitForURL(/sign-in/, { timeout: 15_000 });
    await page.reload();
    await expect(page, 'this one stays').toHaveURL(/sessions/);
  } finally {
    await site.close();
  }
});

test('customers are shown the way to the widget, and staff their screens', async ({ desk, agent, room }) => {
  const page = await (await room('customer')).newPage();
  await page.goto(`${desk.url}/support/conversations`);
  await expect(page.getByRole('heading', { level: 1 })).toContainText(/chat/i);
  const main = page.getByRole('main');
  await main.getByRole('link', { name: 'Open chat' }).or(main.getByRole('button', { name: 'Open chat' })).click();
  const composer = page.frameLocator('iframe').getByRole('textbox', { name: /Your message|How can we help/ });
  await expect(composer, 'a place to write').toBeVisible();

  const rosa = await agent();
  await rosa.page.goto(`${desk.url}/support/conversations`);
  await expect(rosa.page.getByRole('link', { name: 'Open chat' }), 'staff are not sent to the widget').toHaveCount(0);
});

test('the way of an agent: away, and nobody is online; online, and the first who waited comes first', async ({ desk, shop, visitor, agent }) => {
  const sam = await agent('Sam Ortiz');
  const { api } = await sam.staff();
  await api.patch('/me', { availability: 'away' });
  await expect.poll(async () => (await desk.api.get<{ online: boolean }>('/availability')).online).toBe(false);

  const first = await visitor();
  await first.goto('/a');
  await first.openChat();
  await first.sends('I was first');
  const second = await visitor();
  await second.goto('/a');
  await second.openChat();
  await second.sends('I was second');
  for (const conversation of await shop.admin.api.conversations()) expect(conversation.assignee, 'nobody has it').toBeNull();

  await api.patch('/me', { availability: 'online' });
  await expect.poll(async () => (await shop.admin.api.conversations()).filter(c => c.assignee).length, { timeout: 15_000 }).toBeGreaterThan(0);
  const given = (await shop.admin.api.conversations()).filter(c => c.assignee);
  const texts = await Promise.all(given.map(c => shop.admin.api.texts(c.id)));
  expect(texts.flat(), 'who waited longest is served').toContain('I was first');
  await expect(first.frame.getByText(/online/i).first(), 'and the visitors see that somebody is there').toBeVisible();
});
