/** Installs what package-lock.json names, unless exactly that is installed. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { timed } from './timed.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @typedef {Record<string, { version?: string, optional?: boolean }>} Packages */

/**
 * @param {string} file
 * @returns {Packages}
 */
function packagesIn(file) {
  return JSON.parse(readFileSync(`${root}/${file}`, 'utf8')).packages;
}

// npm keeps its own account of what it installed. It is compared with the lock file by content,
// because a checkout changes times without changing what is needed.
function isInstalled() {
  if (!existsSync(`${root}/node_modules/.package-lock.json`)) {
    return false;
  }
  const installed = packagesIn('node_modules/.package-lock.json');
  return Object.entries(packagesIn('package-lock.json')).every(
    ([path, { version, optional }]) =>
      path === '' || (installed[path] ? installed[path].version === version : optional === true),
  );
}

/** Runs `npm ci` when something is missing or of another version. */
export async function installDependencies() {
  if (isInstalled()) {
    return;
  }
  await timed('Installing dependencies', 'half a minute to two', () => {
    // Nothing here needs an install script, so none is trusted to run. The development
    // dependencies are wanted even where NODE_ENV says production.
    const args = ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund'];
    const npm = process.env.npm_execpath;
    const { status } = npm?.endsWith('npm-cli.js')
      ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: 'inherit' })
      : spawnSync('npm', args, {
          cwd: root,
          stdio: 'inherit',
          shell: process.platform === 'win32',
        });
    if (status !== 0) {
      throw new Error(
        'npm could not install the dependencies; its own message is above. ' +
          'Check that the npm registry can be reached and try again.',
      );
    }
  });
}
