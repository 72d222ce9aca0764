/** Who heard of a gate or of an end, and who did not and why. Pure. */
import { time } from '../markdown';

/** A receiver that has taken a message; how often, and when last. */
export interface Heard {
  readonly receiver: string;
  readonly at: string;
  readonly times: number;
}

/** A receiver that has not, and why. */
export interface Missed {
  readonly receiver: string;
  readonly why: string;
}

/** Who heard of one gate or end, as the journal keeps it. */
export interface Told {
  /** `trying` until it is taken; `given up` when the time for it has passed. */
  state: 'trying' | 'told' | 'no receiver' | 'over' | 'given up';
  heard: Heard[];
  /** Of the last try. */
  missed: Missed[];
  reminders: number;
  /** The workflow that goes on telling after the end of the run. */
  goesOn?: string;
}

/** Who heard of it, in one line; empty while nobody can have. */
export function toldText({ state, heard, missed, reminders, goesOn }: Told): string {
  if (state === 'no receiver') return 'nobody was told: runbook.yaml names no receiver (notify)';
  const times = (count: number): string => (count === 1 ? '' : `, ${String(count)} times`);
  const taken = heard.map((one) => `${one.receiver} (${time(one.at)}${times(one.times)})`);
  const missing = missed.map(({ receiver, why }) => `${receiver}: ${why}`);
  const parts = [
    taken.length > 0 ? `told ${taken.join(', ')}` : nobody(state),
    reminders > 0 ? `reminded ${String(reminders)} time(s)` : '',
    missing.length > 0 ? `not taken by ${missing.join('; ')}` : '',
    goesOn === undefined ? '' : `${goesOn} goes on telling`,
  ];
  return parts.filter((part) => part !== '').join('; ');
}

function nobody(state: Told['state']): string {
  if (state === 'trying') return 'nobody has taken it yet';
  return state === 'told' ? '' : 'nobody was told';
}
