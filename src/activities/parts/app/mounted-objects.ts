/** The folder of the object storage, judged: where it lies, and whether it is what was backed up. */
import { refuse } from '../../../contract/failures';
import type { Machine } from '../../../contract/plan';
import type { RecordedObjects } from '../../../machine/backups/object-tags';
import type { FolderPlace, ObjectFolder } from '../../../machine/storage/object-storage';
import type { Remote } from '../../frame/on-machine';
import * as storage from '../../../machine/storage/storage-commands';

/** What the folder is judged by. */
interface Judging {
  readonly machine: Machine;
  readonly objects: ObjectFolder;
  /** What the image's tags say; absent for an image whose backup did not look. */
  readonly recorded?: RecordedObjects | undefined;
  /** Whether a person knows that the objects may be missing. */
  readonly acknowledged: boolean;
  /** Whether restic can fill an empty folder later. */
  readonly canBeFilled: boolean;
}

/** The path that the folder had, past the symlink that led there. */
export function pathOf({ path }: ObjectFolder, recorded: RecordedObjects | undefined): string {
  return recorded?.path === path ? (recorded.leadsTo ?? path) : path;
}

/**
 * Whether the folder lies on the file system where it lay, or where it is configured to lie. Where
 * nothing is recorded, a folder on a disk can only be judged by what is in it.
 */
export function isWanted(
  { recorded }: Pick<Judging, 'recorded'>,
  objects: ObjectFolder,
  place: FolderPlace,
): boolean {
  if (objects.kind === 'nfs') return place.mount.source === objects.source;
  if (recorded === undefined) return place.on !== 'nfs';
  const isSamePath = recorded.path === objects.path;
  return place.on === recorded.on && (!isSamePath || place.resolved === pathOf(objects, recorded));
}

interface Judged {
  readonly isEmpty: boolean;
  /** What is to be said of the folder; empty, or begins with a comma. */
  readonly seen: string;
}

function inWords(judged: {
  readonly isEmpty: boolean;
  readonly isStrange: boolean;
  readonly isMarked: boolean;
  readonly marker: string;
}): string {
  const { isEmpty, isStrange, isMarked, marker } = judged;
  if (isStrange) return `, NOT the one that was backed up: its marker says "${marker}"`;
  if (isEmpty) return ', and is empty';
  return isMarked && marker !== '' ? ', the one that was backed up' : '';
}

/** Refuses another export and an empty one; tells of an empty one that can be filled. */
export async function judge(input: Judging, remote: Remote, place: FolderPlace): Promise<Judged> {
  const { machine, objects, recorded, acknowledged, canBeFilled } = input;
  const entry = await remote.read(storage.readAnyEntry(place.resolved));
  const marker = await remote.read(storage.readMarker(place.resolved));
  const isMarked = recorded?.marker !== undefined;
  const at = `${objects.path} on ${machine.instanceId}`;
  const isStrange = isMarked && marker !== recorded.marker && (marker !== '' || entry !== '');
  if (isStrange && !acknowledged) {
    throw refuse(
      'ObjectsNotTheSame',
      `${place.mount.source} at ${at} is another object storage than the one that was backed up: ` +
        `its marker says "${marker}", not "${recorded.marker ?? ''}". Mount the right one, then retry.`,
    );
  }
  const isEmpty = entry === '' && recorded?.wasEmpty !== true;
  if (!isEmpty || acknowledged || canBeFilled) {
    return { isEmpty, seen: inWords({ isEmpty, isStrange, isMarked, marker }) };
  }
  throw refuse(
    'ObjectsEmpty',
    `${at} is mounted from ${place.mount.source}, and is empty. No snapshot of restic is known ` +
      'that could fill it. Bring the files back, then retry; or abort, and start again with ' +
      '"acknowledge":["object-storage"].',
  );
}
