// What shows that a text was taken for more than a text: a function that only a payload calls, elements and
// attributes that the product never makes, and words that are not on the screen.

import { type BrowserContext, expect, type Frame } from '@playwright/test';

export type Found = { ran: number[]; injected: string[]; missing: string[]; free: boolean };

/** In every frame of this profile. */
export async function canary(context: BrowserContext) {
  await context.addInitScript(() => {
    const w = window as unknown as { ran: (n: number) => void; fired: number[] };
    w.fired = [];
    w.ran = n => { w.fired.push(n); };
  });
}

/** Takes the Content-Security-Policy off every document of this origin. */
export async function withoutPolicy(context: BrowserContext, origin: string) {
  await context.route(url => url.origin === origin, async route => {
    if (route.request().resourceType() !== 'document') return route.fallback();
    const answer = await route.fetch({ maxRedirects: 0 });
    const headers = Object.fromEntries(Object.entries(answer.headers()).filter(([name]) => name !== 'content-security-policy'));
    await route.fulfill({ response: answer, headers });
  });
}

/** `texts` stand here as they were written, and nothing came of them. `free` says whether a script of ours could run. */
export function find(where: Frame, texts: string[]): Promise<Found> {
  return where.evaluate(texts => {
    const w = window as unknown as { fired: number[]; ran: (n: number) => void };
    const injected = [...document.querySelectorAll('*')].filter(element =>
      [...element.attributes].some(({ name, value }) =>
        name === 'hostile' || /^on/.test(name) ||
        (/^(href|src|action|formaction|data|xlink:href|srcdoc)$/.test(name) && /^[\s\x00-\x1f]*(javascript|vbscript|data:text)/i.test(value))));
    const walker = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
    let words = document.title;
    const fields = [...document.querySelectorAll('input, textarea')].map(field => (field as HTMLInputElement).value);
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement;
      if (parent && !parent.closest('script, style, noscript, template')) words += walker.currentNode.nodeValue;
    }
    const all = [words, ...fields];
    const ran = [...w.fired];
    const probe = document.createElement('button');
    probe.setAttribute('onclick', 'ran(-1)');
    probe.click();
    const free = w.fired.includes(-1);
    w.fired = ran;
    return { ran, injected: injected.map(element => element.outerHTML.slice(0, 200)), missing: texts.filter(text => !all.some(a => a.includes(text))), free };
  }, texts);
}

/** What is seen of a text: code stands in a face of its own, without its backticks. */
export const shown = (text: string) => text.replace(/^`([^`]+)`$/, '$1');

export async function harmless(where: Frame, written: string[], what: string, policy: 'on' | 'off') {
  const texts = written.map(shown);
  await expect.poll(async () => (await find(where, texts)).missing.slice(0, 3), { message: `${what}: the words are there as they were written` }).toEqual([]);
  const found = await find(where, texts);
  expect(found.ran, `${what}: nothing ran`).toEqual([]);
  expect(found.injected, `${what}: nothing was injected`).toEqual([]);
  expect(found.free, `${what}: with the policy ${policy}, a script would ${policy === 'off' ? '' : 'not '}have run`).toBe(policy === 'off');
}
