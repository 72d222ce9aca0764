/** What the demo runs on: Temporal, the lab and a worker, as children that it ends again. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startChild, type Child } from '../children';
import { CliError } from '../exit-status';
import { startLab } from '../lab-process';
import { libFile } from '../package';
import { connectTo, workerPolls, type Temporal } from '../temporal/connect';
import { startTemporal } from '../temporal/dev-server';
import { findTemporalCli } from '../temporal/find-cli';
import { openLabControl, type LabControl } from './lab-control';
import type { Narrator } from './narrator';

/** The demo's task queue; it has a Temporal server of its own. */
export const demoQueue = 'runbook';

/** Everything that runs while the demo does. */
export interface Stage {
  readonly temporal: Temporal;
  readonly uiUrl: string;
  readonly lab: LabControl;
  readonly folder: string;
  /** What another terminal must export to talk to this stage. */
  readonly exports: Readonly<Record<string, string>>;
}

/** Simulated seconds in one real second: AWS's minutes become seconds. */
const labSpeed = '120';
const workerWithinMs = 60_000;

/** Things to undo, newest first, each once, whatever happens to the others. */
export class Cleanup {
  readonly #steps: (() => Promise<void> | void)[] = [];

  constructor(readonly interrupted: AbortSignal) {}

  /** Takes a step. Throws after an interruption, so that nothing more is started then. */
  add(step: () => Promise<void> | void): void {
    this.#steps.push(step);
    this.interrupted.throwIfAborted();
  }

  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step();
      } catch {
        // The next thing must be ended all the same.
      }
    }
  }
}

/**
 * Sets the stage. Whatever was started is on the cleanup's list before it is waited for; the
 * connection is the caller's to close, after its last call and before the server ends.
 */
export async function setStage(tell: Narrator, cleanup: Cleanup): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-demo-'));
  cleanup.add(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const cliPath = await findTemporalCli({
    say: (text) => {
      tell.line(text);
    },
  });
  const server = await startTemporal({
    cliPath,
    dbFile: join(folder, 'temporal.db'),
    logFile: join(folder, 'temporal.log'),
  });
  cleanup.add(() => server.stop());
  tell.line(`Temporal server  ${server.address}, UI ${server.uiUrl}`);

  const lab = await startLab({ dir: join(folder, 'lab'), speed: labSpeed });
  cleanup.add(() => lab.child.stop());
  tell.line(`Lab              a simulated AWS region; 1 second is ${labSpeed} seconds there`);

  const exports = { TEMPORAL_ADDRESS: server.address, ...lab.env };
  const worker = startWorker({ ...localOnly(folder), ...exports, RUNBOOK_TASK_QUEUE: demoQueue });
  cleanup.add(() => worker.stop(10));
  const temporal = await connectTo(server.address);
  try {
    await whenPolling(temporal, worker, cleanup.interrupted);
  } catch (error) {
    await temporal.connection.close();
    throw error;
  }
  tell.line('Worker           the one of production; only its configuration names the lab');
  return { temporal, uiUrl: server.uiUrl, lab: openLabControl(lab.controlUrl), folder, exports };
}

/** Takes the user's own Temporal and AWS out of the environment: nothing here may reach them. */
function localOnly(folder: string): Record<string, string | undefined> {
  const foreign = Object.keys(process.env).filter((name) => /^(TEMPORAL|AWS)_/.test(name));
  return {
    ...Object.fromEntries(foreign.map((name) => [name, undefined])),
    TEMPORAL_CONFIG_FILE: join(folder, 'no-temporal.toml'),
    AWS_CONFIG_FILE: join(folder, 'no-aws-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'no-aws-credentials'),
  };
}

function startWorker(env: Readonly<Record<string, string | undefined>>): Child {
  const file = libFile('worker.js');
  if (!existsSync(file)) {
    throw new CliError('Failed', `${file} is missing. In a checkout, make it with: npm run build`);
  }
  return startChild({ name: 'worker', command: process.execPath, args: [file], env });
}

async function whenPolling(
  temporal: Temporal,
  worker: Child,
  interrupted: AbortSignal,
): Promise<void> {
  const until = Date.now() + workerWithinMs;
  while (!(await workerPolls(temporal, demoQueue))) {
    interrupted.throwIfAborted();
    if (worker.exit !== undefined) {
      throw new CliError('Failed', `The worker did not start (${worker.exit}):\n${worker.tail()}`);
    }
    if (Date.now() > until) {
      throw new CliError('Failed', `The worker does not poll:\n${worker.tail()}`);
    }
    await sleep(200);
  }
}
