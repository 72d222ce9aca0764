/** The journal, the open gate and the report of a run, as text for a terminal. */
import {
  toldErrors,
  type EntryState,
  type JournalEntry,
  type OpenGate,
} from '../../contract/journal';
import { plain } from '../../contract/markdown';
import { printable } from '../../contract/printable';
import type { Report, Standing } from '../../contract/reports';
import { answerCommand } from '../../contract/telling/telling';
import { lastTold } from '../../contract/telling/told-section';
import type { Paint } from '../output';
import { elapsed, table } from './table';

const marks: Readonly<Record<EntryState, string>> = {
  running: '…',
  waiting: '?',
  done: '✓',
  'not needed': '–',
  later: '↓',
  'passed over': '↷',
  skipped: '»',
  failed: '✗',
  approved: '✓',
  rejected: '✗',
  refused: '!',
  expired: '✗',
  cancelled: '✗',
};

/** One line of the journal: mark, title, what came of it; below it the errors on the way. */
export function journalLine(entry: JournalEntry, paint: Paint): string {
  const mark = colored(entry.state, marks[entry.state], paint);
  const took = entry.endedAt === undefined ? '' : ` (${elapsed(entry.startedAt, entry.endedAt)})`;
  const by = entry.by === undefined ? '' : ` by ${printable(entry.by)}`;
  const note = entry.note === undefined ? '' : `: ${brief(entry.note)}`;
  const errors = toldErrors(entry).map((error) => `\n      ${paint.dim(brief(error))}`);
  return `${mark} ${printable(entry.title)}  ${paint.dim(`${entry.state}${by}${took}`)}${note}${errors.join('')}`;
}

/** The question that waits, with the commands and the object that answer it. */
export function gateText(gate: OpenGate, workflowId: string, paint: Paint): string {
  return [
    paint.warn(paint.bold(`Waits for a person: ${printable(gate.title)}`)),
    ...emphasized(gate.details, paint)
      .split('\n')
      .map((line) => `  ${line}`),
    paint.dim(`  gate ${gate.id}, open since ${gate.openedAt}, until ${gate.expiresAt}`),
    'Answer with',
    ...gate.answers.map((verb) => `  ${answerCommand(verb, gate, workflowId)}`),
    `or send the signal in Temporal's UI, with ${gate.example}`,
  ].join('\n');
}

/** The whole standing: heading, journal as a table, gate or what is left to do. */
export function standingText(standing: Standing, workflowId: string, paint: Paint): string {
  const { runbook, installation, status, step, gate, report } = standing;
  const told = lastTold(standing.journal);
  const rows = standing.journal.map((entry) => [
    marks[entry.state],
    printable(entry.title),
    entry.state,
    entry.endedAt === undefined ? '' : elapsed(entry.startedAt, entry.endedAt),
    [entry.by ?? '', entry.note ?? '', ...toldErrors(entry)]
      .filter((part) => part !== '')
      .map(brief)
      .join('; '),
  ]);
  return [
    paint.bold(`${printable(workflowId)}: ${runbook} of ${installation}, ${status}`),
    ...(step === '' || report ? [] : [`under way: ${printable(step)}`]),
    '',
    ...table(['', 'Step', 'State', 'Took', 'Note'], rows),
    ...(gate ? ['', gateText(gate, workflowId, paint)] : []),
    ...(report ? ['', reportText(report, paint)] : []),
    ...(told === undefined || !(gate ?? report) ? [] : [`  people: ${printable(told)}`]),
  ].join('\n');
}

/** The end of a run in a few lines: the summary, notes, failed checks, what is left to do. */
export function reportText(report: Report, paint: Paint): string {
  const color = report.status === 'done' ? paint.good : paint.bad;
  return [
    color(paint.bold(`${report.status}: ${printable(report.summary)}`)),
    ...report.notes.map((note) => `  note: ${printable(note)}`),
    ...(report.checks ?? []).map(
      (check) =>
        `  ${check.ok ? paint.good('✓') : paint.bad('✗')} ${printable(`${check.name}: ${check.seen}`)}`,
    ),
    ...(report.builds ?? []).map(
      (build) => `  ${build.outcome}: ${printable(`${build.url} (${build.said})`)}`,
    ),
    ...report.leftToDo.map((line) => `  to do: ${printable(line)}`),
  ].join('\n');
}

function colored(state: EntryState, mark: string, paint: Paint): string {
  if (['done', 'approved'].includes(state)) return paint.good(mark);
  if (['running', 'waiting', 'refused', 'skipped'].includes(state)) return paint.warn(mark);
  return ['not needed', 'later'].includes(state) ? paint.dim(mark) : paint.bad(mark);
}

/** One line, and not a long one: the report has the whole. */
function brief(text: string): string {
  const line = text.split('\n', 1)[0] ?? '';
  return printable(line.length > 200 ? `${line.slice(0, 199)}…` : line);
}

/** Markdown's bold as the terminal's; where a value holds stars, they are escaped. */
function emphasized(markdown: string, paint: Paint): string {
  return markdown
    .split('**')
    .map((words, index) => (index % 2 === 1 ? paint.bold(plain(words)) : plain(words)))
    .join('');
}
