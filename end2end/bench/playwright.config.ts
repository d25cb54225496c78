import tests from '../playwright.config.ts';

// One site for the measuring: a frame of another site would be another process, with a network of its own that the
// throttling does not reach.
const args = [...(tests.use?.launchOptions?.args ?? []), '--disable-site-isolation-trials', '--disable-features=IsolateOrigins,site-per-process'];

// Where it only has to run, two at a time; what is measured has the machine for itself.
const smoke = !!process.env.DESKBELL_SMOKE;

export default {
  ...tests,
  fullyParallel: smoke,
  workers: smoke ? 2 : 1,
  testDir: '.',
  testIgnore: [],
  outputDir: '../test-results',
  reporter: [['line']],
  use: { ...tests.use, trace: 'off', launchOptions: { ...tests.use?.launchOptions, args } },
  projects: [{ name: 'sqlite', use: { database: 'sqlite' } }],
};
