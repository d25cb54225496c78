// Without a mouse.

import type { Locator, Page } from '@playwright/test';
import { open } from '../support/desk.ts';
import { live } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

/** Tab until it has the focus, and the focus can be seen on every stop on the way. */
async function tabTo(page: Page, target: Locator, most = 60) {
  for (let n = 0; n < most; n += 1) {
    await page.keyboard.press('Tab');
    if (page.frames().length === 1) {
      const seen = await page.evaluate(() => {
        let at: Element | null = document.activeElement;
        while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
        const name = at?.outerHTML.slice(0, 120);
        // A ring may stand on the field's frame instead of the field.
        for (let up = 0; at && up < 3; up += 1, at = at.parentElement) {
          const style = getComputedStyle(at);
          if ((style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none') return { ok: true, name };
        }
        return { ok: document.activeElement === document.body, name };
      });
      expect(seen.ok, `the focus can be seen on ${seen.name}`).toBe(true);
    }
    if (await target.evaluate(element => (element.getRootNode() as Document | ShadowRoot).activeElement === element).catch(() => false)) return;
  }
  throw new Error(`${most} times Tab did not reach ${target}`);
}

test('an agent signs in, opens a conversation, replies and closes it with the keyboard alone', async ({ desk, shop, visitor, room }) => {
  const ada = await visitor();
  await ada.goto('/a');
  await ada.openChat();
  await ada.sends('Where is my parcel?');

  const page = await (await room('Rosa')).newPage();
  const { keyboard } = page;
  await page.goto(`${desk.url}/sign-in`);
  const email = page.getByLabel('Email');
  if (!(await email.evaluate(field => field === document.activeElement))) await tabTo(page, email);
  await keyboard.type(shop.admin.email);
  await tabTo(page, page.getByLabel('Password', { exact: true }), 5);
  await keyboard.type(shop.admin.password);
  await keyboard.press('Enter');
  await page.waitForURL(/\/desk/);
  await live(page);

  // To the view of all, and into the row.
  await tabTo(page, page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: /^All/ }));
  await keyboard.press('Enter');
  await expect(page).toHaveURL(/view=all/);
  const row = page.getByRole('region', { name: 'Conversations' }).getByRole('link').filter({ hasText: 'Where is my parcel?' });
  await tabTo(page, row);
  await keyboard.press('Enter');
  const talk = page.getByRole('article', { name: /^Conversation with/ });
  const composer = talk.getByRole('textbox', { name: 'Your text' });
  await expect(talk).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: /^Conversation with/ }), 'which one it is, is said').toHaveCount(1);
  await expect(talk.locator('.day[data-new]'), 'what is new begins with the day: one rule').toHaveCount(1);
  await expect(talk.locator('.day')).toHaveCount(1);

  await keyboard.press('Alt+KeyL');
  await expect(composer, 'Alt+L goes to the reply').toBeFocused();
  await keyboard.type('First line');
  await keyboard.press('Shift+Enter');
  await keyboard.type('second line?');
  await expect(composer, 'a ? in a field is a ?').toHaveValue('First line\nsecond line?');
  await keyboard.press('Enter');
  await expect(composer).toHaveValue('');
  await expect(ada.thread.log).toContainText('second line?');
  await expect(talk.locator('.day[data-new]'), 'nothing is new behind an answer').toHaveCount(0);

  // What makes a character on some keyboard is never a command here, however a system reports it.
  const taken = await composer.evaluate(field => {
    field.focus();
    const systems: [KeyboardEventInit, string[]][] = [
      [{ ctrlKey: true, altKey: true, modifierAltGraph: true }, ['€', '@', 'ę', 'e']],
      [{ ctrlKey: true, altKey: true }, ['€', 'e']],
      [{ modifierAltGraph: true }, ['€', 'ł']],
      [{ altKey: true, modifierAltGraph: true }, ['€', 'e']],
      [{ altKey: true }, ['€', '@', 'Dead', 'å', 'π', '∆', '˚', '¬', '´']],
      [{ altKey: true, isComposing: true }, ['e']],
    ];
    const commands: string[] = [];
    for (const code of ['KeyE', 'KeyA', 'KeyJ', 'KeyK', 'KeyL', 'KeyP', 'Slash']) {
      for (const [held, keys] of systems) {
        for (const key of keys) {
          const pressed = new KeyboardEvent('keydown', { ...held, key, code, bubbles: true, cancelable: true });
          if (!field.dispatchEvent(pressed)) commands.push(`${code} ${key} ${JSON.stringify(held)}`);
        }
      }
    }
    return commands;
  });
  expect(taken).toEqual([]);
  await expect(composer, 'and the caret stayed').toBeFocused();
  expect((await shop.admin.api.conversations())[0]?.status, 'and nothing was closed').not.toBe('closed');

  await keyboard.press('Alt+KeyP');
  await expect(talk.getByRole('radio', { name: 'Note' }), 'Alt+P is a note').toBeChecked();
  await keyboard.type('Only for us');
  await keyboard.press('Enter');
  await expect(talk.locator('.bubble').filter({ hasText: 'Only for us' })).toHaveCount(1);
  await expect(ada.frame.getByText('Only for us')).toHaveCount(0);

  await keyboard.press('Alt+KeyE');
  await expect.poll(async () => (await shop.admin.api.conversations())[0]?.status, { message: 'Alt+E closes' }).toBe('closed');
  await expect(talk.getByRole('button', { name: 'Reopen' }), 'and one stands on what can be done now').toBeFocused();
});

