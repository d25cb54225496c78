// What stands before the app works by its forms and a small script.

import { fillSignIn } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

test('signing in: a password can be shown, a refusal comes back as typed, and it leads where one wanted to go', async ({ desk, shop, room, quiet }) => {
  quiet.allow(/status of 401/);
  const page = await (await room('Rosa')).newPage();
  await page.goto(`${desk.url}/account/sessions`);
  await expect(page).toHaveURL(/\/sign-in\?to=/);

  const password = page.getByLabel('Password', { exact: true });
  const eye = page.getByRole('button', { name: 'Show password' });
  await password.fill('wrong words');
  await eye.click();
  await expect(password).toHaveAttribute('type', 'text');
  await expect(eye).toHaveAttribute('aria-pressed', 'true');
  await eye.click();
  await expect(password).toHaveAttribute('type', 'password');

  await fillSignIn(page, { email: shop.admin.email, password: 'wrong words' });
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.getByLabel('Email')).toHaveValue(shop.admin.email);
  await expect(password, 'a password is not sent back').toHaveValue('');
  await expect(page, 'the page is at home again').toHaveURL(/\/sign-in\?to=/);
  await expect(page.locator('[aria-busy]')).toHaveCount(0);

  // Until the answer is there the button says so.
  await page.evaluate(() => addEventListener('submit', e => sessionStorage.setItem('busy', String(e.submitter?.getAttribute('aria-busy')))));
  await fillSignIn(page, shop.admin);
  await page.waitForURL(/\/account\/sessions$/);
  expect(await page.evaluate(() => sessionStorage.getItem('busy'))).toBe('true');
});

test('a still page is as light or dark as was chosen here, and runs no module whatever asks for it', async ({ desk, room, quiet }) => {
  quiet.allow(/WebAssembly|Content.Security.Policy/);
  const page = await (await room('nobody')).newPage();
  await page.goto(`${desk.url}/sign-in`);
  await page.evaluate(() => localStorage.setItem('deskbell.theme', 'dark'));
  for (const where of ['/', '/sign-in', '/support/conversations', '/reset']) {
    await page.goto(desk.url + where);
    await expect(page.locator('html'), where).toHaveAttribute('data-theme', 'dark');
    const ran = await page.evaluate(() => {
      const module = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
      return WebAssembly.compile(module).then(() => 'ran', error => String(error));
    });
    expect(ran, where).toMatch(/Content Security Policy/);
  }
});
