/**
 * `npm run test:postgres`: a real PostgreSQL and a real Temporal server, killed and started again.
 * Apart from `npm test`, because the first time it builds the server, which takes minutes.
 */
const { projects } = require('../../jest.config.js');

module.exports = {
  ...projects[0],
  rootDir: '../..',
  displayName: 'postgres',
  testMatch: ['<rootDir>/test/postgres/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 180_000,
};
