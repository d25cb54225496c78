import { defineConfig } from '@playwright/test';
import { slim } from './support/features.ts';
import type { Settings } from './support/test.ts';

const report = process.env.PLAYWRIGHT_JSON_OUTPUT_NAME;

export default defineConfig<Settings>({
  testDir: 'tests',
  // What was made fast is not weighed.
  testIgnore: [...(process.env.SCREENSHOTS ? [] : ['**/screenshots.spec.ts']), ...(process.env.DESKBELL_QUICK ? ['**/weight.spec.ts'] : [])],
  outputDir: 'test-results',
  forbidOnly: !!process.env.CI,
  // Every test has a desk, a site and browser profiles of its own, and every worker its own browser.
  fullyParallel: true,
  workers: 2,
  retries: 0,
  timeout: 240_000,
  globalTimeout: process.env.DESKBELL_LONG ? 0 : 45 * 60_000,
  // Where so much is wrong, the rest tells nothing more, and its waits would outlast who waits for the answer.
  maxFailures: process.env.DESKBELL_LONG ? 0 : 12,
  expect: { timeout: 30_000 },
  reporter: report ? [['list'], ['json', { outputFile: report }]] : [['list']],
  use: {
    actionTimeout: 30_000,
    navigationTimeout: 60_000,
    locale: 'en-GB',
    timezoneId: 'Europe/Copenhagen',
    trace: process.env.TRACE ? 'on' : 'off',
    screenshot: 'only-on-failure',
    launchOptions: slim({
      ...(process.env.CHROMIUM ? { executablePath: process.env.CHROMIUM } : {}),
      // A bell may ring on a page that nobody has touched yet, as where people have allowed it: otherwise the console
      // says now and then that it did not.
      args: ['--no-sandbox', '--disable-dev-shm-usage', '--autoplay-policy=no-user-gesture-required'],
    }),
  },
  // What touches the database in a way of its own runs on both; looks, keys and framing on one.
  projects: [
    { name: 'sqlite', use: { database: 'sqlite' } },
    { name: 'postgres', use: { database: 'postgres' }, grep: /@both/ },
  ],
});
