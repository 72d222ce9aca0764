/** Reads what Temporal wraps around a failure. */
import type { LaunchMark } from '../../contract/failures';
import type { HealthCheck } from '../../contract/reports';
import { isPassedOver, type RefusalKind } from '../../machine/launch/aws-refusals';
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';

/** A failed step, as the journal and the gate show it. */
export interface Trouble {
  readonly type: string;
  readonly message: string;
  readonly attempts: number;
  readonly errors: readonly string[];
  /** The checks that a failed verification made. */
  readonly checks?: readonly HealthCheck[];
  /** What a failed launch says of its machine. */
  readonly launch?: LaunchMark['launch'];
  /** Why EC2 says that the machine is gone. */
  readonly lostFor?: string;
  /** Whether another type or subnet may do. */
  readonly isPassedOver?: boolean;
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
      ...ofLaunch(cause.details ?? []),
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

/** What the details of a failed launch say. */
function ofLaunch(
  details: readonly unknown[],
): Pick<Trouble, 'launch' | 'lostFor' | 'isPassedOver'> {
  const mark = details.findLast(isLaunchMark);
  const kind = details.find(isRefusal)?.kind;
  return {
    ...(mark ? { launch: mark.launch } : {}),
    ...(mark?.reason === undefined ? {} : { lostFor: mark.reason }),
    ...(kind === undefined ? {} : { isPassedOver: isPassedOver(kind) }),
  };
}

function isLaunchMark(detail: unknown): detail is LaunchMark {
  return typeof detail === 'object' && detail !== null && 'launch' in detail;
}

function isRefusal(detail: unknown): detail is { readonly kind: RefusalKind } {
  return typeof detail === 'object' && detail !== null && 'kind' in detail;
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
