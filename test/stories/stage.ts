/**
 * Where a story plays: the production worker as a process of its own, a lab, and the Temporal
 * server that all stories share. Stories judge the lab's world, never the workflow's own word.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import type { Answer, JournalEntry, OpenGate } from '../../src/contract/journal';
import type { Report, Standing } from '../../src/contract/reports';
import { startChild, type Child } from '../../src/cli/children';
import type { Lab, LabOptions } from '../../src/lab/compose';
import { labEnvironment } from '../../src/lab/config-file';
import { startLab } from '../../src/lab/lab';
import { policiesAnywhere, workersKey } from '../deploy/policies';

/** A story's stage. */
export interface Stage {
  readonly lab: Lab;
  readonly dir: string;
  readonly client: Client;
  readonly taskQueue: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What the workers have printed. */
  workerLog(): string;
  /** Every worker that was started, the newest last. */
  workers(): readonly Child[];
  startWorker(): Promise<Child>;
  /** Ends the worker without a word, as a crash does. */
  killWorker(): Promise<void>;
  /** Asks the worker to end, as a deployment does. */
  stopWorker(): Promise<void>;
  start(type: string, request: unknown, workflowId?: string): Promise<Run>;
  close(): Promise<void>;
}

/** A run on the stage. */
export interface Run {
  readonly handle: WorkflowHandle;
  standing(): Promise<Standing>;
  /** Waits until a gate whose title holds the text is open. */
  gate(title: string): Promise<OpenGate>;
  /** Answers the open gate by signal, as the UI does. */
  answer(answer: Answer, gate: OpenGate, note?: string): Promise<void>;
  /** Approves what is asked, and changes the DNS record when asked, until this gate is open. */
  approveUntil(title: string): Promise<OpenGate>;
  /** The same to the end of the run; fails when a step asks what to do about a failure. */
  finish(): Promise<Report>;
  report(): Promise<Report>;
}

/** Sets a stage up: a lab of its own and a worker on a task queue of its own. */
export async function setStage(
  {
    taskQueue = `story-${randomBytes(6).toString('hex')}`,
    moreEnvironment = () => ({}),
    underPolicies = false,
    ...options
  }: Partial<LabOptions> & {
    readonly taskQueue?: string;
    /** Whether the worker may do what deploy/iam lets it, and no more. */
    readonly underPolicies?: boolean;
    /** Variables of the worker besides the lab's; the stage's folder is there already. */
    readonly moreEnvironment?: (dir: string) => Readonly<Record<string, string>>;
  } = {},
  address = process.env['STORIES_TEMPORAL'] ?? 'localhost:7233',
): Promise<Stage> {
  const dir = mkdtempSync(join(tmpdir(), 'runbook-story-'));
  const lab = await startLab({ dir, speed: 300, ...options });
  if (underPolicies) lab.faults.grant(workersKey, policiesAnywhere());
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const environment = {
    ...labEnvironment(dir, lab.ec2Url),
    TEMPORAL_ADDRESS: address,
    RUNBOOK_TASK_QUEUE: taskQueue,
    // Each stage would leave a deployment behind, of which the server keeps a hundred.
    RUNBOOK_VERSIONS: 'off',
    ...moreEnvironment(dir),
  };
  const workers: Child[] = [];
  const stage: Stage = {
    lab,
    dir,
    client,
    taskQueue,
    environment,
    workerLog: () => workers.map((worker) => worker.tail()).join('\n'),
    workers: () => workers,
    async startWorker() {
      const worker = startChild({
        name: 'worker',
        command: process.execPath,
        args: [join(__dirname, '../../lib/worker.js')],
        env: environment,
      });
      workers.push(worker);
      await eventually('the worker is ready', 30, () => {
        if (worker.exit !== undefined) throw new Error(worker.tail());
        return worker.tail().includes('worker ready') ? true : undefined;
      });
      return worker;
    },
    async killWorker() {
      const worker = workers.at(-1);
      if (worker === undefined || worker.exit !== undefined) return;
      process.kill(worker.pid, 'SIGKILL');
      await worker.ended;
    },
    async stopWorker() {
      await workers.at(-1)?.stop(40);
    },
    async start(type, request, workflowId = `${type}-${randomBytes(4).toString('hex')}`) {
      const handle = await client.workflow.start(type, { taskQueue, workflowId, args: [request] });
      return runOf(handle, lab);
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.stop(2)));
      await lab.stop();
      await connection.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  try {
    await stage.startWorker();
    return stage;
  } catch (error) {
    await stage.close();
    throw error;
  }
}

