/** Where the time of a run went, from its journal alone. Pure; used by workflow code, too. */
import type { JournalEntry } from './journal';

/** Seconds; what waited for nobody that is named here is only in the total. */
export interface Times {
  readonly total: number;
  readonly AWS: number;
  readonly machine: number;
  readonly person: number;
}

/** Adds up the journal of a run that went from one time to another (ISO 8601). */
export function timesOf(run: {
  readonly startedAt: string;
  readonly endedAt: string;
  readonly journal: readonly JournalEntry[];
}): Times {
  const spent = (isCounted: (entry: JournalEntry) => boolean): number =>
    run.journal.filter(isCounted).reduce((sum, entry) => sum + seconds(entry), 0);
  return {
    total: seconds(run),
    AWS: spent(({ waitsFor }) => waitsFor === 'AWS'),
    machine: spent(({ waitsFor }) => waitsFor === 'machine'),
    person: spent(({ kind }) => kind === 'approval' || kind === 'failure'),
  };
}

function seconds({
  startedAt,
  endedAt,
}: {
  readonly startedAt: string;
  readonly endedAt?: string;
}): number {
  if (endedAt === undefined) return 0;
  return Math.max(0, (Date.parse(endedAt) - Date.parse(startedAt)) / 1000);
}
