/**
 * The volumes that a machine has besides its root. The files of each lie in a folder of its own
 * beside the root, where an image finds them: what is not mounted is not seen.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Core } from './core';
import { copyTree } from './tree';

const fileSystem = z.object({
  /** As EC2 names it. */
  device: z.string(),
  uuid: z.string(),
  label: z.string().optional(),
  fstype: z.string(),
});
type FileSystem = z.infer<typeof fileSystem>;

/** A volume as the machine's kernel shows it. */
export interface Disk extends FileSystem {
  /** `/dev/xvdf`, or on NVMe types `/dev/nvme1n1`: which number it gets is nobody's to choose. */
  readonly name: string;
  /** Its files on the host. */
  readonly folder: string;
  readonly volumeId?: string | undefined;
}

/** The root volume keeps its identity through every image. */
export const rootUuid = '7a8c0f6e-2d51-4c0e-9d3f-0b6a5e1c9a11';
export const rootLabel = 'cloudimg-rootfs';

/** The root's partition, by the naming of the machine's type. */
export function rootPartition({ isNvme }: Pick<Core, 'isNvme'>): string {
  return isNvme ? '/dev/nvme0n1p1' : '/dev/xvda1';
}

/** The volumes besides the root, in the order of EC2's devices. */
export function disksOf(core: Core): Disk[] {
  const folder = disksFolder(core.root);
  const names = existsSync(folder)
    ? readdirSync(folder).filter((name) => name.endsWith('.json'))
    : [];
  const found = names.sort().map((name) => {
    const about = fileSystem.parse(JSON.parse(readFileSync(join(folder, name), 'utf8')));
    return { ...about, folder: join(folder, name.slice(0, -'.json'.length)) };
  });
  return found.map((disk, at) => ({
    ...disk,
    // The kernel counts them as they answer: here the last comes first.
    name: core.isNvme
      ? `/dev/nvme${String(found.length - at)}n1`
      : disk.device.replace('/dev/sd', '/dev/xvd'),
    volumeId: core.volumeAt(disk.device),
  }));
}

/** What somebody attaches and formats. */
export interface NewDisk extends Partial<FileSystem> {
  readonly device: string;
  /** A folder of the machine whose files move to it. */
  readonly holds?: string | undefined;
}

/** Attaches a volume with a file system; what it holds is moved there, and not mounted yet. */
export function addDisk(core: Core, { holds, ...given }: NewDisk): Disk {
  const name = given.device.slice('/dev/'.length);
  const about: FileSystem = { uuid: uuidOf(core.instanceId + name), fstype: 'ext4', ...given };
  const folder = join(disksFolder(core.root), name);
  mkdirSync(join(folder, '..'), { recursive: true });
  if (holds === undefined) {
    mkdirSync(folder);
  } else {
    renameSync(join(core.root, holds), folder);
    mkdirSync(join(core.root, holds));
  }
  if (about.fstype.startsWith('ext')) mkdirSync(join(folder, 'lost+found'), { recursive: true });
  writeFileSync(`${folder}.json`, JSON.stringify(about));
  const disk = disksOf(core).find(({ device }) => device === given.device);
  if (disk === undefined) throw new Error(`${given.device} is not there`);
  return disk;
}

/** The disks of a machine or image, copied to where another is made. */
export function copyDisks(from: string, to: string): void {
  if (existsSync(join(from, 'disks'))) copyTree(join(from, 'disks'), join(to, 'disks'));
}

/** Takes away what was not attached: an image holds only the volumes of its mapping. */
export function keepDisks(folder: string, devices: readonly string[]): void {
  const disks = join(folder, 'disks');
  const kept = devices.map((device) => device.slice('/dev/'.length));
  for (const name of existsSync(disks) ? readdirSync(disks) : []) {
    if (!kept.includes(name.replace(/\.json$/, ''))) {
      rmSync(join(disks, name), { recursive: true, force: true });
    }
  }
}

function disksFolder(root: string): string {
  return join(root, '../disks');
}

// The same for the same machine and device, so that a lab tells its story again.
function uuidOf(seed: string): string {
  const hex = Buffer.from(seed).toString('hex').padEnd(32, '0').slice(-32);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
