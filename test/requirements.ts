import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join, relative } from 'node:path';

function isThere(thing: string): boolean {
  // Daemons such as sshd live where only root's PATH leads.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  const candidates = isAbsolute(thing) ? [thing] : folders.map((folder) => join(folder, thing));
  return candidates.some((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Tells whether the machine has every named command (or absolute path); if not, says which tests
 * are skipped for lack of what. Throws instead where REQUIRE_ALL=1 makes a skip a failure.
 *
 *     const describeReal = needs('bwrap', 'sshd') ? describe : describe.skip;
 */
export function needs(...things: readonly string[]): boolean {
  const missing = things.filter((thing) => !isThere(thing));
  if (missing.length === 0) {
    return true;
  }
  const { testPath } = expect.getState();
  const tests = testPath === undefined ? 'tests' : relative(join(__dirname, '..'), testPath);
  const verb = missing.length === 1 ? 'is' : 'are';
  const line = `skipped: ${tests}, because ${missing.join(' and ')} ${verb} missing`;
  if (process.env.REQUIRE_ALL === '1') {
    throw new Error(`${line} (REQUIRE_ALL=1 makes this a failure)`);
  }
  process.stderr.write(`${line}\n`);
  return false;
}
