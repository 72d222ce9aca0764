/**
 * Looks up who holds a claim, and asks an open backup to make way for a restore.
 *
 * Looks at: the claim's workflow and its parent. Changes: terminates a claim whose parent is
 * closed; requests cancellation of an open backup. Safe to repeat because: both are idempotent.
 * Fails with: nothing of its own; Temporal's errors are retried.
 */
import { Context } from '@temporalio/activity';
import { isClosed } from '../../contract/run-status';
import type { Outcome } from '../frame/attempt';
import { describe, isOurs } from '../frame/held-claim';

interface Holder {
  readonly workflowId: string;
  readonly runId: string;
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Error && error.name === 'WorkflowNotFoundError')) throw error;
}

/** The open run that holds the claim; undefined when it is free, or the asker's own. */
export async function openHolder(claim: string): Promise<Holder | undefined> {
  const description = await describe(claim);
  if (description === undefined || isClosed(description.status.name)) return undefined;
  const parent = description.raw.workflowExecutionInfo?.parentExecution;
  const workflowId = parent?.workflowId ?? '';
  // Its newest run: a reset closes the run that took the claim, and the run after it holds it.
  const holder = await describe(workflowId);
  const asker = Context.current().info.workflowExecution?.workflowId;
  if (holder && !isClosed(holder.status.name) && workflowId !== asker) {
    return { workflowId, runId: holder.runId };
  }
  // Left behind by a run that is closed, or by the asker itself before it was reset.
  // By run id: somebody may have taken a fresh claim meanwhile.
  await Context.current()
    .client.workflow.getHandle(claim, description.runId)
    .terminate('its run is closed')
    .catch(ignoreNotFound);
  return undefined;
}

export const findHolder =
  () =>
  async ({ claim }: { readonly claim: string }): Promise<Outcome & { holder?: string }> => {
    const holder = await openHolder(claim);
    return holder === undefined
      ? { note: `${claim} is free` }
      : { note: `${claim} is held`, holder: `${holder.workflowId} (run ${holder.runId})` };
  };

/** Whether the asking workflow holds the claim: a run that was closed and reset does not any more. */
export const checkClaim =
  () =>
  async ({ claim }: { readonly claim: string }): Promise<Outcome & { isHeld: boolean }> => {
    const isHeld = await isOurs(claim);
    return { note: isHeld ? 'held' : 'not held', isHeld };
  };

export const preemptBackup =
  () =>
  async ({ claim }: { readonly claim: string }): Promise<Outcome & { holder?: string }> => {
    const holder = await openHolder(claim);
    if (holder === undefined) return { note: 'no backup is open', notNeeded: true };
    const { workflowId, runId } = holder;
    await Context.current().client.workflow.getHandle(workflowId, runId).cancel();
    return {
      note: `asked the open backup ${workflowId} to end: a recovery does not wait for it`,
      holder: workflowId,
    };
  };
