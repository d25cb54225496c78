// Words without a break, as long as they may be, in every place where somebody's words are shown, in scripts that are
// written from either side, on every width: nothing is pushed out of sight, and no pane scrolls sideways.

import type { Frame, Page } from '@playwright/test';
import { randomUUID } from 'node:crypto';
import { Api } from '../support/desk.ts';
import { live } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

const WIDTHS = [320, 360, 768, 1440];
/** Where the head of a thread is narrowest beside the list. */
const TIGHT = [721, 800, 865, 950, 993, 1070, 1100];

const long = (word: string, length: number) => word.repeat(length).slice(0, length);
const LATIN = long('Unbreakable', 300);
const SCRIPTS = { latin: LATIN, arabic: long('مرحباوسهلا', 300), hebrew: long('שלוםוברכה', 300) };
const LINK = `https://carrier.example/track/${long('0a1b2c3d', 270)}`;
const ADDRESS = `${long('name', 60)}@${['a', 'b', 'c'].map(part => long(part, 58)).join('.')}.example`;
const name = (text: string) => text.slice(0, 100);

/** What sticks out of the page or of its pane, and every pane that scrolls sideways. */
async function sticksOut(where: Page | Frame): Promise<string[]> {
  return where.evaluate(() => {
    const broken: string[] = [];
    const told = (element: Element) => element.outerHTML.replace(/\s+/g, ' ').slice(0, 110);
    const seen = (element: Element) => {
      const box = element.getBoundingClientRect();
      return element.checkVisibility({ visibilityProperty: true }) && box.width > 1 && box.height > 1;
    };
    // A row of views is pushed along on purpose.
    const pushed = (element: Element) => !!element.closest('.switches, .toasts');
    for (const pane of document.querySelectorAll('html, main, main *, aside, aside *, dialog[open], dialog[open] *, :popover-open, :popover-open *')) {
      if (!seen(pane) || pushed(pane)) continue;
      const scrolls = pane === document.documentElement || ['auto', 'scroll'].includes(getComputedStyle(pane).overflowX) || ['auto', 'scroll'].includes(getComputedStyle(pane).overflowY);
      if (!scrolls || pane.scrollWidth <= pane.clientWidth + 1) continue;
      const widest = [...pane.querySelectorAll('*')].filter(it => it.getBoundingClientRect().left + it.scrollWidth > pane.getBoundingClientRect().right + 1).at(-1);
      broken.push(`scrolls sideways, ${pane.scrollWidth} in ${pane.clientWidth}: ${told(pane)} by ${widest && told(widest)}`);
    }
    for (const control of document.querySelectorAll('button, a[href], input:not([type=hidden]), textarea, select, summary, .bubble, h1, h2')) {
      if (!seen(control) || pushed(control)) continue;
      const box = control.getBoundingClientRect();
      let [left, right] = [0, innerWidth];
      for (let up = control.parentElement; up; up = up.parentElement) {
        const style = getComputedStyle(up);
        if (style.overflowX === 'visible') continue;
        const pane = up.getBoundingClientRect();
        [left, right] = [Math.max(left, pane.left), Math.min(right, pane.right)];
        if (style.position === 'fixed') break;
      }
      if (box.left < left - 1 || box.right > right + 1) {
        broken.push(`out of sight, ${Math.round(box.left)} to ${Math.round(box.right)} in ${Math.round(left)} to ${Math.round(right)}: ${told(control)}`);
      }
    }
    return broken;
  });
}

async function fits(page: Page, what: string, widths: number[], then?: (width: number) => Promise<void>, where: () => Page | Frame = () => page) {
  for (const width of widths) {
    await page.setViewportSize({ width, height: 800 });
    await then?.(width);
    await expect.poll(() => sticksOut(where()).catch(error => [String(error)]), { message: `${what}, ${width} px`, timeout: 6_000 }).toEqual([]);
  }
}

