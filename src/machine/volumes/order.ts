/** How a volume that is not mounted is mounted again: by its UUID, as the record says. Pure. */
import type { VolumeOrder } from './commands';
import { isRemote, type VolumesSeen } from './look';
import type { RecordedMount } from './record';

/**
 * The mount that is missing; undefined where a mount is not all that is missing, or a person must
 * do it: a share, a volume that no device has, and what a program of the machine already uses.
 */
export function orderFor(
  seen: VolumesSeen,
  recorded: RecordedMount,
  all: readonly RecordedMount[] = [],
): VolumeOrder | undefined {
  const { target, source, fstype, uuid, label } = recorded;
  if (isRemote(fstype)) return undefined;
  const bind = boundFolder(recorded, [...seen.mounts, ...all]);
  if (bind !== undefined) return { target, source: bind, fstype: '', options: 'bind' };
  if (source.includes('[')) return undefined;
  const options = usable(recorded);
  const by = (name: 'uuid' | 'label', value: string | undefined): boolean =>
    value !== undefined && seen.fileSystems.filter((one) => one[name] === value).length === 1;
  const type = fstype === 'auto' ? '' : fstype;
  if (by('uuid', uuid)) return { target, source: `UUID=${uuid ?? ''}`, fstype: type, options };
  // A label is only a name: good enough where nothing better was known.
  if (uuid === undefined && by('label', label)) {
    return { target, source: `LABEL=${label ?? ''}`, fstype: type, options };
  }
  return undefined;
}

/** What a bind mount shows: as fstab says, or the folder of the volume where that is mounted. */
function boundFolder(
  { source, fstab, uuid }: RecordedMount,
  mounts: readonly Pick<RecordedMount, 'target' | 'source' | 'uuid'>[],
): string | undefined {
  const [from = '', , , options = ''] = fstab?.split(/\s+/) ?? [];
  if (options.split(',').some((option) => option === 'bind' || option === 'rbind')) {
    return from.startsWith('/') ? from : undefined;
  }
  const sub = /^[^[]*\[(\/.*)\]$/.exec(source)?.[1];
  const whole = mounts.find(
    (mount) => uuid !== undefined && mount.uuid === uuid && !mount.source.includes('['),
  );
  return sub === undefined || whole === undefined
    ? undefined
    : `${whole.target === '/' ? '' : whole.target}${sub}`;
}

/** What the kernel adds of its own would be refused by it: only what a person asks for is kept. */
const asked =
  /^(ro|noatime|nodiratime|relatime|strictatime|nosuid|nodev|noexec|sync|dirsync|discard|nobarrier|nouuid|acl|user_xattr|[ugp]rj?quota|usrquota|grpquota|[ugp]quota|prjquota|subvol=.+|subvolid=.+|commit=\d+|data=\w+|compress(=.+)?|logbufs=\d+|logbsize=\w+|allocsize=\w+)$/;

/** The options of a mount that a person asked for. */
export function usable({ fstab, options = '' }: RecordedMount): string {
  const [, , , inFile] = fstab?.split(/\s+/) ?? [];
  return (inFile ?? options)
    .split(',')
    .filter(
      (option) => asked.test(option) && !(inFile === undefined && /^(relatime|data=)/.test(option)),
    )
    .join(',');
}
