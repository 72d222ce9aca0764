/** Where the package's own files are, in a checkout as in an installed tarball. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

// src/cli and lib/cli are equally deep, so this holds for both.
const root = resolve(__dirname, '..', '..');

/** The path of a compiled file, such as `worker.js`; child processes are started by it. */
export function libFile(path: string): string {
  return join(root, 'lib', path);
}

/** The version in package.json. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest
      ? manifest.version
      : undefined;
  return typeof version === 'string' ? version : 'unknown';
}

/** The user's folder for things that can be fetched again; shared by all clones. */
export function cacheFolder(environment: NodeJS.ProcessEnv): string {
  const base = environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return join(base, 'circleci-server-runbook');
}

/** The user's folder for things that must last, such as the database of `runbook up`. */
export function stateFolder(environment: NodeJS.ProcessEnv): string {
  const base = environment['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state');
  return join(base, 'circleci-server-runbook');
}
