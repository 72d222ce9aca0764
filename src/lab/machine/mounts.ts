/**
 * The machine's mount table. An NFS export is a folder of the lab that outlives the machine; the
 * files of an EBS volume of its own lie in the machine's own folder, where an image finds them.
 */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Core } from './core';

/** A line of the table. */
export interface MountEntry {
  readonly target: string;
  readonly source: string;
  readonly fstype: string;
  readonly options: string;
  /** The folder on the host that is seen there. */
  readonly folder?: string | undefined;
}

const usual = 'rw,relatime';
const always: readonly MountEntry[] = [
  { target: '/sys', source: 'sysfs', fstype: 'sysfs', options: usual },
  { target: '/proc', source: 'proc', fstype: 'proc', options: usual },
  { target: '/dev', source: 'udev', fstype: 'devtmpfs', options: usual },
  { target: '/run', source: 'tmpfs', fstype: 'tmpfs', options: usual },
  { target: '/', source: '/dev/xvda1', fstype: 'ext4', options: usual },
];

/** What is mounted now, with the mounts that a trap adds. */
export function mountsOf(core: Core): MountEntry[] {
  const { traps, mounted } = core.state.volatile;
  const { nomadIsMount, mounts = [] } = traps;
  const nomad = nomadIsMount === true ? '/opt/nomad' : nomadIsMount;
  const further = mounts.flatMap((line) => {
    const [target, source, fstype] = line.split(' ');
    return target && source && fstype ? [{ target, source, fstype, options: usual }] : [];
  });
  return [
    ...always,
    ...(nomad === undefined || nomad === false
      ? []
      : [{ target: nomad, source: '/dev/xvdf', fstype: 'ext4', options: usual }]),
    ...further,
    ...mounted,
  ];
}

/** What somebody wants to mount. */
export interface MountWish {
  readonly source: string;
  readonly target: string;
  readonly options: string;
}

/** Mounts; gives what `mount` says when it cannot. */
export function mountOn(core: Core, { source, target, options }: MountWish): string | undefined {
  const { volatile } = core.state;
  if (!isOwnFolder(core.root, target)) {
    return `mount: ${target}: mount point does not exist.`;
  }
  const given = options
    .split(',')
    .filter((option) => !/^(rw|_netdev|nofail|defaults)$/.test(option));
  const isNfs = /^[^/]+:\//.test(source);
  const folder = isNfs ? core.surroundings.exportAt(source) : undefined;
  if (isNfs ? folder === undefined : !source.startsWith('/dev/')) {
    return isNfs
      ? 'mount.nfs: Connection timed out'
      : `mount: special device ${source} does not exist.`;
  }
  // The kernel adds what it found out: two addresses, of which one is this machine's.
  const found = isNfs ? [`clientaddr=${core.privateAddress}`, 'addr=10.0.3.4'] : [];
  volatile.mounted.push({
    source,
    target,
    fstype: isNfs ? 'nfs4' : 'ext4',
    options: ['rw', ...given, ...found].filter(Boolean).join(','),
    folder,
  });
  core.state.save();
  core.note('unit', `${source} is mounted at ${target}`);
  return undefined;
}

/** Takes the latest mount of the target off; false when there is none. */
export function unmountOn(core: Core, target: string): boolean {
  const { volatile } = core.state;
  const at = volatile.mounted.findLastIndex((mount) => mount.target === target);
  if (at < 0) return false;
  volatile.mounted.splice(at, 1);
  core.state.save();
  return true;
}

/** The lines of /etc/fstab. */
export function fstabOf({ root }: Core): MountWish[] {
  const path = join(root, 'etc/fstab');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [source = '', target = '', , options = ''] = line.trim().split(/\s+/);
      return source === '' || source.startsWith('#') ? [] : [{ source, target, options }];
    });
}

// A symlink that root made inside must not lead the lab to a folder of the host.
function isOwnFolder(root: string, target: string): boolean {
  try {
    const path = join(root, target);
    return realpathSync(path) === join(realpathSync(root), target) && statSync(path).isDirectory();
  } catch {
    return false;
  }
}
