/** The lab as a child process, started by its path. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from './children';
import { startChild } from './children';
import { CliError } from './exit-status';
import { libFile } from './package';

/** A lab that answers. */
export interface LabProcess {
  readonly child: Child;
  readonly controlUrl: string;
  /** What a worker needs in its environment to see the lab as AWS. */
  readonly env: Readonly<Record<string, string>>;
}

/** How the lab is to be; its own defaults stand for what is not given. */
export interface LabSettings {
  readonly dir: string;
  readonly speed?: string;
  readonly shell?: string;
  readonly profile?: string;
}

const readyWithinMs = 60_000;

/** Starts the lab and waits until it says that it is ready. */
export async function startLab(settings: LabSettings): Promise<LabProcess> {
  const file = libFile('lab/main.js');
  if (!existsSync(file)) {
    throw new CliError('Failed', `${file} is missing. In a checkout, make it with: npm run build`);
  }
  const args = Object.entries(settings).flatMap(([name, value]: [string, string | undefined]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
  const child = startChild({ name: 'lab', command: process.execPath, args: [file, ...args] });
  try {
    await whenReady(child);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return {
    child,
    controlUrl: readControlUrl(join(settings.dir, 'lab.json')),
    env: readEnvironment(join(settings.dir, 'env')),
  };
}

/** The lab prints one line of JSON when its servers listen. */
async function whenReady(child: Child): Promise<void> {
  let heard = '';
  const lab = { ready: false };
  child.onOutput((text) => {
    heard += text;
    lab.ready ||= heard
      .split('\n')
      .some((line, index, all) => index < all.length - 1 && isJson(line));
  });
  const until = Date.now() + readyWithinMs;
  while (!lab.ready) {
    if (child.exit !== undefined) {
      throw new CliError('Failed', `The lab did not start (${child.exit}):\n${child.tail()}`);
    }
    if (Date.now() > until) {
      throw new CliError('Failed', `The lab was not ready within a minute:\n${child.tail()}`);
    }
    await sleep(50);
  }
}

function isJson(line: string): boolean {
  try {
    return line.startsWith('{') && JSON.parse(line) !== null;
  } catch {
    return false;
  }
}

function readControlUrl(file: string): string {
  const place: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof place === 'object' && place !== null && 'controlUrl' in place) {
    if (typeof place.controlUrl === 'string') return place.controlUrl;
  }
  throw new CliError('Failed', `${file} does not say where the lab listens`);
}

/** Lines of NAME=value. */
function readEnvironment(file: string): Record<string, string> {
  const lines = readFileSync(file, 'utf8').split('\n');
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
}
