import tests from '../playwright.config.ts';

// One site for the measuring: a frame of another site would be another process, with a network of its own that the
// throttling does not reach.
const args = [...(tests.use?.launchOptions?.args ?? []), '--disable-site-isolation-trials', '--disable-features=IsolateOrigins,site-per-process'];

export default {
  ...tests,
  testDir: '.',
  testIgnore: [],
  outputDir: '../test-results',
  reporter: [['line']],
  use: { ...tests.use, trace: 'off', launchOptions: { ...tests.use?.launchOptions, args } },
  projects: [{ name: 'sqlite', use: { database: 'sqlite' } }],
};
