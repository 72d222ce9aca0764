/**
 * One mutating run for an installation: a child workflow with a fixed id is the claim. It ends
 * with its parent (also when that is terminated) and is released explicitly at the parent's end.
 */
import {
  condition,
  defineSignal,
  CancellationScope,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { refuse, type FailureType } from '../../contract/failures';
import type { Settings } from '../../contract/plan';
import { checkClaim, findHolder } from './acts';
import { untilSeen } from './fact-gates';
import type { Run } from './runbook';
import { perform } from './perform';

const release = defineSignal<[string]>('release');

/** The workflow that is the claim: it waits until it is released. */
export async function claim(): Promise<void> {
  let released = false;
  const { parent } = workflowInfo();
  setHandler(release, (by) => {
    // A run that was closed and reset must not release the claim of the run after it.
    released ||= by === parent?.workflowId;
  });
  await condition(() => released);
}

/** What a runbook claims, and how it is told that somebody else holds it. */
export interface Claim {
  readonly id: string;
  readonly heldBy: FailureType;
}

/** What is told by whom a claim is held. */
const heldBy = {
  restore: 'RestoreOpen',
  backup: 'BackupOpen',
  spare: 'SpareOpen',
  drill: 'DrillOpen',
} as const satisfies Readonly<Record<string, FailureType>>;

/**
 * The claim on restoring or backing up an installation. The task queue is part of its id: names of
 * installations mean something only to the workers that share a configuration. The queue is read
 * with the settings, because what a workflow itself is told of it does not replay.
 */
export function claimOn(
  runbook: keyof typeof heldBy,
  { taskQueue }: Settings,
  installation: string,
): Claim {
  return {
    id: `${runbook}-claim/${taskQueue}/${installation}`,
    heldBy: heldBy[runbook],
  };
}

/** Holds the claim while the work runs; refuses when another open run holds it. */
export async function whileClaimed<T>(run: Run, wanted: Claim, work: () => Promise<T>): Promise<T> {
  await take(run, wanted);
  run.worksUnder({ id: wanted.id, retake: () => take(run, wanted) });
  try {
    return await work();
  } finally {
    run.worksUnder(undefined);
    await CancellationScope.nonCancellable(() =>
      // By its id: after a reset the claim is still the child of the run before. A claim that
      // cannot be told ends with this run.
      getExternalWorkflowHandle(wanted.id)
        .signal(release, workflowInfo().workflowId)
        .catch(() => undefined),
    );
  }
}

/** Before the one step that must not happen twice: a run that was reset may have lost its claim. */
export async function keepClaim(run: Run, wanted: Claim): Promise<void> {
  const { isHeld } = await untilSeen(run, 'Do we still hold the claim?', () =>
    perform(checkClaim, { claim: wanted.id }, run.how('Still ours?')),
  );
  if (!isHeld) await take(run, wanted);
}

/** Refuses when another open run holds the claim; takes nothing. */
export async function refuseWhileClaimed(run: Run, wanted: Claim): Promise<void> {
  const holder = await holderOf(run, wanted);
  if (holder !== undefined) throw isHeld(wanted, holder);
}

async function holderOf(run: Run, { id: claim }: Claim): Promise<string | undefined> {
  const how = run.how('Who holds it?');
  const asking = `Who holds the claim ${claim}?`.slice(0, 100);
  return (await untilSeen(run, asking, () => perform(findHolder, { claim }, how))).holder;
}

function isHeld(wanted: Claim, holder: string): ReturnType<typeof refuse> {
  return refuse(
    wanted.heldBy,
    `${wanted.id} is held by the open run ${holder}. Wait for its end, or end it first.`,
    { holder },
  );
}

async function take(run: Run, wanted: Claim): Promise<void> {
  for (let tries = 0; tries < 5; tries += 1) {
    try {
      // Not cancellable: a cancelled run keeps its claim until it has closed in order.
      await CancellationScope.nonCancellable(() =>
        startChild(claim, {
          workflowId: wanted.id,
          parentClosePolicy: ParentClosePolicy.TERMINATE,
          staticSummary: 'Claim of this installation',
        }),
      );
      // The claims of an installation follow one another: so do the epochs of the runs that took them.
      run.renewEpoch();
      return;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      await refuseWhileClaimed(run, wanted);
    }
  }
  throw refuse(
    wanted.heldBy,
    `${wanted.id} could not be claimed: it changed hands meanwhile. Start again.`,
  );
}
