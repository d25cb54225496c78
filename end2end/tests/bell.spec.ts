// The main story: the bell rings, and whatever happens in between, the two of them talk.

import { createHmac } from 'node:crypto';
import { expect, test, type Shop } from '../support/test.ts';
import { agree } from '../support/people.ts';
import { NO_NETWORK } from '../support/quiet.ts';

type Conversation = { contact: { verified: boolean } };

/** What the shop's own server signs its customers' ids with. */
async function secretOf({ admin, widget }: Shop): Promise<string> {
  const { url, token } = admin.api;
  const answer = await fetch(`${url}/_fn/deskbell/desk/widget/api/widget_secret`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
    body: new URLSearchParams({ id: widget.id }),
  });
  return (await answer.json()) as string;
}

for (const [device, phone] of [['desktop', false], ['phone', true]] as const) {
  for (const [scheme, dark] of [['light', false], ['dark', true]] as const) {
    test(`a visitor is answered, through page loads and a crash, ${device}, ${scheme}${phone === dark ? ' @both' : ''}`, async ({ desk, shop, visitor, agent, quiet }) => {
      const sam = await agent('Sam Ortiz', { dark, phone });
      const ada = await visitor({ dark, phone });

      // Before she rings, nothing of ours is on her: no cookie, no storage, no frame.
      await ada.goto('/a');
      await expect(ada.launcher).toBeVisible();
      expect(await ada.page.context().cookies(), 'no cookie before the first message').toEqual([]);
      expect(await ada.page.evaluate(() => localStorage.length + sessionStorage.length), 'no storage either').toBe(0);
      await expect(ada.page.locator('desk-bell iframe'), 'no frame before she wants one').toHaveCount(0);

      await ada.openChat();
      expect(await ada.frame.locator('html').evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)).toBe(dark);
      await ada.sends('Where is my parcel?');

      // The agent, who has the list open, sees it come in without doing anything.
      await sam.opens('Where is my parcel?');
      await sam.sees('Where is my parcel?');
      await sam.page.evaluate(() => { (window as unknown as { stayed: boolean }).stayed = true; });

      // Another page of the shop: the chat is open as it was, with what was said.
      if (phone) await ada.minimise();
      await ada.page.getByRole('link', { name: 'Delivery' }).click();
      await expect(ada.page).toHaveURL(/\/b$/);
      if (phone) await ada.openChat();
      await ada.isOpen();
      await ada.sees('Where is my parcel?');
      await ada.sends('It should have come on Tuesday');
      await sam.sees('It should have come on Tuesday');
      await ada.minimise();

      // The power fails.
      quiet.allow(NO_NETWORK);
      await desk.kill9();
      await desk.start();

      // The agent's page is still the same one, and answers.
      const soundsBefore = await ada.sounds();
      expect(await ada.unread(), 'no badge yet').toBe(0);
      await sam.replies('Let me look, Ada. One moment.');
      expect(await sam.page.evaluate(() => (window as unknown as { stayed: boolean }).stayed), 'his page was not loaded again').toBe(true);

      // The bell: a badge and a sound on the closed launcher.
      await expect.poll(() => ada.unread(), { message: 'a badge on the closed launcher', timeout: 20_000 }).toBe(1);
      await expect.poll(() => ada.sounds(), { message: 'and a sound' }).toBeGreaterThan(soundsBefore);
      await expect(ada.page.locator('desk-bell iframe'), 'which did not open by itself').toBeHidden();

      // And it goes on.
      await ada.openChat();
      await ada.sees('Let me look, Ada. One moment.');
      await expect.poll(() => ada.unread(), { message: 'read, so no badge' }).toBe(0);

      // The shop proves who she is: her session is another one from here on, and the chat goes on in it.
      quiet.allow(/status of 401/); // what was under way in the one before
      const proof = { userHash: createHmac('sha256', await secretOf(shop)).update('customer-42').digest('hex') };
      await ada.page.evaluate(traits => (window as unknown as { Deskbell: (...args: unknown[]) => void }).Deskbell('identify', 'customer-42', traits), proof);
      const [hers] = await shop.admin.api.conversations();
      await expect
        .poll(async () => (await shop.admin.api.get<Conversation>(`/conversations/${hers!.id}`)).contact.verified, { message: 'she is known' })
        .toBe(true);
      await ada.sends('Thank you!');
      await sam.sees('Thank you!');
      await sam.replies('It arrives today, before five.');
      await ada.sees('It arrives today, before five.');
      await expect(sam.thread.message('It arrives today, before five.'), 'he sees that she read it').toContainText('Read');

      const [conversation] = await shop.admin.api.conversations();
      await agree(
        'after it all',
        [
          'Where is my parcel?',
          'It should have come on Tuesday',
          'Let me look, Ada. One moment.',
          'Thank you!',
          'It arrives today, before five.',
        ],
        {
          'the database': () => shop.admin.api.texts(conversation!.id),
          'the visitor': () => ada.thread.texts(),
          'the agent': () => sam.thread.texts(),
        },
      );
      expect(await shop.admin.api.conversations(), 'all of it is one conversation').toHaveLength(1);
    });
  }
}