/** The papers of either side stand in one column, whatever is written on them; the words have their own direction. */
async function inColumns(where: Page | Frame) {
  const papers = await where.evaluate(() => [...document.querySelectorAll('.thread > .message > .bubble')].map(paper => {
    const box = paper.getBoundingClientRect();
    const first = paper.textContent!.trim().codePointAt(0)!;
    const words = paper.querySelector('[dir=auto]');
    return {
      side: paper.parentElement!.dataset.from === paper.closest<HTMLElement>('.thread')!.dataset.mine ? 'mine' : 'theirs',
      edge: 0, left: Math.round(box.left), right: Math.round(box.right),
      paper: getComputedStyle(paper).direction, words: words && getComputedStyle(words).direction,
      rtl: first >= 0x590 && first <= 0x6ff,
    };
  }));
  expect(papers.filter(p => p.rtl).length, 'or nothing is written from the right').toBeGreaterThan(1);
  expect(new Set(papers.filter(p => p.side === 'theirs').map(p => p.left)).size, 'theirs stand in one column').toBe(1);
  expect(new Set(papers.filter(p => p.side === 'mine').map(p => p.right)).size, 'mine stand in one column').toBe(1);
  expect(papers.filter(p => p.paper !== 'ltr'), 'the paper has the direction of the page').toEqual([]);
  expect(papers.filter(p => p.words !== (p.rtl ? 'rtl' : 'ltr')), 'the words have their own').toEqual([]);
}

