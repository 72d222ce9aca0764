/** What a drill says of its backup, from its journal alone. Pure. */
import type { FailureType } from '../contract/failures';
import type { JournalEntry } from '../contract/journal';
import type { DrillVerdict } from '../contract/reports';

/**
 * Failures in which the backup itself shows. Any other says something of AWS, of Temporal, of the
 * configuration or of people, and nothing of the backup.
 */
const tellsOfBackup: ReadonlySet<string> = new Set<FailureType>([
  'InstanceNotHealthy',
  'MachineUnreachable',
  'SshLoginRefused',
  'NotAServicesMachine',
  'CommandFailed',
  'AppNotStopped',
  'HostnameNotSet',
  'AddressNotFound',
  'NomadNotRemovable',
  'ReplicatedNotReady',
  'ObjectStorageDiffers',
  'ObjectsNotMounted',
  'ObjectsNotTheSame',
  'ObjectsEmpty',
  'AppNotStarted',
  'AppNotHealthy',
]);

/** The line where a person says whether the application let them in. */
export const loggingIn = 'Log in to the application';

/** The verdict, once the drill is through or has ended early. */
export function verdictFrom(journal: readonly JournalEntry[], isThrough: boolean): DrillVerdict {
  const trouble = troubleIn(journal);
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
