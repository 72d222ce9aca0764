const { join } = require('node:path');

const project = {
  testEnvironment: 'node',
  // fast-check keeps its own globals on purpose.
  testEnvironmentOptions: { globalsCleanup: 'off' },
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }],
  },
  // The compiled copy of src must not be mistaken for a second set of modules.
  modulePathIgnorePatterns: ['<rootDir>/lib/', '<rootDir>/.runbook/'],
};

// One Temporal server serves all stories; it is started and ended here.
const stories = join(__dirname, 'test/stories');
const played = {
  ...project,
  globalSetup: join(stories, 'setup.ts'),
  globalTeardown: join(stories, 'teardown.ts'),
};
/** @param {string[]} names */
const storiesOf = (...names) => `/test/stories/(${names.join('|')})[.]test[.]ts$`;
/** Stories in which workers, connections, machines or servers break. */
const faults = storiesOf(
  ...['connections', 'crashes', 'crashes-at-mending', 'crashes-on-machine', 'frozen-workers'],
  ...['outages', 'server-restarts', 'versions'],
);
/** Stories of what goes on between two losses, so that a backup is there and can be restored. */
const upkeep = storiesOf(
  ...['backups', 'build-records-by-api', 'check', 'doctor', 'drill', 'object-storage', 'profiles'],
  ...['prune', 'real-profiles', 'real-quarantine', 'regions', 'schedules', 'sheet', 'spare'],
);

module.exports = {
  // Stories wait for servers more than they compute; three at a time keep two cores busy.
  maxWorkers: 3,
  testTimeout: 30_000,
  projects: [
    {
      ...project,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: [
        '/node_modules/',
        '<rootDir>/test/(lab|stories|zombies|postgres|nights)/',
      ],
    },
    {
      // Sandboxes and servers: slower than the rest, and not needed while the product is edited.
      ...project,
      displayName: 'lab',
      testMatch: ['<rootDir>/test/(lab|zombies)/**/*.test.ts'],
    },
    {
      ...played,
      displayName: 'stories',
      testMatch: ['<rootDir>/test/stories/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', faults, upkeep],
    },
    {
      // `npm run test:faults` and `npm run test:upkeep`, so that `npm test` stays short.
      ...played,
      displayName: 'faults',
      testRegex: [faults],
    },
    {
      ...played,
      displayName: 'upkeep',
      testRegex: [upkeep],
    },
  ],
};
