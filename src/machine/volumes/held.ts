/** Whether an image holds the volumes that a backup recorded. Pure. */
import { kindOf } from './folders';
import { isRemote } from './look';
import { foldersOn, type RecordedMount, type RecordedVolumes } from './record';
import { unknownDevice } from './under';

/** What an image must have to be relied on, and what it lacks. */
export interface Held {
  /** Volumes with data of the app that the image does not hold. */
  readonly problems: readonly string[];
  /** The rest that a person should know. */
  readonly warnings: readonly string[];
  /** How many volumes besides the root it holds. */
  readonly held: number;
}

interface ImageDisk {
  readonly device: string;
  readonly snapshotId?: string;
}

/** Whether the image holds each recorded volume besides the root, which every image holds. */
export function heldBy(volumes: RecordedVolumes, disks: readonly ImageDisk[]): Held {
  const problems: string[] = [];
  const warnings: string[] = [];
  let held = 0;
  for (const mount of volumes.mounts) {
    if (mount.target === '/') continue;
    const folders = foldersOn(volumes, mount.target);
    const what = `${mount.target} (${mount.source}${folders.length > 0 ? `, with ${folders.join(', ')}` : ''})`;
    const missing = (mount.devices ?? []).filter(
      (device) => disks.find((disk) => disk.device === device)?.snapshotId === undefined,
    );
    if (mount.devices !== undefined && missing.length === 0) {
      held += 1;
      continue;
    }
    const why =
      mount.devices === undefined
        ? (mount.apart ?? 'nobody knows on which device it lies')
        : `no snapshot of ${missing.join(', ')}`;
    const isUnknown = mount.devices === undefined && isMaybe(mount);
    const says = isUnknown
      ? 'it cannot be told whether the image holds'
      : 'the image does NOT hold';
    const isData = folders.some((path) => kindOf(path) === 'data');
    if (isData && !isUnknown) problems.push(`${says} ${what}: ${why}`);
    else if (isUnknown || folders.some((path) => kindOf(path) !== 'objects')) {
      warnings.push(`${says} ${what}: ${why}`);
    }
  }
  const left = volumes.leftOut?.join(', ');
  if (left !== undefined) warnings.push(`not looked for in the image: ${left}`);
  return { problems, warnings, held };
}

/** Whether the mount may be in the image all the same: it could not be told what it lies on. */
function isMaybe({ apart, fstype }: RecordedMount): boolean {
  return apart?.startsWith(unknownDevice) === true && !isRemote(fstype);
}

/** In one clause, for the journal. */
export function inWords(held: Held | undefined): string {
  if (held === undefined) return 'no mounts were recorded';
  const also = held.warnings.length > 0 ? `, ${String(held.warnings.length)} warning(s)` : '';
  return held.held === 0 && also === ''
    ? 'all data was on the root volume'
    : `holds ${String(held.held)} volume(s) besides the root${also}`;
}

/** A device has another name on another machine: what fstab names so may not be mounted there. */
export function namedByDevice(volumes: RecordedVolumes): string[] {
  return volumes.mounts.flatMap(({ target, fstab, uuid, fstype }) => {
    const [source = ''] = fstab?.split(/\s+/) ?? [];
    const isByDevice = /^\/dev\/(xvd|sd|nvme|vd)/.test(source);
    if (!isByDevice || target === '/' || foldersOn(volumes, target).length === 0) return [];
    const better =
      uuid === undefined ? 'by UUID or label' : `\`UUID=${uuid} ${target} ${fstype} …\``;
    return [
      `/etc/fstab names ${target} by its device, ${source}: a machine launched from the image may show ` +
        `it under another name, and then not mount it. Name it ${better}.`,
    ];
  });
}
