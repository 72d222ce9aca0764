/**
 * At a release: moves the recordings of test/histories/next into the folder of the version that
 * package.json names, with a manifest of their SHA-256, and leaves them alone from then on.
 *
 *   node scripts/freeze-histories.mjs [folder]
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const shelf = process.argv[2] ?? fileURLToPath(new URL('../test/histories', import.meta.url));
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const next = join(shelf, 'next');
const frozen = join(shelf, version);

/** @param {string} file */
const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

const files = existsSync(next) ? readdirSync(next).filter((name) => name.endsWith('.json')) : [];
if (existsSync(frozen)) {
  console.error(`${frozen} is frozen already: give package.json the version of this release.`);
  process.exitCode = 1;
} else if (files.length === 0) {
  console.error(`${next} has no recordings: nothing has changed since the last release.`);
  process.exitCode = 1;
} else {
  const manifest = Object.fromEntries(files.sort().map((file) => [file, sha256(join(next, file))]));
  renameSync(next, frozen);
  writeFileSync(join(frozen, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  console.log(`${String(files.length)} recordings are frozen as ${frozen}`);
}
