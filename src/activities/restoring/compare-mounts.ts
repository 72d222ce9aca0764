/**
 * Compares the machine's mounts with what the backup recorded, before anything of the app starts: on
 * other instance types devices get other names, and a line of /etc/fstab with `nofail` passes over
 * the missing one in silence.
 *
 * Looks at: mounts, block devices, /etc/fstab, the app's folders. Changes: nothing.
 * Safe to repeat because: it only reads; a retry looks again.
 * Fails with: MountsDiffer, where a mount is not all that is missing.
 */
import { refuse } from '../../contract/failures';
import type { Machine } from '../../contract/plan';
import type { BackupRecord } from '../../machine/backups/backup-record';
import { mountLine } from '../../machine/volumes/commands';
import { compareVolumes } from '../../machine/volumes/compare';
import type { Comparison, Problem } from '../../machine/volumes/comparison';
import type { World } from '../../world';
import type { Outcome } from '../frame/attempt';
import { lookAtVolumes } from '../parts/machine/look-at-volumes';
import { onMachine, type Remote } from '../frame/on-machine';

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

export interface CompareInput extends MountsExpected {
  /** Nobody is there to approve a mount: what is missing is a failure. */
  readonly unasked?: boolean;
}

export interface Compared extends Outcome {
  /** What is missing and can be mounted: for the person who approves. */
  readonly wanting: readonly { readonly text: string; readonly command: string }[];
  readonly notes: readonly string[];
}

export const compareMounts =
  (world: World) =>
  (input: CompareInput): Promise<Compared> =>
    onMachine(world, input.machine, async (remote) => {
      const { problems, notes, seen } = await compareOn(remote, input);
      const wanting = problems.flatMap(({ text, order }) =>
        order === undefined ? [] : [{ text, command: mountLine(order) }],
      );
      if (input.unasked === true ? problems.length > 0 : wanting.length < problems.length) {
        throw differ(input.machine, problems);
      }
      const lacking = `${String(wanting.length)} mount(s) missing`;
      return { note: wanting.length > 0 ? `${lacking}; ${seen}` : seen, wanting, notes };
    });

/** Compares over an open connection. */
export async function compareOn(remote: Remote, expected: MountsExpected): Promise<Comparison> {
  const { record, isExternal, objectsApart } = expected;
  const recorded = record?.volumes;
  const seen = await lookAtVolumes(remote, recorded);
  return compareVolumes(seen, { recorded, isExternal, objectsApart });
}

/** Refuses unless all is where it was: right before anything of the app starts. */
export async function requireMounts(remote: Remote, expected: MountsExpected): Promise<void> {
  const { problems } = await compareOn(remote, expected);
  if (problems.length > 0) throw differ(expected.machine, problems);
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
