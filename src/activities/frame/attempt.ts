/**
 * What every activity has around it: heartbeats while it works, the number of its attempt, and
 * the errors of earlier attempts, because a workflow cannot see Temporal's own retries.
 */
import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { tryAgain } from '../../contract/failures';
import { redact } from '../../machine/text/redact';
import { refuseUnlessHeld } from './held-claim';
import { rememberRun, type OfRun } from './late';

/** A message that is longer than this says nothing more to a person. */
const atMost = 10_000;

/** What every activity gives back: one line for the journal, and whether it had to act at all. */
export interface Outcome {
  readonly note: string;
  readonly notNeeded?: boolean;
}

/** An outcome with the story of its attempts. */
export type Attempted<T extends Outcome> = T & {
  readonly attempts: number;
  readonly errors: readonly string[];
};

/** Says what the activity is at, in a few words; shown with the pending activity in the UI. */
export type Say = (progress: string) => void;

interface Beat {
  readonly progress: string;
  readonly errors: readonly string[];
}

/** Wraps an activity with heartbeats, the memory of its attempts, and the claim that it works under. */
export function attempted<I, O extends Outcome>(
  activity: (input: I, say: Say) => Promise<O>,
): (input: I, ofRun?: OfRun) => Promise<Attempted<O>> {
  return async (input, ofRun) => {
    const context = Context.current();
    rememberRun(context, ofRun);
    const { attempt, heartbeatTimeoutMs } = context.info;
    const heartbeatDetails: unknown = context.info.heartbeatDetails;
    const errors = earlierErrors(heartbeatDetails, attempt);
    let progress = 'working';
    const beat = (): void => {
      context.heartbeat({ progress, errors } satisfies Beat);
    };
    beat();
    const timer = setInterval(beat, Math.max(100, (heartbeatTimeoutMs ?? 30_000) / 3));
    try {
      if (ofRun?.claim !== undefined) await refuseUnlessHeld(ofRun.claim);
      const outcome = await activity(input, (text) => {
        progress = text;
        beat();
      });
      return { ...outcome, attempts: attempt, errors };
    } catch (error) {
      errors.push(`attempt ${String(attempt)}: ${messageOf(error)}`);
      if (isSuperseded(error)) context.log.warn(`late: ${messageOf(error)}`);
      beat();
      throw withHistory(error, { attempts: attempt, errors });
    } finally {
      clearInterval(timer);
    }
  };
}

function earlierErrors(details: unknown, attempt: number): string[] {
  const known = isBeat(details) ? [...details.errors] : [];
  const last = /^attempt (\d+):/.exec(known.at(-1) ?? '')?.[1] ?? '0';
  // A worker that was killed left no word: the gap in the numbers tells of it.
  if (attempt > Number(last) + 1) {
    known.push(`attempt ${String(attempt - 1)}: no word from the worker (stopped or cut off)`);
  }
  return known.slice(-10);
}

function isSuperseded(error: unknown): boolean {
  return error instanceof ApplicationFailure && error.type === 'Superseded';
}

function isBeat(details: unknown): details is Beat {
  return typeof details === 'object' && details !== null && 'errors' in details;
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return redact(text.slice(0, atMost)).slice(0, 500);
}

function withHistory(error: unknown, history: object): unknown {
  if (error instanceof CancelledFailure) return error;
  if (!(error instanceof ApplicationFailure)) {
    // Not foreseen: no failure type tells what to do, so this message does.
    const what = `${messageOf(error)}. This was not foreseen: look at the worker's log, then retry.`;
    return tryAgain('Unforeseen', what, history);
  }
  return ApplicationFailure.create({
    type: error.type ?? 'Unforeseen',
    message: redact(error.message.slice(0, atMost)),
    nonRetryable: error.nonRetryable ?? false,
    details: [...(error.details ?? []), history],
  });
}
