// The addresses of this product and who may see them. The tests follow every link they find besides.

import { randomUUID } from 'node:crypto';
import type { Page } from '@playwright/test';
import { type Desk, open, type Role } from './desk.ts';
import { type Line, pages } from './pages.ts';
import type { Shop } from './test.ts';

export type Who = 'nobody' | Role;
export const EVERYBODY: Who[] = ['nobody', 'agent', 'supervisor', 'admin'];
const STAFF: Who[] = ['agent', 'supervisor', 'admin'];

/** Whom the table means. A link is tried without its token, which nobody may. */
const MEANT: Record<Line['who'], Who[]> = { anybody: EVERYBODY, link: [], staff: STAFF, admin: ['admin'] };

/** [address, who may see it] */
export async function routes(desk: Desk, shop: Shop): Promise<[string, Who[]][]> {
  const ada = await desk.visitor(shop.widget, { name: 'Ada Byron', email: 'ada@post.example' });
  const running = await open(ada, 'Where is my parcel?');
  await shop.admin.api.say(running.id, 'Let me look.');
  await shop.admin.api.post(`/conversations/${running.id}/messages`, { client_id: randomUUID(), body: 'A regular.', kind: 'note' });
  const ben = await desk.visitor(shop.widget);
  const closed = await open(ben, 'Never mind.');
  await shop.admin.api.post(`/conversations/${closed.id}/close`);
  // What an address of the table names is there.
  const named = (path: string) => path.replace(':id', /widget/.test(path) ? shop.widget.id : closed.id);
  return [
    ...pages.map(({ path, who }): [string, Who[]] => [named(path), MEANT[who]]),
    ...['mine', 'unassigned', 'active', 'waiting', 'closed', 'all'].map((view): [string, Who[]] => [`/desk?view=${view}`, STAFF]),
    // The closed one ended before anybody had it, so it is still everybody's of the team. This is the admin's.
    [`/desk/c/${running.id}`, ['supervisor', 'admin']],
    ['/setup?token=nonsense', []],
    ['/no/such/page', []],
    [`/desk/c/${randomUUID()}`, []],
    [`/widget/${randomUUID()}`, []],
  ];
}

/** Same-origin addresses that this page links to, without those that do something or are a file. */
export async function links(page: Page): Promise<string[]> {
  const found = await page.locator('a[href]:not([download])').evaluateAll(all =>
    all.map(a => new URL((a as HTMLAnchorElement).href)).filter(url => url.origin === location.origin).map(url => url.pathname + url.search),
  );
  return [...new Set(found)].filter(where => !/token=|before=|after=|cursor=|^\/(pkg|api\/v1|widget\.js)/.test(where));
}
