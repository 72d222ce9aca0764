/** The demo's plot: a backup, a lost machine, a restore with a fault, and what is left of it. */
import type { WorkflowHandle } from '@temporalio/client';
import type { OpenGate } from '../../contract/journal';
import type { Standing } from '../../contract/reports';
import type { ExitStatus } from '../exit-status';
import { CliError, exitStatus } from '../exit-status';
import { follow } from '../follow';
import type { Output } from '../output';
import { requestBackup, requestRestore, runId, type RunRequest } from '../request';
import { readStanding, startRun } from '../runs';
import type { LabMachine } from './lab-control';
import type { Narrator } from './narrator';
import { goingOn, openOperator, type Reply } from './operator';
import { demoQueue, type Stage } from './stage';

const installation = 'prod';
/** The unit that does not come up at first, so that a step fails and a person says `retry`. */
const brokenUnit = { unitFails: 'replicated' };
const mended = { unitFails: false };

/** What the story is told with. */
export interface Telling {
  readonly stage: Stage;
  readonly tell: Narrator;
  readonly out: Output;
  readonly interactive: boolean;
  /** Ends the story where it stands. */
  readonly signal: AbortSignal;
}

/** Tells the story; returns the restore's handle and how it ended. */
export async function tellStory(
  telling: Telling,
): Promise<{ readonly restored: WorkflowHandle; readonly status: ExitStatus }> {
  const { stage, tell } = telling;
  const [source] = await stage.lab.machines();
  if (!source) throw new CliError('Failed', 'The lab has no Services machine.');

  tell.chapter('A backup');
  tell.explain(
    `${installation} runs on ${source.instanceId} (${source.privateAddress}). The backup makes an ` +
      'image of it, and keeps as tags on the image all that a restore must know.',
  );
  tell.show(`runbook backup ${installation}`);
  const backup = await perform(telling, requestBackup(installation, {}), (gate) =>
    Promise.resolve({ verb: goingOn(gate), note: 'seen' }),
  );
  if (backup.status !== exitStatus.done) {
    throw new CliError('Failed', 'The backup did not succeed; the lines above say why.');
  }

  tell.chapter('The disaster');
  await stage.lab.lose(source.instanceId);
  tell.explain(`${source.instanceId} is terminated. Its builds hang; nobody can log in.`);

  tell.chapter('The restore');
  const builds = source.builds.filter(({ status }) => status === 'running').map(({ url }) => url);
  const request = requestRestore(installation, { build: builds });
  tell.explain(
    'The runbook plans, asks before it launches, and does the six instructions of the document ' +
      '"Restoring From Backup". This time one of them will fail.',
  );
  tell.show(`runbook restore ${installation} ${builds.map((url) => `--build ${url}`).join(' ')}`);
  const { handle, status } = await perform(telling, request, helper(telling, source));
  return { restored: handle, status };
}

type Prepare = (gate: OpenGate, standing: Standing) => Promise<Reply>;

async function perform(
  { stage, tell, out, interactive, signal }: Telling,
  request: RunRequest,
  prepare: Prepare,
): Promise<{ readonly handle: WorkflowHandle; readonly status: ExitStatus }> {
  const { temporal } = stage;
  const workflowId = runId(request, new Date());
  const handle = await startRun(temporal, request, { workflowId, taskQueue: demoQueue });
  tell.line(`${out.paint.bold(workflowId)} runs`);
  const answer = openOperator({ temporal, tell, interactive, prepare }, handle);
  // The demo has one result, its last lines: the report in full is a chapter of its own.
  const quiet: Output = { ...out, result: () => undefined };
  const status = await follow(temporal, handle, {
    out: quiet,
    throughGates: true,
    everyMs: 250,
    onStanding: answer,
    signal,
  });
  return { handle, status };
}

/** Does in the lab what a gate of the restore asks a person to do in the world. */
function helper({ stage, tell }: Telling, source: LabMachine): Prepare {
  let unit: 'whole' | 'broken' | 'mended' = 'whole';
  return async (gate, { instanceId }) => {
    const onward = { verb: goingOn(gate), note: 'seen' };
    if (gate.answers.includes('retry')) return await mend(gate, instanceId);
    if (instanceId === undefined) return { ...onward, note: 'the plan is right' };
    if (unit === 'whole') {
      unit = 'broken';
      await stage.lab.set(instanceId, brokenUnit);
    }
    const clone = (await stage.lab.machines()).find((one) => one.instanceId === instanceId);
    if (!gate.id.startsWith('dns-') || !clone || source.hostname === undefined) return onward;
    const address = clone.publicAddress ?? clone.privateAddress;
    await stage.lab.pointName(source.hostname, address);
    tell.line(`Ana changes the DNS record: ${source.hostname} → ${address}`);
    return { ...onward, note: 'record changed' };
  };

  async function mend({ title }: OpenGate, instanceId: string | undefined): Promise<Reply> {
    const planned = unit === 'broken' && /restart replicated/i.test(title);
    if (!planned || instanceId === undefined) return { verb: 'retry', note: 'once more' };
    unit = 'mended';
    tell.explain('Ana logs in, finds the full disk that keeps the unit down, and makes room.');
    await stage.lab.set(instanceId, mended);
    return { verb: 'retry', note: 'made room on the disk', mended: true };
  }
}

/** Tells what the restore left behind: the standing of its end. */
export async function readEnd(stage: Stage, restored: WorkflowHandle): Promise<Standing> {
  const standing = await readStanding(stage.temporal, restored);
  if (standing) return standing;
  throw new CliError('Failed', 'The worker no longer answers.');
}
