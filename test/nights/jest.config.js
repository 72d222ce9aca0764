/** `npm run test:nights`: ten thousand nights. Apart from `npm test`, because they take minutes. */
const { join } = require('node:path');
const { projects } = require('../../jest.config.js');

const [unit, , stories] = projects;
const rootDir = join(__dirname, '../..');
const nights = '<rootDir>/test/nights';

module.exports = {
  rootDir,
  projects: [
    {
      ...unit,
      rootDir,
      displayName: 'nights',
      testMatch: [`${nights}/nights.test.ts`],
      testPathIgnorePatterns: ['/node_modules/'],
    },
    {
      ...stories,
      rootDir,
      displayName: 'schedule',
      testMatch: [`${nights}/schedule.test.ts`],
    },
  ],
};
