// The test function of every file here: a desk of its own per test, people with browsers of their own, and a
// console that has to stay silent.

import { test as base, type Browser, type BrowserContext, type BrowserContextOptions } from '@playwright/test';
import { createWidget, type Database, Desk, type Staff, type Widget } from './desk.ts';
import { Line } from './faults.ts';
import { Link } from './net.ts';
import { Agent, Visitor } from './people.ts';
import { Quiet } from './quiet.ts';
import { Site } from './site.ts';

export { expect } from '@playwright/test';

export type Settings = {
  database: Database;
  /** Further options of `deskbell serve`. */
  serve: string[];
};

/** How somebody looks at it. */
export type Look = {
  phone?: boolean;
  dark?: boolean;
  /** Their own network, which can be cut or do worse. */
  link?: Link | Line;
  /** Every module is refused, as some companies' proxies do it. */
  noWasm?: boolean;
  /** Anything else Playwright knows. */
  more?: BrowserContextOptions;
};

/** A shop that has Deskbell: an admin, a widget, and a site with the snippet on it. */
export type Shop = { admin: Staff; widget: Widget; site: Site };

type Fixtures = Settings & {
  quiet: Quiet;
  desk: Desk;
  shop: Shop;
  /** A browser profile of its own, watched by `quiet`. */
  room: (who: string, look?: Look) => Promise<BrowserContext>;
  /** A network that belongs to one person. */
  link: () => Promise<Link>;
  /** The same, with every fault that TCP knows. */
  line: () => Promise<Line>;
  visitor: (look?: Look) => Promise<Visitor>;
  /** Somebody who was invited, signed in, and stands in the inbox. Without a name: the shop's admin. */
  agent: (name?: string, look?: Look & { role?: 'agent' | 'supervisor' | 'admin' }) => Promise<Agent>;
};

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1440, height: 900 };

export function contextOptions(look: Look): BrowserContextOptions {
  return {
    viewport: look.phone ? PHONE : DESKTOP,
    ...(look.phone ? { isMobile: true, hasTouch: true, deviceScaleFactor: 2 } : {}),
    colorScheme: look.dark ? 'dark' : 'light',
    ...(look.link ? { proxy: look.link.proxy } : {}),
    locale: 'en-GB',
    timezoneId: 'Europe/Copenhagen',
    ...look.more,
  };
}

/** Counts what would be heard, in every frame. */
function countSounds() {
  const w = window as unknown as { __sounds: number };
  w.__sounds = 0;
  const heard = <T extends object>(of: T | undefined, name: keyof T) => {
    const real = of?.[name];
    if (!of || typeof real !== 'function') return;
    of[name] = function (this: unknown, ...args: unknown[]) {
      w.__sounds += 1;
      return (real as (...a: unknown[]) => unknown).apply(this, args);
    } as T[keyof T];
  };
  heard(window.AudioScheduledSourceNode?.prototype, 'start');
  // Chromium gives these their own.
  for (const node of [window.OscillatorNode, window.AudioBufferSourceNode]) {
    if (node && Object.hasOwn(node.prototype, 'start')) heard(node.prototype, 'start');
  }
  heard(window.HTMLMediaElement?.prototype, 'play');
}

async function openRoom(browser: Browser, look: Look): Promise<BrowserContext> {
  const context = await browser.newContext(contextOptions(look));
  await context.addInitScript(countSounds);
  if (look.noWasm) await context.route(/\.wasm($|\?)/, route => route.abort());
  return context;
}

export const test = base.extend<Fixtures>({
  database: ['sqlite', { option: true }],
  serve: [[], { option: true }],

  quiet: async ({}, use) => {
    const quiet = new Quiet();
    await use(quiet);
    quiet.check();
  },

  desk: async ({ database, serve }, use, info) => {
    const desk = await Desk.open(database, serve);
    await use(desk);
    try {
      await desk.close();
    } finally {
      if (info.status !== info.expectedStatus) await info.attach('desk.log', { body: desk.log, contentType: 'text/plain' });
    }
  },

  shop: async ({ desk }, use) => {
    const site = await Site.open();
    const admin = await desk.admin();
    // She is not there for the customers, or routing would give her what the agents of a test should get.
    await admin.api.patch('/me', { availability: 'offline' });
    const widget = await createWidget(admin, [site.domain]);
    site.snippet = widget.snippet;
    await use({ admin, widget, site });
    await site.close();
  },

  link: async ({}, use) => {
    const links: Link[] = [];
    await use(async () => {
      const link = await Link.open();
      links.push(link);
      return link;
    });
    for (const link of links) await link.close();
  },

  line: async ({ desk }, use) => {
    const lines: Line[] = [];
    await use(async () => {
      const line = await Line.open(desk.port);
      lines.push(line);
      return line;
    });
    for (const line of lines) await line.close();
  },

  room: async ({ browser, quiet, desk: _ }, use) => {
    const open: BrowserContext[] = [];
    await use(async (who, look = {}) => {
      const context = await openRoom(browser, look);
      quiet.watch(context, who);
      open.push(context);
      return context;
    });
    quiet.end();
    for (const context of open) await context.close();
  },

  visitor: async ({ room, shop, desk }, use) => {
    let count = 0;
    await use(async look => {
      count += 1;
      const context = await room(`visitor ${count}`, look);
      return new Visitor(await context.newPage(), shop.site, desk);
    });
  },

  agent: async ({ room, shop, desk }, use) => {
    await use(async (name, look = {}) => {
      const context = await room(name ?? shop.admin.name, look);
      const agent = new Agent(await context.newPage(), desk);
      if (name) await agent.join(shop.admin, name, look.role ?? 'agent');
      else await agent.enter(shop.admin);
      return agent;
    });
  },
});
