/**
 * Looks up who holds a claim, and asks an open backup to make way for a restore.
 *
 * Looks at: the claim's workflow and its parent. Changes: terminates a claim whose parent is
 * closed; requests cancellation of an open backup. Safe to repeat because: both are idempotent.
 * Fails with: nothing of its own; Temporal's errors are retried.
 */
import { Context } from '@temporalio/activity';
import type { Outcome } from '../frame/attempt';
import { isOurs } from '../frame/held-claim';
import { openHolder } from '../frame/open-holder';

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
