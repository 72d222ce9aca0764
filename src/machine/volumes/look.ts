/** What a machine says of its volumes, read from the commands' outputs. Pure. */
import type { Mount } from '../storage/mounts';

/** A mounted file system, with what it is known by. */
export interface VolumeMount extends Mount {
  readonly options: string;
  readonly uuid?: string;
  readonly label?: string;
}

/** A block device with a file system on it. */
export interface FileSystem {
  readonly device: string;
  readonly uuid?: string;
  readonly label?: string;
  readonly fstype?: string;
}

/** A line of /etc/fstab. */
export interface FstabLine {
  readonly source: string;
  readonly target: string;
  readonly fstype: string;
  readonly options: string;
  /** As it stands there, blanks made one. */
  readonly line: string;
}

/** A folder of the app. */
export interface FolderSeen {
  readonly path: string;
  /** With its symlinks followed. */
  readonly resolved: string;
  /** A file in it, by which one sees that it is not empty. */
  readonly sign: string;
}

/** The whole of it. */
export interface VolumesSeen {
  readonly mounts: readonly VolumeMount[];
  readonly fileSystems: readonly FileSystem[];
  readonly fstab: readonly FstabLine[];
  /** Those that exist. */
  readonly folders: readonly FolderSeen[];
}

/** Reads `findmnt -P`. */
export function parseMountPairs(text: string): VolumeMount[] {
  return text.split('\n').flatMap((line) => {
    const found = [...line.matchAll(/(?<![A-Z])([A-Z]{1,20})="([^"]*)"/g)];
    const pairs = new Map(found.map(([, key = '', value = '']) => [key, unescaped(value)]));
    const [target, source, fstype] = ['TARGET', 'SOURCE', 'FSTYPE'].map((key) => pairs.get(key));
    if (!target?.startsWith('/') || !source || !fstype) return [];
    const known = named({ uuid: pairs.get('UUID'), label: pairs.get('LABEL') });
    return [{ target, source, fstype, options: pairs.get('OPTIONS') ?? '', ...known }];
  });
}

/** Reads `blkid`: `/dev/xvdf: LABEL="data" UUID="…" TYPE="ext4"`. */
export function parseFileSystems(text: string): FileSystem[] {
  return text.split('\n').flatMap((line) => {
    const [, device, rest = ''] = /^(\/dev\/[^:]+):(.*)$/.exec(line) ?? [];
    const found = [...rest.matchAll(/ ([A-Z_]+)="((?:[^"\\]|\\.)*)"/g)];
    const pairs = new Map(found.map(([, key = '', value = '']) => [key, value]));
    const known = { uuid: pairs.get('UUID'), label: pairs.get('LABEL'), fstype: pairs.get('TYPE') };
    return device === undefined ? [] : [{ device, ...named(known) }];
  });
}

/** Reads /etc/fstab, which writes blanks in a name as `\040`. */
export function parseFstab(text: string): FstabLine[] {
  return text.split('\n').flatMap((raw) => {
    const words = raw.trim().split(/\s+/);
    const [source, target, fstype = 'auto', options = 'defaults'] = words.map(fromOctal);
    if (!source || source.startsWith('#') || !target?.startsWith('/')) return [];
    const line = words.join(' ');
    return [{ source: source.replaceAll('"', ''), target, fstype, options, line }];
  });
}

/** Reads `path|resolved|sign` lines. */
export function parseFolders(text: string): FolderSeen[] {
  return text.split('\n').flatMap((line) => {
    const [path, resolved, ...sign] = line.split('|');
    return path && resolved ? [{ path, resolved, sign: sign.join('|') }] : [];
  });
}

/** A disk that a source of a mount lies on. */
export interface DiskUnder {
  readonly source: string;
  readonly disk: string;
  readonly volumeId?: string;
  /** Only NVMe devices say so themselves. */
  readonly isInstanceStore?: boolean;
}

/** The disks under each source of a mount, with the volume id where it could be known. */
export function parseDisks(text: string): DiskUnder[] {
  return text.split('\n').flatMap((line): DiskUnder[] => {
    const [source, disk, serial = ''] = line.trim().split('|');
    if (!source || !disk) return [];
    const hex = /^vol-?([0-9a-f]+)$/.exec(serial)?.[1];
    if (hex !== undefined) return [{ source, disk, volumeId: `vol-${hex}` }];
    return [{ source, disk, ...(serial.startsWith('AWS') ? { isInstanceStore: true } : {}) }];
  });
}

/** The device of a source, without the folder of a bind mount: `/dev/xvdf[/circle]`. */
export function deviceOf(source: string): string {
  return source.endsWith(']') ? (source.split('[', 1)[0] ?? '') : source;
}

export function isReadOnly(options: string): boolean {
  return options.split(',').includes('ro');
}

export function isRemote(fstype: string): boolean {
  return /^(nfs|efs|cifs|smb|ceph|gluster|fuse\.(?:sshfs|s3fs|gluster))/.test(fstype);
}

/** Whether the mount is of files that last: no view of the kernel, no memory, no container. */
export function isLasting({ fstype, source, target }: VolumeMount): boolean {
  if (/^\/(proc|sys|dev|run)(\/|$)/.test(target)) return false;
  // A container's own view of a disk, and what the kubelet or docker binds for it.
  if (/\/(containers|overlay2?|aufs|devicemapper|plugins|netns)\//.test(target)) return false;
  return source.startsWith('/dev/') || isRemote(fstype) || /^(zfs|btrfs)$/.test(fstype);
}

function named<T extends Record<string, string | undefined>>(
  values: T,
): Partial<Record<keyof T, string>> {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(given) as Partial<Record<keyof T, string>>;
}

function unescaped(text: string): string {
  return text.replace(/\\x([0-9a-f]{2})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

function fromOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 8)),
  );
}
