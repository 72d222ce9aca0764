/**
 * The machine's mount table. An NFS export is a folder of the lab that outlives the machine; the
 * files of a volume lie in a folder of its own (`disks.ts`), seen only while it is mounted.
 */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Core } from './core';
import { disksOf, rootLabel, rootPartition, rootUuid } from './disks';

/** A line of the table. */
export interface MountEntry {
  readonly target: string;
  readonly source: string;
  readonly fstype: string;
  readonly options: string;
  readonly uuid?: string | undefined;
  readonly label?: string | undefined;
  /** The folder on the host that is seen there. */
  readonly folder?: string | undefined;
}

const usual = 'rw,relatime';
const always: readonly MountEntry[] = [
  { target: '/sys', source: 'sysfs', fstype: 'sysfs', options: usual },
  { target: '/proc', source: 'proc', fstype: 'proc', options: usual },
  { target: '/dev', source: 'udev', fstype: 'devtmpfs', options: usual },
  { target: '/run', source: 'tmpfs', fstype: 'tmpfs', options: usual },
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
  const root = { uuid: rootUuid, label: rootLabel, fstype: 'ext4', options: usual };
  return [
    ...always,
    { target: '/', source: rootPartition(core), ...root },
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

/**
 * Mounts what /etc/fstab says, and gives the target without which the boot does not go on: a device
 * that is not there is passed over in silence only with `nofail`; shares are not waited for.
 */
export function mountAtBoot(core: Core): string | undefined {
  for (const line of fstabOf(core)) {
    const options = line.options.split(',');
    if (options.includes('noauto')) continue;
    const failure = mountOn(core, line);
    const isMissing = failure !== undefined && /does not exist\.$|can't find/.test(failure);
    const isWaitedFor = !isExport(line.source) && !options.includes('nofail');
    const isDevice = failure?.includes('mount point') !== true && line.target !== '/';
    if (isMissing && isWaitedFor && isDevice) return line.target;
  }
  return undefined;
}

/** The boot waits for a person at the console, and nothing else happens until the next one. */
export function stopBootAt(core: Core, target: string): void {
  core.state.volatile.stuckAt = target;
  core.state.save();
  core.note('boot', `${core.instanceId} is in emergency mode: ${target} is not mounted`);
}

/** Mounts; gives what `mount` says when it cannot. */
export function mountOn(core: Core, wish: MountWish): string | undefined {
  const { source, target, options } = wish;
  const { volatile } = core.state;
  if (!isOwnFolder(core, target)) {
    return `mount: ${target}: mount point does not exist.`;
  }
  const found = whatIsAt(core, wish);
  if (typeof found === 'string') return found;
  const given = options
    .split(',')
    .filter((option) => !/^(rw|_netdev|nofail|defaults|bind|noauto)$/.test(option));
  // The kernel adds what it found out: two addresses, of which one is this machine's.
  const learned = isExport(source) ? [`clientaddr=${core.privateAddress}`, 'addr=10.0.3.4'] : [];
  const mode = given.includes('ro') ? [] : ['rw'];
  volatile.mounted.push({
    ...found,
    target,
    options: [...mode, ...given, ...learned].filter(Boolean).join(','),
  });
  core.state.save();
  core.note('unit', `${found.source} is mounted at ${target}`);
  return undefined;
}

function isExport(source: string): boolean {
  return /^[^/]+:\//.test(source);
}

type Found = Omit<MountEntry, 'target' | 'options'>;

/** What a mount of the source shows, or why there is nothing to show. */
function whatIsAt(core: Core, { source, options }: MountWish): Found | string {
  if (isExport(source)) {
    const folder = core.surroundings.exportAt(source);
    return folder === undefined
      ? 'mount.nfs: Connection timed out'
      : { source, fstype: 'nfs4', folder };
  }
  if (options.split(',').includes('bind')) {
    const under = holderOf(core, source);
    const sub = source.slice(under.target.length).replace(/^\/?/, '/');
    const { uuid, label, fstype } = under;
    const folder = folderOn(core, source);
    return { source: `${under.source}[${sub}]`, fstype, uuid, label, folder };
  }
  const [, kind, id] = /^(UUID|LABEL)=(.*)$/.exec(source) ?? [];
  const disk = disksOf(core).find((one) =>
    kind === undefined ? one.name === source : (kind === 'UUID' ? one.uuid : one.label) === id,
  );
  if (disk === undefined) {
    return kind === undefined
      ? `mount: special device ${source} does not exist.`
      : `mount: can't find ${source}.`;
  }
  const { name, fstype, uuid, label, folder } = disk;
  return { source: name, fstype, uuid, label, folder };
}

/** The mount that a path lies on. */
function holderOf(core: Core, path: string): MountEntry {
  const [first, ...others] = mountsOf(core).filter(
    ({ target }) => target === '/' || path === target || path.startsWith(`${target}/`),
  );
  if (first === undefined) throw new Error(`nothing is mounted at ${path}`);
  return others.reduce(
    (best, one) => (one.target.length >= best.target.length ? one : best),
    first,
  );
}

/** Where the files of a path lie on the host: on what is mounted there, or on the root volume. */
export function folderOn(core: Core, path: string): string {
  const { target, folder } = holderOf(core, path);
  return folder === undefined ? join(core.root, path) : join(folder, path.slice(target.length));
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
function isOwnFolder(core: Core, target: string): boolean {
  try {
    const path = folderOn(core, target);
    const { folder = core.root } = holderOf(core, target);
    const rest = path.slice(folder.length);
    return realpathSync(path) === join(realpathSync(folder), rest) && statSync(path).isDirectory();
  } catch {
    return false;
  }
}
