/** Starting, reading and answering runs, by names and shapes of the contract only. */
import { hostname } from 'node:os';
import type { WorkflowHandle } from '@temporalio/client';
import type { Answer } from '../contract/journal';
import type { Decision } from '../contract/messages';
import type { Report, Standing } from '../contract/reports';
import { isClosed } from '../contract/run-status';
import { CliError } from './exit-status';
import type { RunRequest } from './request';
import { userName } from './user-name';
import type { Temporal } from './temporal/connect';

const queryWaitMs = 8_000;
const updateWaitMs = 15_000;

/** Starts the workflow under its business name. */
export async function startRun(
  temporal: Temporal,
  request: RunRequest,
  place: { readonly workflowId: string; readonly taskQueue: string },
): Promise<WorkflowHandle> {
  return await temporal.client.workflow.start(request.runbook, {
    ...place,
    args: [request.input],
    staticSummary: `Started by ${userName()} on ${hostname()}`,
  });
}

/** The run's answer to `standing`; undefined when no worker answers. */
export async function readStanding(
  temporal: Temporal,
  handle: WorkflowHandle,
): Promise<Standing | undefined> {
  try {
    return await temporal.connection.withDeadline(Date.now() + queryWaitMs, () =>
      handle.query<Standing>('standing'),
    );
  } catch (error) {
    if (isNotFound(error)) {
      throw new CliError(
        'Failed',
        `There is no run ${handle.workflowId} in namespace ${temporal.namespace}. ` +
          '`runbook list` shows those that are kept.',
      );
    }
    return undefined;
  }
}

/** How an answer reached the run. */
export type Delivery = 'accepted' | 'sent';

/**
 * Answers as an update, which the run can refuse to its sender; as a signal when no worker
 * answers in time, which the run finds as soon as one works again.
 */
export async function sendAnswer(
  temporal: Temporal,
  handle: WorkflowHandle,
  answer: { readonly verb: Answer; readonly decision: Decision; readonly workerAnswers: boolean },
): Promise<Delivery> {
  const { verb, decision } = answer;
  if (answer.workerAnswers) {
    try {
      await temporal.connection.withDeadline(Date.now() + updateWaitMs, () =>
        handle.executeUpdate<string, [Decision]>(verb, { args: [decision] }),
      );
      return 'accepted';
    } catch (error) {
      if (!isDeadline(error)) throw error;
    }
  }
  await handle.signal<[Decision]>(verb, decision);
  return 'sent';
}

/** Whether the workflow is open, and how it was closed otherwise. */
export async function isOpen(handle: WorkflowHandle): Promise<boolean> {
  const { status } = await handle.describe();
  return !isClosed(status.name);
}

/** What the longest pending activity last reported, and its failure if it is being retried. */
export async function readProgress(handle: WorkflowHandle): Promise<string> {
  const { raw } = await handle.describe();
  const pending = raw.pendingActivities?.[0];
  if (!pending) return '';
  const details = pending.heartbeatDetails?.payloads?.[0]?.data;
  const said = details ? progressIn(Buffer.from(details).toString('utf8')) : '';
  const attempt = pending.attempt ?? 1;
  const failure = pending.lastFailure?.message ?? '';
  return [said, attempt > 1 ? `attempt ${String(attempt)}: ${failure}` : '']
    .filter((part) => part !== '')
    .join('; ');
}

/**
 * The report of a closed workflow: its result, or what its failure carries. Undefined while it is
 * open, and for an end that carries none (cancelled, terminated).
 */
export async function readResult(handle: WorkflowHandle): Promise<Report | undefined> {
  if (await isOpen(handle)) return undefined;
  try {
    const result: unknown = await handle.result();
    return isReport(result) ? result : undefined;
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    if (typeof cause !== 'object' || cause === null || !('details' in cause)) return undefined;
    return Array.isArray(cause.details) ? cause.details.find(isReport) : undefined;
  }
}

function isReport(value: unknown): value is Report {
  return typeof value === 'object' && value !== null && 'leftToDo' in value && 'journal' in value;
}

/** What an activity said of itself with its last heartbeat. */
function progressIn(json: string): string {
  try {
    const beat: unknown = JSON.parse(json);
    const holds = typeof beat === 'object' && beat !== null && 'progress' in beat;
    return holds && typeof beat.progress === 'string' ? beat.progress : '';
  } catch {
    return '';
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && error.name === 'WorkflowNotFoundError';
}

function isDeadline(error: unknown): boolean {
  return error instanceof Error && error.name === 'WorkflowUpdateRPCTimeoutOrCancelledError';
}
