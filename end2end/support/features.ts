// Parts of Chromium that are off in these tests, and those that Playwright turns off and people have.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { LaunchOptions } from '@playwright/test';

/** The storage that a frame has of its own under each site around it. What somebody has not sent yet is kept there. */
const PARTITIONED = 'ThirdPartyStoragePartitioning';

/**
 * Chromium draws what drops down from its address bar by pages of its own, two to a window, and every profile is a
 * window. They cost more than a page of ours.
 */
const ADDRESS_BAR = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup'];

/** What Playwright passes as `--disable-features`, from its own source. */
function disabledByPlaywright(): string[] {
  const source = readFileSync(createRequire(import.meta.url).resolve('playwright-core/lib/coreBundle'), 'utf8');
  const list = source.match(/disabledFeatures = \[([^\]]*)\]/)?.[1]?.match(/^\s*"\w+"/gm)?.map(line => line.trim().slice(1, -1));
  if (!list?.includes(PARTITIONED)) throw new Error(`this Playwright does not list ${PARTITIONED} where it used to`);
  return list;
}

const flag = (features: string[]) => `--disable-features=${features.join(',')}`;

/** The same launch with these parts off. Chromium heeds the last such flag alone. */
function disabling(launch: LaunchOptions, features: string[]): LaunchOptions {
  const args = (launch.args ?? []).filter(arg => !arg.startsWith('--disable-features='));
  return { ...launch, ignoreDefaultArgs: [flag(disabledByPlaywright())], args: [...args, flag(features)] };
}

/** The same launch without what nobody sees. */
export const slim = (launch: LaunchOptions) => disabling(launch, [...disabledByPlaywright(), ...ADDRESS_BAR]);

/** The same launch as people have it, with partitioned storage. */
export const withStorage = (launch: LaunchOptions) =>
  disabling(launch, [...disabledByPlaywright().filter(name => name !== PARTITIONED), ...ADDRESS_BAR]);
