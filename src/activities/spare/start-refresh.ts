/**
 * Starts the run that makes a new spare, on its own: the backup does not wait for it.
 *
 * Looks at: whether that run was started before. Changes: starts it.
 * Safe to repeat because: its workflow id comes from the backup's.
 * Fails with: nothing of its own; Temporal's errors are retried.
 */
import { Context } from '@temporalio/activity';
import type { Outcome } from '../frame/attempt';

export const startRefresh =
  () =>
  async ({ installation }: { readonly installation: string }): Promise<Outcome> => {
    const { client, info } = Context.current();
    const workflowId = `${info.workflowExecution?.workflowId ?? ''}-spare`;
    try {
      await client.workflow.start('refreshSpare', {
        workflowId,
        taskQueue: info.taskQueue,
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        args: [{ installation, unattended: true }],
      });
    } catch (error) {
      const isStarted =
        error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError';
      if (!isStarted) throw error;
    }
    return { note: `started as ${workflowId}` };
  };