test('Alt+J and Alt+K go through the list, ? shows the keys and Escape hides them', async ({ desk, shop, agent }) => {
  for (const name of ['Ada', 'Cleo']) await open(await desk.visitor(shop.widget, { name }), `${name} here`);
  const ben = await desk.visitor(shop.widget, { name: 'Ben' });
  const his = await open(ben, 'Ben here');
  const rosa = await agent();
  await rosa.inbox('all');
  const { keyboard } = rosa.page;
  await keyboard.press('Alt+KeyJ');
  await expect(rosa.talk).toBeVisible();
  const first = await rosa.talk.getAttribute('aria-label');
  await keyboard.press('Alt+KeyJ');
  await expect(rosa.talk).not.toHaveAttribute('aria-label', first!);
  await expect(rosa.list.locator('.row[aria-current=page]'), 'the focus goes along').toBeFocused();
  await keyboard.press('Alt+KeyK');
  await expect(rosa.talk).toHaveAttribute('aria-label', first!);

  // A chat that is begun says whom it reaches, and which of its fields may stay empty; both stand side by side.
  await rosa.page.getByRole('button', { name: 'New chat' }).click();
  const begin = rosa.page.getByRole('dialog', { name: 'New chat' });
  await expect(begin).toContainText('reaches nobody for now');
  const [name, email] = await Promise.all([begin.getByLabel('Name optional'), begin.getByLabel('Email')].map(field => field.boundingBox()));
  expect(Math.abs(name!.y - email!.y), 'Name and Email are one row').toBeLessThan(2);
  await keyboard.press('Escape');
  await expect(begin).toBeHidden();

  await rosa.talk.getByRole('heading').first().click();
  await keyboard.press('Shift+Slash');
  await expect(rosa.page.getByRole('dialog')).toBeVisible();
  await keyboard.press('Escape');
  await expect(rosa.page.getByRole('dialog')).toBeHidden();

  // Who waits longest comes first where people wait, until one asks for the newest.
  await rosa.view('Waiting');
  const rows = rosa.list.getByRole('list').last().getByRole('link');
  await expect(rows).toHaveText([/Ada/, /Cleo/, /Ben/]);
  await expect(rows.first(), 'how long').toContainText(/waits \d+ min/);
  await rosa.list.getByRole('link', { name: 'Newest first' }).click();
  await expect(rows).toHaveText([/Ben/, /Cleo/, /Ada/]);
  expect(rosa.page.url(), 'the address keeps the order').toContain('sort=newest');

  // What waits for an answer of one's own is said in every view, and in the title of the tab.
  const { api, id } = shop.admin;
  await api.post(`/conversations/${his.id}/assign`, { agent_id: id });
  for (const name of ['Ada', 'Cleo', 'Ben']) {
    await rosa.opens(`${name} here`);
    await rosa.sees(`${name} here`);
  }
  await rosa.view('Closed');
  await expect(rosa.page).toHaveTitle(/^Closed/);
  await ben.say(his.id, 'Are you there?');
  await expect(rosa.views.getByRole('link', { name: /^Mine/ })).toContainText(/1\s*unread/);
  await expect(rosa.page).toHaveTitle(/^\(1\) /);
});

