/** Who heard of a run's gates and of its end, on the pages about it. */
import type { JournalEntry } from '../journal';
import { rows, text } from '../markdown';
import { toldText } from './told';

/** The section of a report; empty for runs of earlier versions, which kept no word of it. */
export function toldSection(journal: readonly JournalEntry[]): string {
  const told = journal.flatMap((entry) =>
    entry.told === undefined ? [] : [[text(entry.title), text(toldText(entry.told))]],
  );
  return told.length === 0 ? '' : `## Who was told\n\n${rows(['Of', 'Who'], told)}`;
}

/** Who heard of what stands last: the gate that waits, or the end. */
export function lastTold(journal: readonly JournalEntry[]): string | undefined {
  const last = journal.findLast(({ kind }) => kind !== 'message');
  return last?.told && toldText(last.told);
}
