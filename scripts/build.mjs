/**
 * Compiles src to lib and bundles the workflows into lib/workflow-bundle.js. Each half is skipped
 * while what it is made from is unchanged.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { timed } from './timed.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);

/**
 * @param {string} folder
 * @returns {string[]} paths below the folder, sorted, with forward slashes
 */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.replaceAll('\\', '/'))
    .sort();
}

/** @param {string[]} files */
function fingerprint(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    hash.update(`${file}\0`).update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

/**
 * Makes the output unless it was made before of the same inputs.
 *
 * @param {string} output
 * @param {string[]} inputs
 * @param {() => void | Promise<void>} action
 */
async function make(output, inputs, action) {
  const stamp = `lib/.${basename(output)}.inputs`;
  const now = fingerprint(inputs);
  if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, 'utf8') === now) {
    return;
  }
  rmSync(stamp, { force: true });
  await action();
  writeFileSync(stamp, now);
}

function compile() {
  const tsc = require.resolve('typescript/bin/tsc');
  const args = [tsc, '-p', 'tsconfig.build.json'];
  if (spawnSync(process.execPath, args, { stdio: 'inherit' }).status !== 0) {
    throw new Error('src does not compile; the compiler says why above.');
  }
  // What was compiled from a file that is gone must not be packed or found by a name.
  for (const file of filesIn('lib')) {
    const source = file.replace(/^lib\//, 'src/').replace(/\.js$/, '.ts');
    if (file.endsWith('.js') && !existsSync(source) && file !== 'lib/workflow-bundle.js') {
      rmSync(file);
    }
  }
}

async function bundle() {
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({
    workflowsPath: `${root}/lib/workflows/index.js`,
    logger: new DefaultLogger('WARN'),
  });
  writeFileSync('lib/workflow-bundle.js', code);
}

/** Brings lib up to date with src. */
export async function build() {
  process.chdir(root);
  mkdirSync('lib', { recursive: true });
  const settings = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
  await make('lib/worker.js', [...filesIn('src'), ...settings], () =>
    timed('Compiling src', '10 seconds', compile),
  );
  const workflowCode = ['contract', 'machine', 'workflows'].flatMap((name) =>
    filesIn(`lib/${name}`),
  );
  await make('lib/workflow-bundle.js', [...workflowCode, 'package-lock.json'], () =>
    timed('Bundling the workflows', '5 seconds', bundle),
  );
}
