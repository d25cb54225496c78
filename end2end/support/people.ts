// Visitors and agents, and everything that these tests know about the screens: names, roles and the few
// selectors there are stand here and nowhere else.

import { expect, type FrameLocator, type Locator, type Page } from '@playwright/test';
import { type Desk, invite, type Login, type Role, type Staff } from './desk.ts';
import { until } from './net.ts';
import { moduleOf } from './pages.ts';
import type { Site } from './site.ts';

/** What the page's root element carries once the browser has taken over from the server's HTML. */
const LIVE = 'html[data-hydrated]';

/** Until then a click is a plain form post: right, but not what most tests are about. A still page never is more. */
export async function live(where: Page | FrameLocator) {
  if ('url' in where && !moduleOf(new URL(where.url()).pathname)) return;
  await where.locator(LIVE).waitFor({ state: 'attached', timeout: 20_000 });
}

const exactly = (text: string) => new RegExp(`^\\s*${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`);

/** The thread, as both sides see it. */
class Thread {
  readonly #page: Page;
  readonly #where: () => FrameLocator | Locator;

  constructor(page: Page, where: () => FrameLocator | Locator) {
    this.#page = page;
    this.#where = where;
  }

  get log() {
    return this.#where().getByRole('log', { name: 'Messages' });
  }

  /** The bubbles that say exactly this. */
  bubble(text: string) {
    return this.log.locator('.bubble').filter({ hasText: exactly(text) });
  }

