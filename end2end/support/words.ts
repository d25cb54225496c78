// What stands on a page that no catalogue has, or that has no room: the desk speaks its pseudo-locale, in which every
// sentence is accented, longer and in brackets.

import type { Frame, Page } from '@playwright/test';

/** What people are and things are called in these tests: their own words, not ours. */
const NAMES = ['Support', 'Deskbell', 'Shop', 'Rosa Lind', 'Rosa', 'Ada Byron', 'RL', 'AB', 'rosa@shop.example', 'ada@post.example', 'HTML', 'program'];

/** Words outside brackets, and what is cut off. */
function found(names: string[]): { loose: string[]; cut: string[] } {
  const NOT_OURS = 'script, style, template, time, code, pre, kbd, textarea, bdi, .avatar, [dir="auto"], select[name="time_zone"]';
  const bare = (text: string) => {
    let [rest, before] = [text, ''];
    while (rest !== before) [before, rest] = [rest, rest.replace(/\[[^[\]]*\]/g, ' ')];
    for (const name of names) rest = rest.replaceAll(name, ' ');
    return rest.match(/[^\s\d]*\p{L}{2,}[^\s]*/gu)?.join(' ') ?? '';
  };
  const loose = new Set<string>();
  const say = (what: string, text: string) => { const left = bare(text); if (left) loose.add(`${what}: ${left}`); };
  const whole = document.body.cloneNode(true) as HTMLElement;
  for (const other of whole.querySelectorAll(NOT_OURS)) other.replaceWith(' ');
  for (const element of whole.querySelectorAll('*')) element.after(' ');
  // Sentence by sentence, so that one bracket too few does not hide the others.
  say('text', whole.textContent ?? '');
  say('title', document.title);
  for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-description', 'aria-roledescription'])
    for (const element of document.querySelectorAll(`body [${name}]`))
      if (!element.matches('time, [dir="auto"]')) say(`${name} of ${element.tagName.toLowerCase()}.${element.className}`, element.getAttribute(name) ?? '');

  const cut = new Set<string>();
  const wide = document.documentElement;
  if (wide.scrollWidth > wide.clientWidth + 1) cut.add(`the page is ${wide.scrollWidth} wide in ${wide.clientWidth}`);
  for (const element of document.querySelectorAll<HTMLElement>('body *')) {
    const style = getComputedStyle(element);
    if (!element.checkVisibility({ visibilityProperty: true }) || !/hidden|clip/.test(style.overflowX)) continue;
    // What is there for the ear alone is cut on purpose.
    if (element.clientWidth < 2 || /inset/.test(style.clipPath) || element.scrollWidth <= element.clientWidth + 1) continue;
    // What people are called may be cut; a sentence of ours may not.
    if (element.closest('h1, .row')) continue;
    const own = [...element.childNodes].filter(node => node.nodeType === Node.TEXT_NODE).map(node => node.textContent).join('');
    if (/\[|\]/.test(own)) cut.add(`${element.tagName.toLowerCase()}.${element.className}: ${own.trim()}`);
  }
  return { loose: [...loose], cut: [...cut] };
}

export async function untranslated(where: Page | Frame, what: string): Promise<string[]> {
  const { loose, cut } = await where.evaluate(found, NAMES);
  return [...loose.map(text => `${what}: not in the catalogue: ${text}`), ...cut.map(text => `${what}: cut off: ${text}`)];
}
