/**
 * Ensure that the objects are mounted back to the same location, before the app starts.
 *
 * Looks at: the app's storage settings, symlinks and mounts; the marker file in an NFS export;
 * whether the folder is empty. Changes: mounts the export or volume where it was.
 * Safe to repeat because: what is mounted already is left alone, and judged all the same.
 * Fails with: ObjectStorageDiffers, ObjectsNotMounted, ObjectsNotTheSame, ObjectsEmpty,
 * AppNotStopped.
 */
import { refuse } from '../../contract/failures';
import type { Machine } from '../../contract/plan';
import {
  placeOfFolder,
  type FolderPlace,
  type ObjectFolder,
  type ObjectStorage,
} from '../../machine/storage/object-storage';
import type { RecordedObjects } from '../../machine/backups/object-tags';
import * as storage from '../../machine/storage/storage-commands';
import type { World } from '../../world';
import type { Outcome } from '../frame/attempt';
import {
  lookAtFolder,
  lookAtObjects,
  pathInWords,
  placeInWords,
  whatRuns,
} from '../parts/app/object-storage';
import { onMachine, type Remote } from '../frame/on-machine';
import { isWanted, judge, pathOf } from '../parts/app/mounted-objects';

export interface MountInput {
  readonly machine: Machine;
  readonly region: string;
  readonly objects: ObjectStorage;
  /** What the image's tags say; absent for an image whose backup did not look. */
  readonly recorded?: RecordedObjects | undefined;
  /** Whether a person knows that the objects may be missing. */
  readonly acknowledged: boolean;
  /** Nothing of Replicated runs: then the app is not asked where its objects are. */
  readonly isSilent?: boolean;
  /** Whether restic can fill an empty folder later. */
  readonly canBeFilled: boolean;
}

export interface Mounted extends Outcome {
  /** The folder holds nothing, though it did at the backup. */
  readonly isEmpty: boolean;
}

export const mountObjects =
  (world: World) =>
  (input: MountInput): Promise<Mounted> =>
    onMachine(world, input.machine, async (remote) => {
      const { objects, machine, isSilent = false } = input;
      const seen = await lookAtObjects(remote, machine, { objects, isSilent });
      if (objects.kind === 's3') {
        const [instance] = await world.ec2(input.region).instances({ ids: [machine.instanceId] });
        const profile = instance?.instanceProfile ?? 'none, so only keys in the app can let it in';
        const note = `nothing to mount: the objects are ${placeInWords(objects)}, as the app says; instance profile: ${profile}`;
        return { note, notNeeded: true, isEmpty: false };
      }
      const found = placeOfFolder(seen);
      const isThere = found !== undefined && isWanted(input, objects, found);
      const place = isThere ? found : await mount({ ...input, objects }, remote, found);
      const { isEmpty, seen: what } = await judge({ ...input, objects }, remote, place);
      const where = place.on === 'root' ? 'the root volume' : place.mount.source;
      return {
        note: `${pathInWords(objects.path, place)} is on ${where}` + what,
        notNeeded: isThere,
        isEmpty,
      };
    });

type FolderInput = MountInput & { readonly objects: ObjectFolder };

async function mount(
  input: FolderInput,
  remote: Remote,
  found: FolderPlace | undefined,
): Promise<FolderPlace> {
  const { machine, objects, recorded } = input;
  const running = await whatRuns(remote, machine);
  if (running !== undefined) {
    throw refuse(
      'AppNotStopped',
      `Nothing is mounted at ${objects.path} on ${machine.instanceId} while the app runs on what ` +
        `lies there; seen: ${running}. Stop it in the Management Console; then retry.`,
    );
  }
  const target = recorded?.mount?.target ?? pathOf(objects, recorded);
  if (found?.on === 'nfs') throw otherExport(input, found);
  const isNfs = objects.kind === 'nfs';
  const options = isNfs ? (objects.options ?? recorded?.mount?.options) : undefined;
  const order = isNfs
    ? storage.mountExport({ target, source: objects.source, options })
    : storage.mountByFstab(target);
  const { stderr } = await remote.run(order);
  const place = placeOfFolder(await lookAtFolder(remote, objects));
  if (place && isWanted(input, objects, place)) return place;
  const what = isNfs ? objects.source : (recorded?.mount?.source ?? 'what was there');
  throw refuse(
    'ObjectsNotMounted',
    `${what} could not be mounted at ${target} on ${machine.instanceId}: ` +
      `${stderr.trim().slice(-300) || `${objects.path} is on ${place?.mount.source ?? 'nothing'}`}. ` +
      'The app is not started over an empty directory. Mount it by hand, or mend what is said; ' +
      'then retry.',
  );
}

function otherExport({ machine, objects }: FolderInput, place: FolderPlace) {
  return refuse(
    'ObjectsNotTheSame',
    `${objects.path} on ${machine.instanceId} is mounted from ${place.mount.source}, not from where ` +
      'runbook.yaml says. Unmount it, or correct objectStorage.source; then retry.',
  );
}