test('a visitor opens the chat, writes and leaves it with the keyboard alone', async ({ visitor, agent }) => {
  const sam = await agent('Sam Ortiz');
  const ada = await visitor();
  const { keyboard } = ada.page;
  await ada.goto('/a');
  await expect(ada.launcher).toBeVisible();
  await tabTo(ada.page, ada.launcher, 10);
  await keyboard.press('Enter');
  await ada.isOpen();
  await expect(ada.composer, 'the caret is where one writes').toBeFocused();
  // The browser gives a frame of another site its keys a moment after the focus: what comes before reaches nobody.
  const frame = ada.page.frames().find(frame => /\/widget\//.test(frame.url()))!;
  await frame.evaluate(() => addEventListener('keydown', () => { document.documentElement.dataset.keys = ''; }, { once: true }));
  await expect.poll(async () => {
    await keyboard.press('Shift');
    return frame.evaluate(() => 'keys' in document.documentElement.dataset);
  }).toBe(true);
  await keyboard.type('Hello by keyboard');
  await keyboard.press('Enter');
  await ada.sees('Hello by keyboard');
  await sam.opens('Hello by keyboard');
  await keyboard.press('Escape');
  await expect(ada.page.locator('desk-bell iframe'), 'Escape closes').toBeHidden();
  await expect(ada.launcher, 'and the focus is back on the launcher').toBeFocused();
});

test('what is typed and sent before the module is there arrives, once', async ({ visitor, shop }) => {
  const ada = await visitor();
  const { keyboard } = ada.page;
  let release = () => {};
  const held = new Promise<void>(done => { release = done; });
  await ada.page.route('**/*.wasm', async route => { await held; await route.continue(); });
  // Slow, so that the launcher gives the frame its focus before the frame's page is there.
  await ada.page.route('**/widget/*', async route => {
    await new Promise(done => setTimeout(done, 700));
    await route.continue();
  });
  await ada.goto('/a');
  await tabTo(ada.page, ada.launcher, 10);
  await keyboard.press('Enter');
  await expect(ada.composer).toBeVisible();
  await expect(ada.composer, 'the caret is where one writes').toBeFocused();
  await keyboard.type('Early bird');
  await keyboard.press('Shift+Enter');
  await keyboard.type('sings');
  await expect(ada.composer).toHaveValue('Early bird\nsings');
  await expect(ada.frame.locator('html[data-hydrated]'), 'or it is not early').toHaveCount(0);
  await keyboard.press('Enter');
  const bubble = ada.frame.locator('.bubble').filter({ hasText: /Early bird\s+sings/ });
  await expect(bubble).toHaveCount(1);
  release();
  await ada.isOpen();
  await expect(bubble).toHaveCount(1);
  await expect(ada.composer, 'and it is not a draft any more').toHaveValue('');
  const [conversation] = await shop.admin.api.conversations();
  expect(await shop.admin.api.texts(conversation!.id)).toEqual(['Early bird\nsings']);
});

test('the chat puts the caret where one writes, and takes it from nobody who writes already', async ({ shop, visitor }) => {
  await shop.admin.api.patch(`/widgets/${shop.widget.id}`, { policy: 'email_required' });
  for (const already of [false, true]) {
    const ada = await visitor();
    // What the chat does with the next frame waits until it is let go.
    await ada.page.addInitScript(() => {
      if (!location.pathname.startsWith('/widget/')) return;
      const held: FrameRequestCallback[] = [];
      const real = window.requestAnimationFrame.bind(window);
      window.requestAnimationFrame = next => held.push(next);
      Object.assign(window, { held, letGo: () => { window.requestAnimationFrame = real; held.forEach(next => real(next)); } });
    });
    await ada.goto('/a');
    await ada.openChat();
    const frame = ada.page.frames().find(frame => /\/widget\//.test(frame.url()))!;
    const [name, email] = [ada.frame.getByLabel('Name'), ada.frame.getByLabel('Email')];
    const about = () => frame.evaluate(() => (window as unknown as { held: unknown[] }).held.length);
    await expect.poll(about, { message: 'it is about to' }).toBeGreaterThan(0);
    if (already) await email.focus();
    await frame.evaluate(() => (window as unknown as { letGo: () => void }).letGo());
    await frame.evaluate(() => new Promise(next => requestAnimationFrame(() => requestAnimationFrame(next))));
    await expect(already ? email : name).toBeFocused();
  }
});
