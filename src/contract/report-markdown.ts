/**
 * Reports and standings as Markdown, for files and for the run's page in the Temporal UI.
 *
 * Workflow code uses it, so it knows no clock and nothing of Node. That UI takes the text as part
 * of a URL and renders tables, but no task lists and no HTML.
 */
import { judgeRecorded, type Whereabouts } from '../machine/databases/judge';
import { toldErrors, type EntryState, type JournalEntry, type OpenGate } from './journal';
import { code, firstLines, paragraph, rows, shorten, text, time } from './markdown';
import type { Report, Standing } from './reports';
import { timesOf } from './times';
import { lastTold, toldSection } from './telling/told-section';

const marks: Readonly<Record<EntryState, string>> = {
  running: '⏳',
  waiting: '⏳',
  done: '✅',
  'not needed': '⏭',
  later: '⏬',
  'passed over': '↪️',
  skipped: '⏭',
  failed: '❌',
  approved: '✅',
  rejected: '❌',
  refused: '⬜',
  expired: '❌',
  cancelled: '❌',
};

/** The report of a run as a page: what came out, what is left to do, and the journal. */
export function reportMarkdown(report: Report): string {
  return `${[
    `# ${text(report.runbook)} of ${text(report.installation)}: ${report.status}`,
    paragraph(report.summary),
    facts(report),
    list('## Left to do', report.leftToDo),
    list('## Notes', report.notes),
    toldSection(report.journal),
    timesSection(report),
    recordSection(report),
    checksSection(report),
    buildsSection(report),
    atBackupSection(report),
    `## Journal\n\n${journalTable(report.journal)}`,
  ]
    .filter((section) => section !== '')
    .join('\n\n')}\n`;
}

/** The journal as a table: one row for each line of it. */
export function journalTable(journal: readonly JournalEntry[]): string {
  return rows(
    ['', 'Step', 'State', 'What', 'Who', 'Took'],
    journal.map((entry) => [
      marks[entry.state],
      text(entry.title),
      entry.state,
      text(whatHappened(entry), 500),
      text(entry.by ?? ''),
      took(entry),
    ]),
  );
}

/** The standing as the UI's *User Metadata* page shows it: the open gate first; at most 8 KB. */
export function standingMarkdown(standing: Standing): string {
  const head = [
    `**${text(standing.runbook)} of ${text(standing.installation)}: ${standing.status}**`,
    // The gate's own section is headed by the step that waits.
    standing.step === '' || standing.gate ? '' : `Now: ${text(standing.step)}`,
    objects(standing),
    standing.gate ? gateSection(standing.gate) : '',
    standing.report ? paragraph(standing.report.summary) : '',
    paragraph(lastTold(standing.journal) ?? ''),
    standing.report ? list('**Left to do**', standing.report.leftToDo) : '',
  ]
    .filter((section) => section !== '')
    .join('\n\n');
  const room = 8000 - bytesOf(head) - 2;
  return `${room < 400 ? firstLines(head, 7500) : head}\n\n${fittingTable(standing.journal, room)}`;
}

function gateSection(gate: OpenGate): string {
  return [
    `### ⏳ ${text(gate.title)}`,
    firstLines(gate.details, 2500),
    `Waits until ${time(gate.expiresAt)} for one of the signals ` +
      `${gate.answers.map((answer) => `\`${answer}\``).join(', ')}, with this input:`,
    `\`\`\`json\n${shorten(gate.example, 600)}\n\`\`\``,
  ].join('\n\n');
}

function objects({ imageId, instanceId }: Standing): string {
  return [
    imageId === undefined ? '' : `Image ${code(imageId).source}`,
    instanceId === undefined ? '' : `Instance ${code(instanceId).source}`,
  ]
    .filter((object) => object !== '')
    .join(' · ');
}

function facts(report: Report): string {
  return rows(
    ['', ''],
    [
      ['Run', `${text(report.workflowId)} (${text(report.runId)})`],
      ['From', time(report.startedAt)],
      ['To', `${time(report.endedAt)} (${duration(report.startedAt, report.endedAt)})`],
      ...(report.verdict === undefined ? [] : [['Verdict', text(verdictText(report.verdict))]]),
      ...(report.imageId === undefined ? [] : [['Image', text(report.imageId)]]),
      ...(report.instanceId === undefined ? [] : [['Instance', text(report.instanceId)]]),
    ],
  );
}

/** `failed: why`. */
export function verdictText({ outcome, why }: NonNullable<Report['verdict']>): string {
  return why === '' ? outcome : `${outcome}: ${why}`;
}

function timesSection(report: Report): string {
  const { total, AWS, machine, person } = timesOf(report);
  if (total === 0) return '';
  return `## Where the time went\n\n${rows(
    ['Waiting for', ''],
    [
      ['AWS', lasting(AWS)],
      ['the machine', lasting(machine)],
      ['a person', lasting(person)],
      ['in all', lasting(total)],
    ],
  )}`;
}

const databasesText: Readonly<Record<Whereabouts, string>> = {
  inside: 'in the image',
  outside: 'outside: not in the image',
  partly: 'some of them outside: not all in the image',
  disagree: 'not known: the signs disagree, see the notes',
  unseen: 'not known: too little was seen, see the notes',
};

