/** The journal of a run: every step, attempt, gate, decision and refused message, in order. */
import type { Told } from './telling/told';

/** What became of one line of the journal. */
export type EntryState =
  | 'running'
  | 'waiting'
  | 'done'
  | 'not needed'
  /** Its place in the runbook has come, but the machine does not allow it yet: done further down. */
  | 'later'
  | 'skipped'
  | 'passed over'
  | 'failed'
  | 'approved'
  | 'rejected'
  | 'refused'
  | 'expired'
  | 'cancelled';

/** One line of the journal. */
export interface JournalEntry {
  /**
   * `step` and `approval` are the lines of the runbook itself, in the order of its page in
   * docs/runbook; `failure` is a gate opened by a failed step, `message` a signal, `end` the last.
   */
  readonly kind: 'step' | 'approval' | 'failure' | 'message' | 'end';
  readonly title: string;
  state: EntryState;
  /** ISO 8601, UTC, workflow time. */
  readonly startedAt: string;
  endedAt?: string;
  /** What was done or decided, or why it was not needed; one line. */
  note?: string;
  /** How often the activity ran, and what went wrong before it succeeded or gave up. */
  attempts?: number;
  /** What a step waited for. */
  waitsFor?: 'AWS' | 'machine';
  errors?: string[];
  /** The gate's id, and who answered it. */
  gate?: string;
  by?: string;
  /** Of a gate or the end: who heard of it. Absent in runs of earlier versions. */
  told?: Told;
}

/** A question that waits for a person. */
export interface OpenGate {
  readonly id: string;
  readonly title: string;
  /** What the person should know to decide; Markdown. */
  readonly details: string;
  /** Where an approval may be of a part: the builds it can name. */
  readonly builds?: readonly string[];
  /** What an approval may declare to be known: `"acknowledge":["source-running"]`. */
  readonly acknowledge?: readonly string[];
  /** The signals (and updates) that answer this gate. */
  readonly answers: readonly Answer[];
  readonly openedAt: string;
  readonly expiresAt: string;
  /** The object to send with one of the answers: JSON, ready to paste. */
  readonly example: string;
}

/** The verbs a person can send. */
export const answers = ['approve', 'reject', 'retry', 'skip', 'abort'] as const;
export type Answer = (typeof answers)[number];

/** How a run ended, or that it has not. */
export type RunStatus =
  'running' | 'waiting' | 'done' | 'rejected' | 'aborted' | 'expired' | 'cancelled' | 'failed';

/**
 * The errors on the way, told once each: attempts that failed alike become one line, and one line
 * that the note tells already becomes a count.
 */
export function toldErrors({ note = '', errors = [] }: JournalEntry): string[] {
  const told: { readonly first: string; last: string; readonly message: string }[] = [];
  for (const error of errors) {
    const [, attempt = '', message = error] = /^attempt (\d+): ([^]*)$/.exec(error) ?? [];
    const before = told.at(-1);
    if (before?.message === message) before.last = attempt;
    else told.push({ first: attempt, last: attempt, message });
  }
  return told
    .map(({ first, last, message }) => {
      const which = first === last ? `attempt ${first}` : `attempts ${first} to ${last}`;
      if (note.includes(message)) return first === last ? '' : `${which} failed alike`;
      return first === '' ? message : `${which}: ${message}`;
    })
    .filter((line) => line !== '');
}
