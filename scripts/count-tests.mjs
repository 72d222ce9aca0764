/**
 * Adds up what jest wrote with `--json --outputFile` and prints one closing line.
 *
 *   node scripts/count-tests.mjs RESULTS.json …
 *
 * Exits 1 when a test or a whole file failed, when nothing ran, or when REQUIRE_ALL=1 and a test was
 * skipped.
 */
import { readFileSync } from 'node:fs';

/**
 * @param {string} file
 * @returns {Record<string, unknown>}
 */
function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    console.log(`${file} holds no results of jest: it did not come to its end.`);
    return { success: false };
  }
}

const runs = process.argv.slice(2).map(read);

/** @param {string} field */
const sum = (field) => runs.reduce((total, run) => total + Number(run[field] ?? 0), 0);

const passed = sum('numPassedTests');
// A file that cannot even be loaded holds an unknown number of tests; it counts as one.
const failed = sum('numFailedTests') + sum('numRuntimeErrorTestSuites');
const skipped = sum('numPendingTests') + sum('numTodoTests');

const required = process.env.REQUIRE_ALL === '1';
if (required && skipped > 0) {
  console.log('REQUIRE_ALL=1: a skipped test is a failure.');
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);

const good = failed === 0 && passed > 0 && runs.every((run) => run.success === true);
process.exit(good && !(required && skipped > 0) ? 0 : 1);