function recordSection({ record }: Report): string {
  if (record === undefined) return '';
  const addresses = [record.privateAddress, record.publicAddress].filter(
    (address) => address !== undefined,
  );
  const recorded: readonly (readonly [string, string | undefined])[] = [
    ['Source', record.sourceInstanceId],
    ['Taken', `${time(record.takenAt)}, ${record.consistency}`],
    ['Addresses', addresses.join(', ')],
    ['Hostname', record.hostname],
    ['Distribution', record.platform?.os ?? record.distribution],
    ['Init system', record.platform?.init],
    ['Replicated', record.replicatedVersion],
    ['CircleCI Server', record.platform?.server],
    ['Docker', record.platform?.docker],
    ['Cannot be restored', record.platform?.cannot],
    ['App sequence', record.appSequence?.toString()],
    ['Host keys', record.hostKeys.join(', ')],
    ['Instance type', record.launch.instanceType],
    ['Object storage', record.objectStorage],
    ['Databases', databasesText[judgeRecorded(record, undefined).verdict]],
    ['Nomad clients', record.nomadClients?.toString()],
  ];
  const known = recorded.flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, text(value)]],
  );
  const missing = list('Not recorded:', record.unrecorded);
  return `## What the image holds\n\n${rows(['', ''], known)}${missing && `\n\n${missing}`}`;
}

function checksSection({ checks = [] }: Report): string {
  if (checks.length === 0) return '';
  return `## Checks\n\n${rows(
    ['', 'Check', 'Seen'],
    checks.map(({ name, ok, seen }) => [ok ? '✅' : '❌', text(name), text(seen)]),
  )}`;
}

function buildsSection({ builds = [] }: Report): string {
  if (builds.length === 0) return '';
  return `## Build records\n\n${rows(
    ['', 'Build', 'Outcome', 'Said'],
    builds.map(({ url, outcome, said }) => [
      outcome === 'deleted' ? '✅' : '❌',
      text(url),
      outcome,
      text(said),
    ]),
  )}`;
}

function atBackupSection({ buildsAtBackup }: Report): string {
  if (buildsAtBackup === undefined || buildsAtBackup.builds.length === 0) return '';
  const { builds, more, isCut } = buildsAtBackup;
  const rest = more > 0 || isCut ? `\n\nAnd ${isCut ? 'at least ' : ''}${String(more)} more.` : '';
  return `## Builds that ran when the backup began\n\n${rows(
    ['Build', 'Started'],
    builds.map(({ url, startedAt = '' }) => [text(url), text(startedAt)]),
  )}${rest}`;
}

/** Shortens the notes, then leaves out the oldest rows, until the table fits. */
function fittingTable(journal: readonly JournalEntry[], room: number): string {
  const attempts = [200, 80].map((noteLength) => narrowTable(journal, noteLength));
  const fitting = attempts.find((candidate) => bytesOf(candidate) <= room);
  if (fitting !== undefined) return fitting;
  for (let left = 1; left < journal.length; left += 1) {
    const candidate =
      `${String(left)} earlier lines are left out here; the query \`standing\` has them all.\n\n` +
      narrowTable(journal.slice(left), 80);
    if (bytesOf(candidate) <= room) return candidate;
  }
  return 'The journal is left out here; the query `standing` has it.';
}

/**
 * For half the width of a page: the titles of the steps, which people look for, would be broken
 * after each word if there were more columns, or words that cannot be broken.
 */
function narrowTable(journal: readonly JournalEntry[], noteLength: number): string {
  return rows(
    ['', 'Step', 'What came of it', 'Took'],
    journal.map((entry) => [
      marks[entry.state],
      text(entry.title),
      text(
        outcome(entry).replace(/\S{36,}/g, (word) => shorten(word, 32)),
        noteLength,
      ),
      took(entry),
    ]),
  );
}

function outcome(entry: JournalEntry): string {
  const what = whatHappened(entry);
  if (entry.state === 'done' && entry.by === undefined && what !== '') return what;
  const decided = entry.by === undefined ? entry.state : `${entry.state} by ${entry.by}`;
  return what === '' ? decided : `${decided}: ${what}`;
}

function whatHappened(entry: JournalEntry): string {
  return [entry.note ?? '', ...toldErrors(entry)].filter((part) => part !== '').join(' · ');
}

function took({ state, startedAt, endedAt }: JournalEntry): string {
  if (endedAt === undefined) return `since ${startedAt.slice(11, 16)}`;
  return state === 'not needed' || state === 'later' ? '' : duration(startedAt, endedAt);
}

function list(title: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  return [title, '', ...items.map((item) => `- ${paragraph(item)}`)].join('\n');
}

function duration(from: string, to: string): string {
  return lasting(Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000));
}

/** A number of seconds in the two largest units that fit. */
export function lasting(exactSeconds: number): string {
  const seconds = Math.round(exactSeconds);
  const units: readonly (readonly [number, string, number, string])[] = [
    [86_400, 'd', 3600, 'h'],
    [3600, 'h', 60, 'min'],
    [60, 'min', 1, 's'],
  ];
  const unit = units.find(([size]) => seconds >= size);
  if (unit === undefined) return `${String(seconds)} s`;
  const [size, name, smallerSize, smallerName] = unit;
  const rest = Math.floor((seconds % size) / smallerSize);
  return `${String(Math.floor(seconds / size))} ${name} ${String(rest)} ${smallerName}`;
}

/** UTF-8, counted by hand: the workflow sandbox has no Buffer. */
function bytesOf(value: string): number {
  let bytes = 0;
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
