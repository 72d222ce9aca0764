/**
 * Backing up Object Storage: what the image does not hold is backed up separately.
 *
 * Looks at: the app's storage settings, symlinks and mounts on the machine; the block devices of the
 * instance and of the image; the snapshots in restic's repository. Changes: writes a marker file
 * into an NFS export, once; runs `restic backup`; tags the image with what was found.
 * Safe to repeat because: the first marker stays; a restic that runs is followed, a snapshot of this
 * run is adopted; the tags are the same each time.
 * A volume that the image does not hold is left to restic, if there is one.
 * Fails with: ObjectStorageDiffers, ObjectsNotInImage, ResticFailed, CommandFailed.
 */
import { refuse } from '../../contract/failures';
import type { Machine } from '../../contract/plan';
import {
  devicesOf,
  reusableOptions,
  type FolderPlace,
  type ObjectFolder,
  type ObjectStorage,
  type ResticPlace,
} from '../../machine/storage/object-storage';
import { encodeObjects, type RecordedObjects } from '../../machine/backups/object-tags';
import { newestSnapshot } from '../../machine/storage/restic';
import * as storage from '../../machine/storage/storage-commands';
import type { World } from '../../world';
import type { Outcome, Say } from '../frame/attempt';
import {
  differs,
  folderOf,
  lookAtStorage,
  pathInWords,
  placeInWords,
} from '../parts/app/object-storage';
import { onMachine, type Remote } from '../frame/on-machine';
import { checkRestic, orderOf, runRestic } from '../parts/app/run-restic';

export interface ObjectsInput {
  readonly machine: Machine;
  readonly region: string;
  readonly imageId: string;
  readonly objects: ObjectStorage;
  /** First run id: tells this run's snapshot and log from others. */
  readonly id: string;
}

export interface BackedUp extends Outcome {
  /** Whether image or restic holds the objects, or nothing needs to. */
  readonly isHeld: boolean;
  /** What a person must know besides, for the report. */
  readonly warnings: readonly string[];
}

export const backUpObjects =
  (world: World) =>
  ({ objects, ...input }: ObjectsInput, say: Say): Promise<BackedUp> =>
    onMachine(world, input.machine, async (remote) => {
      const seen = await lookAtStorage(remote, input.machine, objects);
      if (objects.kind === 's3') {
        return {
          note: `nothing to back up: the objects are ${placeInWords(objects)}`,
          notNeeded: true,
          isHeld: true,
          warnings: [],
        };
      }
      const place = folderOf(input.machine, objects, seen);
      refuseOtherPlace(input.machine, objects, place);
      const job = { ...input, world, remote, say, objects, place };
      const image =
        place.on === 'nfs' ? { isHeld: false, note: '' } : await askImage(job, objects.restic);
      const saved = await save(job);
      const recorded = await record(job, saved?.restic);
      await world.ec2(input.region).tag([input.imageId], encodeObjects(recorded));
      const snapshot = saved?.restic.snapshot.slice(0, 8);
      const notes = [
        `${pathInWords(objects.path, place)} is on ${place.on === 'root' ? 'the root volume' : place.mount.source}`,
        image.note,
        snapshot === undefined ? '' : `restic snapshot ${snapshot}`,
        place.on === 'nfs' && snapshot === undefined
          ? 'NOT backed up: no restic is configured'
          : '',
        saved?.lacking ?? '',
      ];
      return {
        note: notes.filter((one) => one !== '').join('; '),
        isHeld: image.isHeld || saved !== undefined,
        warnings: saved?.lacking === undefined ? [] : [`Object storage: ${saved.lacking}.`],
      };
    });

interface Job extends Omit<ObjectsInput, 'objects'> {
  readonly world: World;
  readonly remote: Remote;
  readonly say: Say;
  readonly objects: ObjectFolder;
  readonly place: FolderPlace;
}

function refuseOtherPlace(machine: Machine, objects: ObjectFolder, place: FolderPlace): void {
  const { path } = objects;
  const at = pathInWords(path, place);
  if (objects.kind === 'disk' && place.on === 'nfs') {
    throw differs(machine, objects, `${at} is on the NFS export ${place.mount.source}`);
  }
  if (objects.kind === 'nfs' && place.mount.source !== objects.source) {
    throw differs(
      machine,
      objects,
      place.on === 'nfs'
        ? `${at} is on another export, ${place.mount.source}, not ${objects.source}`
        : `${at} is on ${place.mount.source}: no export is mounted there`,
    );
  }
}