  /** The message, with its foot: "Sent", "Not sent", "Read". */
  message(text: string) {
    return this.log.locator('li.message').filter({ has: this.#page.locator('.bubble').filter({ hasText: exactly(text) }) });
  }

  /** It is there, and once. */
  async sees(text: string, timeout = 10_000) {
    await expect(this.bubble(text), `"${text}" is on the screen once`).toHaveCount(1, { timeout });
    await expect(this.bubble(text).first()).toBeVisible();
  }

  async seesNot(text: string) {
    await expect(this.bubble(text), `"${text}" is not on the screen`).toHaveCount(0);
  }

  /** All that people wrote, as it stands there: without the greeting, which the workspace says by itself. */
  async texts(): Promise<string[]> {
    return (await this.log.locator('li.message:not([data-typing]):not(:has([data-brand])) .bubble').allInnerTexts()).map(text => text.trim());
  }

  /** The one at the other end is writing. */
  get typing() {
    return this.log.getByText(/is typing/);
  }

  /** "Sam took this", "Sam joined". */
  event(words: RegExp) {
    return this.log.locator('li.event').filter({ hasText: words });
  }
}

export class Visitor {
  readonly page: Page;
  readonly site: Site;
  readonly desk: Desk;
  readonly thread: Thread;

  constructor(page: Page, site: Site, desk: Desk) {
    this.page = page;
    this.site = site;
    this.desk = desk;
    this.thread = new Thread(page, () => this.frame);
  }

  /** A real page load on the shop's site. */
  async goto(where: string) {
    await this.page.goto(this.site.url + where);
  }

  /** The round button; its name says whether it opens or closes, and what is unread. */
  get launcher() {
    return this.page.getByRole('button', { name: /^(Open|Close) chat/ });
  }

  get frame(): FrameLocator {
    return this.page.frameLocator('desk-bell iframe');
  }

  get composer() {
    return this.frame.getByRole('textbox', { name: 'Your message' });
  }

  get isPhone() {
    return (this.page.viewportSize()?.width ?? 1000) < 480;
  }

  async openChat() {
    await this.launcher.click();
    await this.isOpen();
  }

  async isOpen() {
    await expect(this.page.locator('desk-bell iframe'), 'the chat is open').toBeVisible();
    await live(this.frame);
  }

  /** As people do it: the button in the chat's own head. */
  async minimise() {
    await this.frame.getByRole('button', { name: 'Close chat' }).click();
    await expect(this.page.locator('desk-bell iframe'), 'the chat is closed').toBeHidden();
    await expect(this.launcher).toHaveAccessibleName(/^Open chat/);
  }

  /** Types it and sends it; whether it arrives is another question. */
  async writes(text: string) {
    await this.composer.fill(text);
    if (this.isPhone) await this.frame.getByRole('button', { name: 'Send', exact: true }).click();
    else await this.composer.press('Enter');
    await expect(this.composer, 'the composer is empty again').toHaveValue('');
  }

  /** The same, and the desk has it. */
  async sends(text: string) {
    await this.writes(text);
    await this.thread.sees(text);
    await expect(this.thread.message(text), 'and it was sent').toContainText(/Sent|Read/);
  }

  sees = (text: string, timeout?: number) => this.thread.sees(text, timeout);

  /** What the badge on the launcher says; 0 when there is none. */
  async unread(): Promise<number> {
    // Not by its role: on a phone it is hidden while the chat fills the screen.
    const name = (await this.page.locator('desk-bell button').first().getAttribute('aria-label')) ?? '';
    return Number(name.match(/(\d+) unread/)?.[1] ?? 0);
  }

  /** How often something was played so far, on the page and in the chat. */
  async sounds(): Promise<number> {
    let count = 0;
    for (const frame of this.page.frames()) {
      count += await frame.evaluate(() => (window as unknown as { __sounds?: number }).__sounds ?? 0).catch(() => 0);
    }
    return count;
  }

  /** The form that a widget with the policy "name and email first" shows. */
  async introduces(name: string, email: string, text: string) {
    await this.frame.getByLabel('Name').fill(name);
    await this.frame.getByLabel('Email').fill(email);
    await this.frame.getByLabel('How can we help?').fill(text);
    await this.frame.getByRole('button', { name: 'Start chat' }).click();
  }
}

export class Agent {
  readonly page: Page;
  readonly desk: Desk;
  readonly thread: Thread;
  #login: Login | undefined;

  constructor(page: Page, desk: Desk) {
    this.page = page;
    this.desk = desk;
    this.thread = new Thread(page, () => this.talk);
  }

  /** Invites and seats somebody. Their browser gets its session by the same form, without its page. */
  async join(admin: Staff, name: string, role: Role) {
    const invitation = await invite(admin, name, role);
    this.#login = { name, role, email: invitation.email, password: `a bell for ${name} ${invitation.email}` };
    await this.#sit(await this.desk.acceptInvitation(invitation.link, name, this.#login.password));
  }

  /** Somebody who can sign in already. By the screens it is `signIn`. */
  async enter(login: Pick<Login, 'email' | 'password'>) {
    await this.#sit(await this.desk.seat(login));
  }

  async #sit(cookies: Awaited<ReturnType<Desk['seat']>>) {
    await this.page.context().addCookies(cookies);
    await this.inbox();
  }

  /** The same person by program. */
  async staff(): Promise<Staff> {
    if (!this.#login) throw new Error('only for somebody who joined in this test');
    return this.desk.signIn(this.#login);
  }

  async signIn(login: Pick<Login, 'email' | 'password'>) {
    await this.page.goto(`${this.desk.url}/sign-in`);
    await fillSignIn(this.page, login);
    await this.page.waitForURL(url => !url.pathname.startsWith('/sign-in'));
    await this.inbox();
  }

  async inbox(view?: string) {
    if (!/\/desk/.test(this.page.url()) || view) await this.page.goto(`${this.desk.url}/desk${view ? `?view=${view}` : ''}`);
    await expect(this.list).toBeVisible();
    await live(this.page);
  }

  get list() {
    return this.page.getByRole('region', { name: 'Conversations' });
  }

  /** The open conversation. */
  get talk() {
    return this.page.getByRole('article', { name: /^Conversation with/ });
  }

  get composer() {
    return this.talk.getByRole('textbox', { name: 'Your text' });
  }

  get views() {
    return this.page.getByRole('navigation', { name: 'Views' });
  }

  /** By any words that its row in the list shows. */
  row(words: string) {
    return this.list.getByRole('link').filter({ hasText: words });
  }

  async view(name: 'Mine' | 'Unassigned' | 'Active' | 'Waiting' | 'Closed' | 'All') {
    const menu = this.page.getByRole('button', { name: 'Menu', exact: true });
    if (await menu.isVisible()) await menu.click();
    await this.views.getByRole('link', { name: new RegExp(`^${name}`) }).click();
    await expect(this.list.getByRole('heading', { name, exact: true })).toBeVisible();
  }

  /** The number beside a view's name. */
  async count(name: string): Promise<number> {
    const words = await this.views.getByRole('link', { name: new RegExp(`^${name}`) }).innerText();
    return Number(words.match(/\d+/)?.[0] ?? 0);
  }

  async opens(words: string) {
    await this.row(words).click();
    await expect(this.talk).toBeVisible();
    await expect(this.composer).toBeVisible();
  }

  /** By its address, a real page load. */
  async goto(conversation: string) {
    await this.page.goto(`${this.desk.url}/desk/c/${conversation}`);
    await expect(this.talk).toBeVisible();
    await live(this.page);
  }

  async #send(text: string) {
    await this.composer.fill(text);
    await this.composer.press('Enter');
    await expect(this.composer, 'the composer is empty again').toHaveValue('');
  }

  /** Types it and sends it; whether it arrives is another question. */
  async writes(text: string) {
    await choose(this.talk, 'Reply');
    await this.#send(text);
  }

  async replies(text: string) {
    await this.writes(text);
    await this.thread.sees(text);
    await expect(this.thread.message(text), 'and it was sent').toContainText(/Sent|Read/);
  }

  async notes(text: string) {
    await choose(this.talk, 'Note');
    await this.#send(text);
    await this.thread.sees(text);
  }

  /** The line that says which colleagues look at it too. */
  get others() {
    return this.talk.locator('.looking');
  }

  get takeButton() {
    return this.talk.getByRole('button', { name: 'Take', exact: true });
  }

  get closeButton() {
    return this.talk.getByRole('button', { name: 'Close', exact: true });
  }

  sees = (text: string, timeout?: number) => this.thread.sees(text, timeout);

  async signOut() {
    const me = this.page.getByRole('button', { name: /online|away|offline/i }).last();
    await me.click();
    await this.page.getByRole('button', { name: 'Sign out' }).click();
    await this.page.waitForURL(url => !url.pathname.startsWith('/desk'));
  }
}

/** One of several radio buttons, by its words: they are drawn as cards, so people press the card. */
export async function choose(where: Page | Locator, words: string) {
  const radio = where.getByRole('radio', { name: new RegExp(`^${words}`) });
  await where.locator('label').filter({ hasText: new RegExp(`^\\s*${words}`) }).filter({ has: (('page' in where) ? where.page() : where).locator('input[type=radio]') }).click();
  await expect(radio).toBeChecked();
}

export async function fillSignIn(page: Page, login: Pick<Login, 'email' | 'password'>) {
  await page.getByLabel('Email').fill(login.email);
  await page.getByLabel('Password', { exact: true }).fill(login.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** A link with a token: opening it changes nothing, pressing its button does. */
export async function press(page: Page, link: string) {
  const answer = await page.goto(link);
  expect(answer?.status(), 'the link is good').toBe(200);
  await page.getByRole('main').getByRole('button').first().click();
}

/** Takes an invitation, or a password reset: the button, then a password. */
export async function accept(page: Page, link: string, password: string, name: string) {
  await press(page, link);
  const fields = page.locator('input[type=password]');
  await expect(fields.first()).toBeVisible();
  await page.getByLabel('Your name').fill(name);
  for (const field of await fields.all()) await field.fill(password);
  await page.locator('form').filter({ has: fields.first() }).getByRole('button').last().click();
  await page.waitForURL(url => !url.search.includes('token='));
}

/** The same list on both screens and in the database: nothing lost, nothing twice, everybody's order kept. */
export async function agree(what: string, expected: string[], sources: Record<string, () => Promise<string[]>>) {
  for (const [name, read] of Object.entries(sources)) {
    const found = await until(
      `${what}: ${name} to show ${expected.length} messages`,
      async () => {
        const texts = await read();
        return texts.length >= expected.length ? texts : undefined;
      },
      20_000,
    );
    expect([...found].sort(), `${what}: ${name} has each message exactly once`).toEqual([...expected].sort());
  }
  const [first, ...others] = await Promise.all(Object.values(sources).map(read => read()));
  for (const other of others) expect(other, `${what}: everybody has the same order`).toEqual(first);
}
