// A browser as people have it: Playwright turns off the storage that a frame has of its own under each site around
// it, and what somebody has not sent yet is kept there.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { LaunchOptions } from '@playwright/test';

const PARTITIONED = 'ThirdPartyStoragePartitioning';

/** What Playwright passes as `--disable-features`, from its own source. */
function disabledByPlaywright(): string[] {
  const source = readFileSync(createRequire(import.meta.url).resolve('playwright-core/lib/coreBundle'), 'utf8');
  const list = source.match(/disabledFeatures = \[([^\]]*)\]/)?.[1]?.match(/^\s*"\w+"/gm)?.map(line => line.trim().slice(1, -1));
  if (!list?.includes(PARTITIONED)) throw new Error(`this Playwright does not list ${PARTITIONED} where it used to`);
  return list;
}

/** The same launch with partitioned storage. */
export function withStorage(launch: LaunchOptions): LaunchOptions {
  const off = disabledByPlaywright();
  const flag = (features: string[]) => `--disable-features=${features.join(',')}`;
  return { ...launch, ignoreDefaultArgs: [flag(off)], args: [...(launch.args ?? []), flag(off.filter(name => name !== PARTITIONED))] };
}
