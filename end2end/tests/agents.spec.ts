// Two agents on one conversation.

import { expect, test } from '../support/test.ts';
import { open } from '../support/desk.ts';
import { NO_NETWORK } from '../support/quiet.ts';

test('two agents take the same conversation at once, and one has it @both', async ({ desk, shop, agent, quiet }) => {
  // Whoever is second is refused, and browsers print every refusal.
  quiet.allow(/status of (404|409).*\/api\/take/);
  const sam = await agent('Sam Ortiz');
  const kim = await agent('Kim Larsen');
  for (const person of [sam, kim]) await (await person.staff()).api.patch('/me', { availability: 'away' });
  const ada = await desk.visitor(shop.widget, { name: 'Ada' });
  const conversation = await open(ada, 'Is anybody there?');
  expect(conversation.assignee, 'nobody is online, so it is nobody\'s').toBeNull();

  await sam.goto(conversation.id);
  await kim.goto(conversation.id);
  await expect(sam.takeButton).toBeVisible();
  await expect(kim.takeButton).toBeVisible();
  for (const person of [sam, kim]) await person.composer.fill('Half an answer');
  // Whoever is slower may find that the button has gone already.
  const clicks = await Promise.allSettled([sam.takeButton.click({ timeout: 3_000 }), kim.takeButton.click({ timeout: 3_000 })]);
  expect(clicks.some(click => click.status === 'fulfilled'), 'somebody could click').toBe(true);

  await expect.poll(async () => (await shop.admin.api.get<{ assignee: { name: string } | null }>(`/conversations/${conversation.id}`)).assignee?.name).toMatch(/Sam|Kim/);
  const after = await shop.admin.api.get<{ assignee: { name: string } }>(`/conversations/${conversation.id}`);
  const owner = after.assignee.name.split(' ')[0]!;
  const took = (await shop.admin.api.messages(conversation.id)).filter(m => m.kind === 'event' && /took|joined/i.test(m.body));
  expect(took.map(m => m.body).join(), 'the thread says who').toContain(owner);
  for (const person of [sam, kim]) await expect(person.takeButton, 'neither can take it now').toHaveCount(0);
  const [winner, loser] = owner === 'Sam' ? [sam, kim] : [kim, sam];
  await expect(winner.thread.event(new RegExp(`${owner}.*took`)), 'who has it sees so').toHaveCount(1);
  await expect(loser.page.getByText('Is anybody there?'), 'what is a colleague\'s is out of sight').toHaveCount(0);
  await expect(loser.page.getByRole('heading', { name: `${owner} has it now` }), 'and the other is told who has it').toBeVisible();
  await expect(loser.page.locator('.talk-empty .copy'), 'and has the text back').toContainText('Half an answer');
  await expect(loser.page.locator('.talk-empty').getByRole('button', { name: 'Copy' })).toBeVisible();
  await expect(winner.composer).toHaveValue('Half an answer');
});

test('they see each other there, and each other typing, and the visitor sees only that somebody types @both', async ({ visitor, agent }) => {
  const ada = await visitor();
  const sam = await agent('Sam Ortiz');
  const rosa = await agent();
  await ada.goto('/a');
  await ada.openChat();
  await ada.sends('Hello?');
  await sam.opens('Hello?');
  await rosa.inbox('all');
  await rosa.opens('Hello?');

  await expect(sam.others, 'he sees that she looks at it too').toContainText(/Rosa/);
  await expect(rosa.others, 'and she that he does').toContainText(/Sam/);

  await sam.composer.pressSequentially('Let me look', { delay: 60 });
  await expect(ada.thread.typing, 'the visitor sees typing').toBeVisible();
  await expect(rosa.talk.getByText(/Sam.*(is typing|is writing)/).first(), 'the colleague too').toBeVisible();
  await expect(ada.frame.getByText('Let me look'), 'but never what is typed').toHaveCount(0);
  await expect(ada.thread.typing, 'and it ends by itself').toBeHidden({ timeout: 20_000 });

  await ada.composer.pressSequentially('I wait', { delay: 60 });
  await expect(sam.thread.typing.first(), 'he sees her typing').toBeVisible();

  // A note is typed and sent: the visitor sees neither.
  await sam.composer.fill('');
  await rosa.notes('Carrier lost it. Refund.');
  await sam.sees('Carrier lost it. Refund.');
  await sam.replies('Sorry, we refund it.');
  await ada.sees('Sorry, we refund it.');
  expect(await ada.frame.locator('html').innerHTML(), 'no note in the page, visible or not').not.toContain('Carrier lost it');
});

test('colleagues see who looks at it too, until that is over', async ({ desk, shop, agent, quiet }) => {
  quiet.allow(NO_NETWORK);
  const [sam, rosa] = [await agent('Sam Ortiz'), await agent('Rosa Lind')];
  // What is nobody's is seen by both.
  for (const person of [sam, rosa]) await (await person.staff()).api.patch('/me', { availability: 'away' });
  const conversation = await open(await desk.visitor(shop.widget, { name: 'Ada' }), 'Is anybody there?');
  await rosa.page.clock.install();
  await rosa.goto(conversation.id);
  await sam.goto(conversation.id);
  await expect(rosa.others).toContainText('Sam');
  await expect(sam.others, 'who comes later is answered').toContainText('Rosa');
  const again = rosa.page.waitForRequest(/conversation\/api\/here/);
  await rosa.page.clock.fastForward(26_000);
  await again;

  // Away without a word: only time tells.
  await sam.page.context().setOffline(true);
  await rosa.page.clock.fastForward(61_000);
  await expect(rosa.others).toBeHidden();
});
