/** Reads what Temporal wraps around a failure. */
import type { HealthCheck } from '../contract/reports';
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';

/** A failed step, as the journal and the gate show it. */
export interface Trouble {
  readonly type: string;
  readonly message: string;
  readonly attempts: number;
  readonly errors: readonly string[];
  /** The checks that a failed verification made. */
  readonly checks?: readonly HealthCheck[];
}

/** Unwraps an activity's failure to its cause, with the attempts that the activity recorded. */
export function troubleOf(error: unknown): Trouble {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const history = cause.details?.find(isAttemptHistory);
    return {
      type: cause.type ?? 'Unforeseen',
      message: cause.message,
      attempts: history?.attempts ?? 1,
      errors: history?.errors ?? [],
      checks: cause.details?.find(hasChecks)?.checks,
    };
  }
  if (cause instanceof TimeoutFailure) {
    const beat: unknown = cause.lastHeartbeatDetails;
    const { progress, errors = [] } = isBeat(beat) ? beat : {};
    const message =
      `the worker gave no sign in time (${cause.timeoutType})` +
      `${progress === undefined ? '' : `, last at "${progress}"`}: it was stopped, or the step hung. ` +
      'Look at the machine, then retry: the step looks before it acts.';
    return { type: 'WorkerLost', message, attempts: errors.length + 1, errors };
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  return { type: 'Unforeseen', message, attempts: 1, errors: [] };
}

/** What an activity says with each heartbeat. */
function isBeat(
  details: unknown,
): details is { readonly progress: string; readonly errors: readonly string[] } {
  return typeof details === 'object' && details !== null && 'progress' in details;
}

function hasChecks(detail: unknown): detail is { readonly checks: readonly HealthCheck[] } {
  return typeof detail === 'object' && detail !== null && 'checks' in detail;
}

interface AttemptHistory {
  readonly attempts: number;
  readonly errors: readonly string[];
}

function isAttemptHistory(detail: unknown): detail is AttemptHistory {
  return typeof detail === 'object' && detail !== null && 'attempts' in detail;
}
