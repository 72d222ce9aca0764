/** What a drill says of its backup, from its journal alone. Pure. */
import type { FailureType } from '../../contract/failures';
import type { JournalEntry } from '../../contract/journal';
import type { DrillVerdict } from '../../contract/reports';

/**
 * Failures in which the backup itself shows, all on a machine that answers. Any other says something
 * of AWS, of the way there, of Temporal, of the configuration or of people: a bastion that is down
 * must not mark a good backup as bad.
 */
const tellsOfBackup: ReadonlySet<string> = new Set<FailureType>([
  'CommandFailed',
  'AppNotStopped',
  'HostnameNotSet',
  'AddressNotFound',
  'NomadNotRemovable',
  'ReplicatedNotReady',
  'MountsDiffer',
  'ObjectsNotMounted',
  'ObjectsNotTheSame',
  'ObjectsEmpty',
  'AppNotStarted',
  'AppNotHealthy',
]);

/** The line where a person says whether the application let them in. */
export const loggingIn = 'Log in to the application';

/** From so long before its end on a machine may be shutting down while EC2 says that it runs. */
const lastMinuteMs = 60_000;

export interface DrillEnd {
  /** Whether every line was done. */
  readonly isThrough: boolean;
  /** ISO 8601: when the machine ends itself. */
  readonly expires: string;
}

/** The verdict, once the drill is through or has ended early. */
export function verdictFrom(
  journal: readonly JournalEntry[],
  { isThrough, expires }: DrillEnd,
): DrillVerdict {
  const trouble = troubleIn(journal);
  const endedAt = Date.parse(trouble?.endedAt ?? trouble?.startedAt ?? '');
  if (trouble !== undefined && endedAt > Date.parse(expires) - lastMinuteMs) {
    return { outcome: 'none', why: `${trouble.title}: the time of its machine was over` };
  }
  if (trouble !== undefined) {
    const [, type = ''] = /^(\w+): /.exec(trouble.note ?? '') ?? [];
    const why = `${trouble.title}: ${trouble.note ?? trouble.state}`;
    return { outcome: tellsOfBackup.has(type) ? 'failed' : 'none', why };
  }
  const login = journal.findLast(({ title }) => title === loggingIn);
  if (login?.state === 'rejected') {
    const { by = 'somebody', note } = login;
    const why = `${by} could not log in to the application`;
    return { outcome: 'failed', why: note === undefined ? why : `${why}: ${note}` };
  }
  if (isThrough) return { outcome: 'passed', why: '' };
  return { outcome: 'none', why: 'the drill ended before it was through' };
}

/** The first line that was given up: it failed and was not done later, or a person skipped it. */
function troubleIn(journal: readonly JournalEntry[]): JournalEntry | undefined {
  const steps = journal.filter(({ kind }) => kind === 'step');
  return steps.find(
    (entry) =>
      (entry.state === 'failed' || entry.state === 'skipped') &&
      steps.findLast(({ title }) => title === entry.title) === entry,
  );
}
