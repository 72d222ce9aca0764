/**
 * Brings the files of the object storage back from restic's repository, to where they were.
 *
 * Looks at: whether the app is stopped, and the place of the folder, both just before; the
 * outcome of this run's restore on the machine; the folder afterwards.
 * Changes: `restic restore` of the snapshot that the image's tags name; nothing is deleted.
 * Safe to repeat because: a restic that runs is followed, one that has ended well is not repeated,
 * and a restore overwrites a file with what it was.
 * Fails with: AppNotStopped, ObjectsNotMounted, ObjectStorageDiffers, ResticFailed, ObjectsEmpty,
 * ObjectsNotTheSame.
 */
import { refuse } from '../../contract/failures';
import type { Machine } from '../../contract/plan';
import {
  placeOfFolder,
  type FolderPlace,
  type ObjectFolder,
  type ResticPlace,
} from '../../machine/storage/object-storage';
import type { RecordedObjects } from '../../machine/backups/object-tags';
import * as storage from '../../machine/storage/storage-commands';
import type { World } from '../../world';
import type { Outcome, Say } from '../frame/attempt';
import { judge, isWanted } from '../parts/app/mounted-objects';
import { lookAtObjects, whatRuns } from '../parts/app/object-storage';
import { onMachine, type Remote } from '../frame/on-machine';
import { checkRestic, orderOf, runRestic } from '../parts/app/run-restic';

export interface FillInput {
  readonly machine: Machine;
  readonly region: string;
  readonly objects: ObjectFolder;
  readonly restic: ResticPlace;
  readonly recorded: RecordedObjects;
  /** Nothing of Replicated runs: then the app is not asked where its objects are. */
  readonly isSilent?: boolean;
  /** First run id: tells this run's log from others. */
  readonly id: string;
}

export const restoreObjects =
  (world: World) =>
  (input: FillInput, say: Say): Promise<Outcome> =>
    onMachine(world, input.machine, async (remote) => {
      const { machine, restic, recorded, id } = input;
      const { snapshot, repository } = recorded.restic ?? { snapshot: '', ...restic };
      const place = await lookAgain(input, remote);
      const path = place.resolved;
      const order = orderOf({ ...restic, repository }, machine, { kind: 'restore', id });
      await checkRestic(remote, machine, order);
      const start = storage.startResticRestore(order, snapshot);
      await runRestic(world, { machine, remote, say, order, start, what: `restore of ${path}` });
      try {
        await judge({ ...input, acknowledged: false, canBeFilled: false }, remote, place);
      } catch (error) {
        // Else a retry would follow the restic that has ended.
        await remote.read(storage.forgetResticOutcome(order));
        throw error;
      }
      return { note: `${path} is back from restic snapshot ${snapshot.slice(0, 8)}` };
    });

/**
 * The folder that restic is about to fill. An approval may have waited for hours: the app may run,
 * and the mount may be gone, so that restic would fill the root volume beneath it.
 */
async function lookAgain(
  { machine, objects, recorded, isSilent = false }: FillInput,
  remote: Remote,
): Promise<FolderPlace> {
  const running = await whatRuns(remote, machine);
  if (running !== undefined) {
    throw refuse(
      'AppNotStopped',
      `restic restores nothing to ${objects.path} on ${machine.instanceId} while the app runs on ` +
        `what lies there; seen: ${running}. Stop it in the Management Console; then retry.`,
    );
  }
  const place = placeOfFolder(await lookAtObjects(remote, machine, { objects, isSilent }));
  if (place === undefined || !isWanted({ recorded }, objects, place)) {
    throw refuse(
      'ObjectsNotMounted',
      `restic restores nothing to ${objects.path} on ${machine.instanceId}: it is on ` +
        `${place?.mount.source ?? 'nothing'}, no longer where it was to be mounted. Mount it by ` +
        'hand; then retry.',
    );
  }
  const wanted = recorded.leadsTo ?? recorded.path;
  if (place.resolved === wanted) return place;
  throw refuse(
    'ObjectStorageDiffers',
    `restic would fill ${wanted} on ${machine.instanceId}, from where the snapshot was made, but ` +
      `the app's objects are in ${place.resolved}. Let the symlink lead there again, or abort and ` +
      'restore the snapshot by hand.',
  );
}