/** A wait that is of no use any more: the run has ended, or waits for a person's help. */
class Ended extends Error {
  constructor({ status, gate, report }: Standing) {
    super(`${status}: ${report?.summary ?? ''}${gate ? `${gate.title}: ${gate.details}` : ''}`);
  }
}

function isOpen({ status }: Standing): boolean {
  return status === 'running' || status === 'waiting';
}

/** What the operator does at a gate. */
async function approve(lab: Lab, run: Run, { gate, instanceId }: Standing): Promise<void> {
  if (!gate?.answers.includes('approve')) return;
  if (gate.title === 'Change the DNS record') {
    const id = instanceId ?? '';
    const address = lab.regions.of(id)?.machines.get(id)?.publicAddress;
    await control(lab, '/dns', { name: 'circleci.example.com', address });
  }
  await run.answer('approve', gate);
}

/** Does something behind AWS's back; see the lab's control API. */
export async function control(lab: Lab, path: string, body: object = {}): Promise<unknown> {
  const response = await fetch(lab.controlUrl + path, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  return response.json().catch(() => undefined);
}

/**
 * Polls until the probe gives something; fails with the name of what was waited for. A question to
 * Temporal costs server and worker some milliseconds each: asked too often it slows all stories.
 */
export async function eventually<T>(
  what: string,
  seconds: number,
  probe: () => T | undefined | Promise<T | undefined>,
  everyMs = 50,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  let last: unknown;
  for (;;) {
    try {
      const found = await probe();
      if (found !== undefined) return found;
    } catch (error) {
      if (error instanceof Ended) throw error;
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(
        `not within ${String(seconds)} s: ${what}${last instanceof Error ? ` (${last.message})` : ''}`,
      );
    }
    await sleep(everyMs);
  }
}

/** The same where each probe is a query. */
function asking<T>(what: string, seconds: number, probe: () => Promise<T | undefined>): Promise<T> {
  return eventually(what, seconds, probe, 200);
}

/** The run behind a handle. */
function runOf(handle: WorkflowHandle, lab: Lab): Run {
  const standing = (): Promise<Standing> => handle.query('standing');
  const run: Run = {
    handle,
    standing,
    gate: (title) =>
      asking(`gate "${title}"`, 60, async () => {
        const now = await standing();
        if (now.gate?.title.includes(title)) return now.gate;
        if (!isOpen(now)) throw new Ended(now);
        return undefined;
      }),
    async answer(answer, gate, note) {
      await handle.signal(answer, { by: 'ana', gate: gate.id, ...(note ? { note } : {}) });
    },
    approveUntil: (title) =>
      asking(`gate "${title}"`, 90, async () => {
        const now = await standing();
        if (now.gate?.title.includes(title)) return now.gate;
        if (!isOpen(now)) throw new Ended(now);
        await approve(lab, run, now);
        return undefined;
      }),
    finish: () =>
      asking('the end of the run', 120, async () => {
        const now = await standing();
        if (now.gate?.answers.includes('retry')) throw new Ended(now);
        await approve(lab, run, now);
        return isOpen(now) ? undefined : run.report();
      }),
    report: async () => (await handle.result()) as Report,
  };
  return run;
}

/** The lines of the runbook itself, as its page in docs/runbook has headings. */
export function linesOf(journal: readonly JournalEntry[]): string[] {
  const lines = journal.filter(
    ({ kind, state }) => (kind === 'step' || kind === 'approval') && state !== 'failed',
  );
  // A step that was done anew after a failure has one heading all the same.
  return [...new Set(lines.map(({ title }) => title))];
}

/** The journal as a reader sees it: title and state. */
export function storyOf(journal: readonly JournalEntry[]): string[] {
  return journal.map(({ title, state }) => `${title} — ${state}`);
}
