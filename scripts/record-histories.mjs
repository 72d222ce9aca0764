/**
 * Records runs into test/histories/next, as the stories play them: by real workers, on a real
 * Temporal server. CONTRIBUTING.md says when.
 *
 *   npm run record -- [story …]
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const names = process.argv.slice(2);
const which = names.length > 0 ? ['--testPathPatterns', `stories/(${names.join('|')})[.]test`] : [];
const projects = ['--selectProjects', 'stories', 'faults', 'upkeep'];
const { status } = spawnSync(process.execPath, [jest, ...projects, ...which], {
  stdio: 'inherit',
  env: { ...process.env, RECORD_HISTORIES: '1' },
});
process.exitCode = status ?? 1;
