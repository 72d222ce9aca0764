/** The open run that holds a claim: who may make a change, and whom others wait for. */
import { Context } from '@temporalio/activity';
import { isClosed } from '../../contract/run-status';
import { describe } from './held-claim';

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
