/** Whether a run holds its claim: asked by each activity before it does anything. */
import { Context } from '@temporalio/activity';
import { refuse } from '../../contract/failures';
import { isClosed } from '../../contract/run-status';

interface WorkflowDescription {
  readonly runId: string;
  readonly status: { readonly name: string };
  readonly raw: {
    readonly workflowExecutionInfo?: {
      readonly parentExecution?: {
        readonly workflowId?: string | null;
        readonly runId?: string | null;
      } | null;
    } | null;
  };
}

/** What Temporal says of a workflow; undefined where it knows none. */
export async function describe(workflowId: string): Promise<WorkflowDescription | undefined> {
  const handle = Context.current().client.workflow.getHandle(workflowId);
  try {
    return await handle.describe();
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return undefined;
    throw error;
  }
}

/** Whether the asking workflow holds the claim. */
export async function isOurs(claim: string): Promise<boolean> {
  const description = await describe(claim);
  const parent = description?.raw.workflowExecutionInfo?.parentExecution?.workflowId;
  const asker = Context.current().info.workflowExecution?.workflowId;
  return description !== undefined && !isClosed(description.status.name) && parent === asker;
}

/**
 * Before a step does anything: a run that was closed and reset goes on where it was, and another one
 * may hold the claim by then. It costs one question to Temporal, and no event of the history.
 */
export async function refuseUnlessHeld(claim: string): Promise<void> {
  if (await isOurs(claim)) return;
  throw refuse(
    'ClaimLost',
    `This run does not hold ${claim} any more, so the step did nothing. A run that was closed and reset ` +
      'takes its claim again, unless another run holds it.',
  );
}
