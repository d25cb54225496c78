// The table of pages (src/app/pages.rs), as the server's tests write it down.

import { readFileSync } from 'node:fs';

/** Who may open it: everybody, whoever has a link, whoever works here, admins. */
type Opens = 'anybody' | 'link' | 'staff' | 'admin';
export type Line = { path: string; module: string | null; who: Opens };

const table: { modules: string[]; pages: Line[] } = JSON.parse(readFileSync(new URL('pages.json', import.meta.url), 'utf8'));
export const { modules, pages } = table;

/** The line of the page at this address. */
export function lineOf(pathname: string): Line | undefined {
  const asked = pathname.split('/');
  return pages.find(({ path }) => {
    const words = path.split('/');
    return words.length === asked.length && words.every((word, at) => word.startsWith(':') ? asked[at] !== '' : word === asked[at]);
  });
}

/** What makes the page at this address alive; null: it is still, or there is none. */
export const moduleOf = (pathname: string): string | null => lineOf(pathname)?.module ?? null;
