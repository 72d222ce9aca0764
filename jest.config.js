const { existsSync } = require('node:fs');
const { join } = require('node:path');

const project = {
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }],
  },
  // The compiled copy of src must not be mistaken for a second set of modules.
  modulePathIgnorePatterns: ['<rootDir>/lib/', '<rootDir>/.runbook/'],
};

// One Temporal server serves all stories; it is started here and ended by what this returns.
const storiesSetup = join(__dirname, 'test/stories/setup.ts');

module.exports = {
  // Stories wait for servers more than they compute; two at a time keep two cores busy.
  maxWorkers: 2,
  testTimeout: 30_000,
  projects: [
    {
      ...project,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/stories/'],
    },
    {
      ...project,
      displayName: 'stories',
      testMatch: ['<rootDir>/test/stories/**/*.test.ts'],
      ...(existsSync(storiesSetup) && { globalSetup: storiesSetup }),
    },
  ],
};