test('no word is too long for the desk', async ({ desk, shop, agent }) => {
  const { api } = shop.admin;
  await api.patch('/me', { name: name(LATIN) });
  await api.patch('/settings', { name: name(LATIN) });
  await api.patch(`/widgets/${shop.widget.id}`, { name: name(LATIN) });
  const opened: string[] = [];
  for (const [script, text] of Object.entries(SCRIPTS)) {
    const { token } = await desk.api.post<{ token: string }>(`/widgets/${shop.widget.id}/visitors`, {
      name: name(text), email: script === 'latin' ? ADDRESS : undefined, page_url: LINK,
    });
    const visitor = new Api(desk.url, token);
    const reference = { type: name(text), id: name(text), label: name(text), url: LINK };
    const start = () => visitor.post<{ conversation: { id: string } }>('/conversations', { client_id: randomUUID(), body: text, reference });
    // Twice, so that there is another one beside it.
    await api.post(`/conversations/${(await start()).conversation.id}/close`);
    const { conversation } = await start();
    opened.push(conversation.id);
    for (const body of [LINK, ...Object.values(SCRIPTS), 'أهلا', 'Hi']) {
      await visitor.post(`/conversations/${conversation.id}/messages`, { client_id: randomUUID(), body });
      await api.say(conversation.id, body);
      await api.post(`/conversations/${conversation.id}/messages`, { client_id: randomUUID(), body, kind: 'note' });
    }
  }
  const me = await api.get<{ agent?: { id: string }; id?: string }>('/me');
  await api.post(`/conversations/${opened[0]}/assign`, { agent_id: me.agent?.id ?? me.id });

  const rosa = await agent();
  const { page } = rosa;
  await page.goto(`${desk.url}/desk/c/${opened[0]}?view=all`);
  await live(page);
  const composer = page.locator('#text');
  const send = page.getByRole('button', { name: 'Send reply' });

  await composer.fill('x'.repeat(9_600));
  await expect(page.locator('.composer-count[role=status]'), 'what may still be written is told').toHaveText('400 left');
  await expect(page.locator('.composer-count'), 'in quiet words').not.toHaveAttribute('data-over');
  for (const [what, text] of Object.entries({ ...SCRIPTS, link: LINK })) {
    await composer.fill(text);
    expect(await composer.evaluate(area => getComputedStyle(area).direction), `${what} is written from its own side`).toBe(/arabic|hebrew/.test(what) ? 'rtl' : 'ltr');
  }
  await fits(page, 'the thread', WIDTHS, async () => {
    for (const control of [composer, send, rosa.closeButton]) await expect(control).toBeInViewport({ ratio: 1 });
  });
  await fits(page, 'its head', TIGHT, async () => {
    const head = await page.locator('.talk-head').evaluate(head => head.getBoundingClientRect().height);
    expect(head, 'one row').toBeLessThanOrEqual(61);
  });
  for (const popover of ['beside', 'assign', 'snooze', 'emoji', 'side', 'me']) {
    await fits(page, popover, WIDTHS, () => page.evaluate(id => {
      const it = document.getElementById(id)!;
      // What is inside of a closed one is opened by it.
      const around = it.parentElement!.closest<HTMLElement>('[popover]');
      if (around && getComputedStyle(around).display === 'none') around.showPopover();
      if (getComputedStyle(it).display === 'none') it.showPopover();
    }, popover));
    await page.evaluate(() => document.querySelectorAll<HTMLElement>(':popover-open').forEach(it => it.hidePopover()));
  }
  await page.setViewportSize({ width: 1440, height: 800 });
  await inColumns(page);

  // From the right: by the list, without a page load.
  for (const [n, script] of [[1, 'arabic'], [2, 'hebrew']] as const) {
    await page.setViewportSize({ width: 1440, height: 800 });
    await page.locator(`.row[href*='${opened[n]}']`).click();
    await expect(page.locator('.talk-head h1')).toHaveText(name(SCRIPTS[script]));
    for (const shown of [`.row[href*='${opened[n]}'] .row-name`, '.talk-head h1']) {
      const drawn = await page.locator(shown).evaluate(it => {
        const { direction, textAlign } = getComputedStyle(it);
        return { direction, left: textAlign === 'left' };
      });
      expect(drawn, `${shown} is cut at its end and stands where the others do`).toEqual({ direction: 'rtl', left: true });
    }
    await inColumns(page);
    await fits(page, script, WIDTHS);
  }

  await page.setViewportSize({ width: 1440, height: 800 });
  await page.getByRole('button', { name: 'New chat' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill(name(LATIN));
  await dialog.getByLabel('Email').fill(ADDRESS);
  await dialog.getByLabel('First message').fill(LINK);
  await fits(page, 'a new chat', WIDTHS);
  await page.keyboard.press('Escape');
  await page.locator('.talk-back').evaluate(back => (back as HTMLElement).click());
  await fits(page, 'the list', WIDTHS);

  await api.post('/agents', { email: ADDRESS, name: name(SCRIPTS.arabic), role: 'agent' });
  for (const where of ['/admin/agents', '/admin/widgets', '/admin/settings', '/account/sessions']) {
    await page.goto(desk.url + where);
    await live(page);
    await fits(page, where, WIDTHS, where === '/admin/agents' ? widelyNamed : undefined);
  }

  async function widelyNamed() {
    const names = page.locator('.person > .avatar + span');
    await expect(names.first()).toBeVisible();
    const widths = await names.evaluateAll(all => all.map(it => it.getBoundingClientRect().width));
    expect(Math.min(...widths), 'who they are has room beside what they are').toBeGreaterThan(120);
  }
});

test('no word is too long for the chat', async ({ shop, visitor }) => {
  const { api } = shop.admin;
  await api.patch('/settings', { name: name(LATIN) });
  await api.patch('/me', { name: name(SCRIPTS.hebrew) });
  await api.patch(`/widgets/${shop.widget.id}`, { welcome_message: `${name(LATIN)}\n${LINK}`, offline_message: `${name(SCRIPTS.arabic)}\n${LINK}` });
  const ada = await visitor();
  await ada.goto('/a');
  await ada.openChat();
  const frame = () => ada.page.frames().find(f => f.url().includes('/widget/'))!;
  await fits(ada.page, 'the welcome', WIDTHS, undefined, frame);
  await ada.page.setViewportSize({ width: 1440, height: 800 });
  await ada.sends(LATIN);
  const [conversation] = await api.conversations();
  for (const body of [LINK, ...Object.values(SCRIPTS), 'أهلا', 'Hi']) {
    await ada.writes(body);
    await api.say(conversation!.id, body);
  }
  await expect(ada.thread.bubble('Hi')).toHaveCount(2);
  await ada.composer.fill(LINK);
  await fits(ada.page, 'the thread', WIDTHS, undefined, frame);
  await inColumns(frame());
});
