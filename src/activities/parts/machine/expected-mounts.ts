/** The mounts that a machine must have before anything of the app starts on it. */
import type { Machine } from '../../../contract/plan';
import type { BackupRecord } from '../../../machine/backups/backup-record';
import { lookAtVolumes } from './look-at-volumes';
import type { Remote } from '../../frame/on-machine';
import type { Comparison, Problem } from '../../../machine/volumes/comparison';
import { compareVolumes } from '../../../machine/volumes/compare';
import { refuse } from '../../../contract/failures';

/** What the machine is held against. */
export interface MountsExpected {
  readonly machine: Machine;
  /** Absent for an image that was made by hand. */
  readonly record?: BackupRecord | undefined;
  /** Whether the databases are known to work on other machines. */
  readonly isExternal: boolean;
  /** Whether a step of its own mounts the object storage. */
  readonly objectsApart: boolean;
}

/** Compares over an open connection. */
export async function compareOn(remote: Remote, expected: MountsExpected): Promise<Comparison> {
  const { record, isExternal, objectsApart } = expected;
  const recorded = record?.volumes;
  const seen = await lookAtVolumes(remote, recorded);
  return compareVolumes(seen, { recorded, isExternal, objectsApart });
}

export function differ(
  { instanceId }: Machine,
  problems: readonly Problem[],
): ReturnType<typeof refuse> {
  const shown = problems.slice(0, 6).map(({ text }) => text);
  const more =
    problems.length > shown.length ? ` And ${String(problems.length - shown.length)} more.` : '';
  return refuse(
    'MountsDiffer',
    `${instanceId} does not have its files where the backup had them, so nothing of the app is ` +
      `started: ${shown.join(' ')}${more} Mend it on the machine, then retry: it looks again.`,
  );
}

/** Refuses unless all is where it was: right before anything of the app starts. */
export async function requireMounts(remote: Remote, expected: MountsExpected): Promise<void> {
  const { problems } = await compareOn(remote, expected);
  if (problems.length > 0) throw differ(expected.machine, problems);
}
