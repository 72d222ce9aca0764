/** What to do next about an app that is to stop, by what is seen of it. Pure. */
import { isComingUp, isStopped, type AppStatus } from './app-status';

/** How a stop has gone so far; times in seconds since it began. */
export interface StopSoFar {
  readonly now: number;
  /** Whether a stop was sent at all. */
  readonly isSent: boolean;
  /** When a plain stop was first taken, as its answer or the app's state tells. */
  readonly takenAt?: number;
  /** When the app was last seen on its way up, or said so. */
  readonly busyAt?: number;
  readonly isForced: boolean;
}

export interface StopLimits {
  /** How long a stop may last once it is taken; half of it without force. */
  readonly stopApp: number;
  /** How long an app may take to start: so long it may refuse. */
  readonly startApp: number;
}

/** `send` the stop (again), `force` it, `wait`, or `give up`. */
export type NextOfStop = 'send' | 'force' | 'wait' | 'give up';

/**
 * Replicated takes no change of an app's state while the app starts. So a stop that was refused is
 * sent again; only one that was taken and does not end is forced, and never on an app that says
 * that it is stopped.
 */
export function nextOfStop(status: AppStatus, so: StopSoFar, limits: StopLimits): NextOfStop {
  const { now, takenAt, busyAt, isForced } = so;
  if (isStopped(status)) return now > limits.stopApp ? 'give up' : 'wait';
  if (takenAt !== undefined && !isToBeUp(status)) {
    const since = now - takenAt;
    if (since > limits.stopApp) return 'give up';
    return since > limits.stopApp / 2 && !isForced ? 'force' : 'wait';
  }
  // While the app starts, its start's own limit counts; after that, or without, the stop's.
  const patience = busyAt === undefined ? limits.stopApp : busyAt + limits.stopApp;
  return now > Math.min(patience, limits.startApp + limits.stopApp) ? 'give up' : 'send';
}

/** What is known after a look at `now`. */
export function afterLook(status: AppStatus, so: StopSoFar, look: Look): StopSoFar {
  const { now, answer } = look;
  const isTaken = so.isSent && status.kind === 'app' && status.desiredState === 'stopped';
  const takenAt = so.takenAt ?? (isTaken ? now : undefined);
  const busyAt = isBusy(status, answer) ? now : so.busyAt;
  return {
    ...so,
    now,
    ...(takenAt === undefined ? {} : { takenAt }),
    ...(busyAt === undefined ? {} : { busyAt }),
  };
}

interface Look {
  readonly now: number;
  /** What the last stop was refused with; empty when it was taken. */
  readonly answer: string;
}

/** Whether the daemon shows that it took no stop. */
function isToBeUp(status: AppStatus): boolean {
  return status.kind === 'app' && status.desiredState === 'started';
}

/** Whether the answer to a command says that the app is starting and takes none now. */
export function saysItStarts(answer: string): boolean {
  return /\bis starting\b|\b412\b|precondition failed/i.test(answer);
}

/** Whether the app cannot take a stop yet, by its state or by its answer. */
function isBusy(status: AppStatus, answer: string): boolean {
  return isComingUp(status) || saysItStarts(answer);
}
