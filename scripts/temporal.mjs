/** Makes sure that a Temporal CLI is there, by the same code that `runbook up` finds it with. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
// Named by a variable, so that the type check does not need a build first.
const finder = '../lib/cli/temporal/find-cli.js';

/** Finds the Temporal CLI, or gets it into the user's cache folder. */
export async function provideTemporalCli() {
  const { findTemporalCli } = require(finder);
  await findTemporalCli();
}
