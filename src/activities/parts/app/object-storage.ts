/** What the activities about the object storage have in common: what the machine says of it. */
import { refuse } from '../../../contract/failures';
import type { Machine } from '../../../contract/plan';
import {
  contradiction,
  placeOfFolder,
  type FolderPlace,
  type ObjectStorage,
  type StorageSeen,
} from '../../../machine/storage/object-storage';
import * as storage from '../../../machine/storage/storage-commands';
import { lookAtApp, isDown } from './app';
import { itemOf } from '../machine/config-item';
import { mountTable } from '../machine/mount-table';
import type { Remote } from '../../frame/on-machine';
import { readSounds } from './quarantine';

/** Asks app, symlinks and mount table; refuses where the app contradicts the configuration. */
export async function lookAtStorage(
  remote: Remote,
  machine: Machine,
  objects: ObjectStorage,
): Promise<StorageSeen> {
  const seen: StorageSeen = {
    ...(await lookAtFolder(remote, objects)),
    backend: await itemOf(remote, 'storage_backend'),
    bucket: await itemOf(remote, 's3_bucket'),
    region: await itemOf(remote, 'aws_region'),
  };
  const problem = contradiction(objects, seen);
  if (problem === undefined) return seen;
  throw differs(machine, objects, problem);
}

/** Asks symlinks and mount table only: nothing of the app may run. */
export async function lookAtFolder(remote: Remote, objects: ObjectStorage): Promise<StorageSeen> {
  const isFolder = objects.kind !== 's3';
  return {
    backend: '',
    bucket: '',
    region: '',
    resolved: isFolder ? (await remote.run(storage.followPath(objects.path))).stdout.trim() : '',
    mounts: await mountTable(remote),
  };
}

/** With what the app says of them, unless nothing of Replicated runs that could say it. */
export function lookAtObjects(
  remote: Remote,
  machine: Machine,
  { objects, isSilent }: { readonly objects: ObjectStorage; readonly isSilent: boolean },
): Promise<StorageSeen> {
  return isSilent ? lookAtFolder(remote, objects) : lookAtStorage(remote, machine, objects);
}

/** What works on the objects now; undefined where the app is stopped, or the machine is silent. */
export async function whatRuns(remote: Remote, machine: Machine): Promise<string | undefined> {
  if ((await readSounds(remote, machine)).isStill) return undefined;
  const app = await lookAtApp(remote);
  return isDown(app) ? undefined : app.seen;
}

/** The folder of the objects; refuses when it is none. */
export function folderOf(
  machine: Machine,
  objects: Exclude<ObjectStorage, { kind: 's3' }>,
  seen: StorageSeen,
): FolderPlace {
  const place = placeOfFolder(seen);
  if (place) return place;
  throw differs(machine, objects, 'the path is no folder there');
}

/** The refusal for a machine that contradicts the configuration. */
export function differs(
  machine: Machine,
  objects: ObjectStorage,
  problem: string,
): ReturnType<typeof refuse> {
  return refuse(
    'ObjectStorageDiffers',
    `${machine.installation} keeps its objects ${placeInWords(objects)}, says runbook.yaml; but on ` +
      `${machine.instanceId} ${problem}. Look at the machine; correct objectStorage, restart the ` +
      'worker and start again.',
  );
}

/** `on nfs at /data/…`. */
export function placeInWords(objects: ObjectStorage): string {
  return objects.kind === 's3'
    ? `in the S3 bucket ${objects.bucket} (${objects.region})`
    : `on ${objects.kind} at ${objects.path}`;
}

/** The path, and where it leads when one of its parts is a symlink. */
export function pathInWords(path: string, { resolved }: FolderPlace): string {
  return path === resolved ? path : `${path} (a symlink to ${resolved})`;
}
