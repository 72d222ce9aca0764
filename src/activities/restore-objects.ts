/**
 * Brings the files of the object storage back from restic's repository, to where they were.
 *
 * Looks at: the outcome of this run's restore on the machine; the folder afterwards.
 * Changes: `restic restore` of the snapshot that the image's tags name; nothing is deleted.
 * Safe to repeat because: a restic that runs is followed, one that has ended well is not repeated,
 * and a restore overwrites a file with what it was.
 * Fails with: ResticFailed, ObjectsEmpty, ObjectsNotTheSame.
 */
import { refuse } from '../contract/failures';
import type { Machine } from '../contract/plan';
import type { ResticPlace } from '../machine/object-storage';
import type { RecordedObjects } from '../machine/object-tags';
import * as storage from '../machine/storage-commands';
import type { World } from '../world';
import type { Outcome, Say } from './attempt';
import { onMachine } from './on-machine';
import { checkRestic, orderOf, runRestic } from './run-restic';

export interface FillInput {
  readonly machine: Machine;
  readonly restic: ResticPlace;
  readonly recorded: RecordedObjects;
  /** First run id: tells this run's log from others. */
  readonly id: string;
}

export const restoreObjects =
  (world: World) =>
  ({ machine, restic, recorded, id }: FillInput, say: Say): Promise<Outcome> =>
    onMachine(world, machine, async (remote) => {
      const { snapshot, repository } = recorded.restic ?? { snapshot: '', ...restic };
      const path = recorded.leadsTo ?? recorded.path;
      const order = orderOf({ ...restic, repository }, machine, `restore-${id}`);
      await checkRestic(remote, machine, order);
      const start = storage.startResticRestore(order, snapshot);
      await runRestic(world, { machine, remote, say, order, start, what: `restore of ${path}` });
      const entry = await remote.read(storage.readAnyEntry(path));
      const marker = await remote.read(storage.readMarker(path));
      const isSame = recorded.marker === undefined || marker === recorded.marker;
      if (entry !== '' && isSame) {
        return { note: `${path} is back from restic snapshot ${snapshot.slice(0, 8)}` };
      }
      await remote.read(storage.forgetResticOutcome(order));
      throw refuse(
        entry === '' ? 'ObjectsEmpty' : 'ObjectsNotTheSame',
        `restic restored snapshot ${snapshot} on ${machine.instanceId}, but ${path} ` +
          `${entry === '' ? 'is empty' : `bears the marker "${marker}"`}. Look at its log in ` +
          `${order.folder}, then retry.`,
      );
    });
