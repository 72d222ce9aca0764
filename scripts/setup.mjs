/**
 * Makes a fresh clone ready, stage by stage: dependencies, build, Temporal CLI. What is there
 * already is left alone, so that a second call takes a moment.
 *
 *   node scripts/setup.mjs [dependencies | build | temporal]
 *
 * Every stage up to the named one is made; without a name, all of them. This file and
 * dependencies.mjs use nothing but Node itself, because they run before anything is installed.
 */
import { readFileSync } from 'node:fs';
import { installDependencies } from './dependencies.mjs';

const stages = ['dependencies', 'build', 'temporal'];

function requireNode() {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const [major = 0, minor = 0] = manifest.engines.node.replace('>=', '').split('.').map(Number);
  const [nodeMajor = 0, nodeMinor = 0] = process.versions.node.split('.').map(Number);
  if (nodeMajor < major || (nodeMajor === major && nodeMinor < minor)) {
    throw new Error(
      `Node ${major}.${minor} or newer is needed; this is Node ${process.versions.node} ` +
        `(${process.execPath}). Install a newer one from https://nodejs.org and try again.`,
    );
  }
}

/** @param {string} last */
async function setUp(last) {
  const wanted = stages.indexOf(last);
  if (wanted === -1) {
    throw new Error(`There is no stage "${last}"; the stages are ${stages.join(', ')}.`);
  }
  requireNode();
  await installDependencies();
  if (wanted >= 1) {
    const { build } = await import('./build.mjs');
    await build();
  }
  if (wanted >= 2) {
    const { provideTemporalCli } = await import('./temporal.mjs');
    await provideTemporalCli();
  }
}

try {
  await setUp(process.argv[2] ?? 'temporal');
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