/**
 * Proves by the image's block devices that the image has the volume of the folder. Refuses when it
 * has not, unless restic is there to hold the files.
 */
async function askImage(
  { world, remote, ...job }: Job,
  restic: ResticPlace | undefined,
): Promise<{ readonly isHeld: boolean; readonly note: string }> {
  const { machine, region, imageId, place, objects } = job;
  if (place.on === 'root') return { isHeld: true, note: `${imageId} holds it` };
  const ec2 = world.ec2(region);
  const [instance] = await ec2.instances({ ids: [machine.instanceId] });
  const [image] = await ec2.images({ ids: [imageId] });
  const { source } = place.mount;
  const volumeId = await remote.read(storage.readVolumeId(source));
  const attached = instance?.volumes.find(
    (one) => one.volumeId === volumeId || devicesOf(source).includes(one.device),
  );
  const disk = image?.disks.find(({ device }) => device === attached?.device);
  if (attached && disk?.snapshotId) {
    const note = `${imageId} holds ${attached.volumeId} (${attached.device}) as ${disk.snapshotId}`;
    return { isHeld: true, note };
  }
  if (restic) return { isHeld: false, note: `${imageId} does NOT hold it, only restic does` };
  const devices = image?.disks.map(({ device }) => device).join(', ');
  throw refuse(
    'ObjectsNotInImage',
    `${pathInWords(objects.path, place)} on ${machine.instanceId} is on ${source} ` +
      `(${attached?.volumeId ?? 'no EBS volume that EC2 tells of'}), and ${imageId} holds no ` +
      `snapshot of it: it has ${devices ?? 'nothing'}. Back it up by other means, then skip.`,
  );
}

async function record(job: Job, saved: RecordedObjects['restic']): Promise<RecordedObjects> {
  const { remote, objects, place } = job;
  const { resolved, mount } = place;
  const marker = await mark(job);
  const fstab = await remote.read(storage.readFstabLine(mount.target));
  const isEmpty = (await remote.read(storage.readAnyEntry(resolved))) === '';
  return {
    kind: objects.kind,
    path: objects.path,
    on: place.on,
    ...(resolved === objects.path ? {} : { leadsTo: resolved }),
    ...(place.on === 'root'
      ? {}
      : {
          mount: {
            ...mount,
            options: reusableOptions(mount.options ?? ''),
            ...(fstab === '' ? {} : { fstab }),
          },
        }),
    ...(marker === undefined ? {} : { marker }),
    ...(isEmpty ? { wasEmpty: true } : {}),
    ...(saved === undefined ? {} : { restic: saved }),
  };
}

/** Marks an export; the first marker stays. */
async function mark({ machine, remote, place, id }: Job): Promise<string | undefined> {
  if (place.on !== 'nfs') return undefined;
  return remote.read(storage.writeMarker(place.resolved, `${machine.installation} ${id}`));
}

interface Saved {
  readonly restic: NonNullable<RecordedObjects['restic']>;
  /** Which files the snapshot lacks, in words; undefined when it has all. */
  readonly lacking?: string | undefined;
}

/** Backs the files up with restic, where it is configured; the marker with them. */
async function save(job: Job): Promise<Saved | undefined> {
  const { world, machine, remote, say, objects, place, id } = job;
  const { restic } = objects;
  if (restic === undefined) return undefined;
  await mark(job);
  const order = orderOf(restic, machine, { kind: 'backup', id });
  const tag = `run-${id}`;
  await checkRestic(remote, machine, order);
  const look = async () => newestSnapshot(await remote.read(storage.readSnapshots(order, tag)));
  const path = place.resolved;
  const start = storage.startResticBackup({ ...order, host: machine.installation, tag, path });
  const what = `backup of ${path}`;
  const work = { machine, remote, say, order, start, what, mayLackFiles: true };
  const { lacksFiles } = await runRestic(world, work);
  const snapshot = await look();
  if (snapshot) {
    const lacking = lacksFiles
      ? `restic could NOT read some files, which snapshot ${snapshot.id.slice(0, 8)} lacks: its log ` +
        `on ${machine.instanceId} is ${order.folder}/log`
      : undefined;
    return { restic: { repository: order.repository, snapshot: snapshot.id }, lacking };
  }
  await remote.read(storage.forgetResticOutcome(order));
  throw refuse(
    'ResticFailed',
    `restic backup of ${path} on ${machine.instanceId} has ended, but ${order.repository} has no ` +
      `snapshot with the tag ${tag}. Somebody may have removed it: retry makes another.`,
  );
}
