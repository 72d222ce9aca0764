/**
 * Proves that a drill's app will not work on the object storage of the live installation.
 *
 * Looks at: the app's storage settings, symlinks and mounts. Changes: nothing. Safe to repeat
 * because: it only reads. Fails with: QuarantineBroken, ObjectStorageDiffers.
 */
import { refuse } from '../contract/failures';
import type { Machine } from '../contract/plan';
import { placeOfFolder, type ObjectFolder } from '../machine/object-storage';
import type { World } from '../world';
import type { Outcome } from './attempt';
import { lookAtStorage } from './object-storage';
import { onMachine } from './on-machine';

export interface UnsharedInput {
  readonly machine: Machine;
  readonly objects: ObjectFolder;
}

export const proveUnshared =
  (world: World) =>
  ({ machine, objects }: UnsharedInput): Promise<Outcome> =>
    onMachine(world, machine, async (remote) => {
      const place = placeOfFolder(await lookAtStorage(remote, machine, objects));
      if (place?.on !== 'nfs') {
        return { note: `${objects.path} is not mounted from ${objects.kind}, as it must not be` };
      }
      throw refuse(
        'QuarantineBroken',
        `${objects.path} on ${machine.instanceId} is mounted from ${place.mount.source}: the app of ` +
          'this drill would work on the files of the live machine. Let the quarantine security group ' +
          'reach no NFS server, then start again.',
      );
    });
