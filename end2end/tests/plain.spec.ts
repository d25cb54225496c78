// Where WASM is blocked: signing in, reading and writing by plain forms, at the desk and in the widget.

import { randomUUID } from 'node:crypto';
import { expect, test } from '../support/test.ts';
import { fillSignIn } from '../support/people.ts';

/** What the browser says about the module it was refused. */
const NO_MODULE = /\.wasm|ERR_FAILED|Failed to fetch|WebAssembly|status of (401|422) .*\/_fn\//;

test('WASM blocked: a visitor and an agent talk by plain forms @both', async ({ desk, shop, visitor, room, quiet }) => {
  quiet.allow(NO_MODULE);
  const ada = await visitor({ noWasm: true });
  let refused = 0;
  ada.page.context().on('requestfailed', request => { if (request.url().includes('.wasm')) refused += 1; });

  await ada.goto('/a');
  await ada.launcher.click();
  await expect(ada.page.locator('desk-bell iframe')).toBeVisible();
  await ada.composer.fill('Does this work without modules?');
  await ada.frame.getByRole('button', { name: 'Send', exact: true }).click();
  await ada.sees('Does this work without modules?');
  expect(refused, 'or nothing was blocked').toBeGreaterThan(0);
  await expect(ada.composer, 'the form is ready for the next one').toHaveValue('');

  // The agent, whose proxy blocks it too.
  const context = await room('Rosa', { noWasm: true });
  const page = await context.newPage();
  await page.goto(`${desk.url}/sign-in`);
  await fillSignIn(page, { email: shop.admin.email, password: 'wrong' });
  await expect(page.getByRole('alert'), 'a wrong password is told').toBeVisible();
  await expect(page.getByLabel('Email'), 'and what was typed is still there').toHaveValue(shop.admin.email);
  await fillSignIn(page, shop.admin);
  await page.waitForURL(/\/desk/);
  await page.goto(`${desk.url}/desk?view=all`);
  await page.getByRole('region', { name: 'Conversations' }).getByRole('link').filter({ hasText: 'Does this work without modules?' }).click();
  const talk = page.getByRole('article', { name: /^Conversation with/ });
  await expect(talk.getByText('Does this work without modules?')).toBeVisible();
  await talk.getByRole('textbox', { name: 'Your text' }).fill('It does: plain forms.');
  await talk.getByRole('button', { name: 'Send reply' }).click();
  await expect(talk.locator('.bubble').filter({ hasText: 'It does: plain forms.' })).toHaveCount(1);

  // A reload does not send it again, and shows the newest first of all.
  const [written] = await shop.admin.api.conversations();
  for (let n = 1; n <= 30; n += 1) {
    await shop.admin.api.post(`/conversations/${written!.id}/messages`, { client_id: randomUUID(), body: `Note ${n}`, kind: 'note' });
  }
  await page.reload();
  await expect(talk.locator('.bubble').filter({ hasText: 'It does: plain forms.' })).toHaveCount(1);
  await expect(talk.locator('.bubble').filter({ hasText: /^Note 30$/ }), 'the newest is in sight').toBeInViewport({ ratio: 1 });
  await expect(talk.locator('.bubble').first()).not.toBeInViewport();
  expect((await talk.locator('.bubble').allInnerTexts()).slice(-30), 'and read in order').toEqual(Array.from({ length: 30 }, (_, n) => `Note ${n + 1}`));
  await expect(talk.locator('.message time').last(), 'and a time is better than none').toBeVisible();

  await ada.frame.getByRole('link', { name: 'Check for replies' }).click();
  await ada.sees('It does: plain forms.');
  const [conversation] = await shop.admin.api.conversations();
  expect(await shop.admin.api.texts(conversation!.id)).toEqual(['Does this work without modules?', 'It does: plain forms.']);

  await talk.getByRole('button', { name: 'Close', exact: true }).click();
  await expect.poll(async () => (await shop.admin.api.conversations())[0]?.status).toBe('closed');
});

test('WASM blocked: a message that is too long comes back as typed, with the reason', async ({ shop, visitor, quiet }) => {
  quiet.allow(NO_MODULE, /status of 422/);
  const ada = await visitor({ noWasm: true });
  await ada.goto('/a');
  await ada.launcher.click();
  const long = 'x'.repeat(10_001);
  await ada.composer.evaluate((field, text) => {
    field.removeAttribute('maxlength');
    (field as HTMLTextAreaElement).value = text;
  }, long);
  await ada.frame.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(ada.frame.getByText(/10,000|too long/i).first()).toBeVisible();
  await expect(ada.composer).toHaveValue(long);
  expect(await shop.admin.api.conversations(), 'and nothing was stored').toEqual([]);
});
