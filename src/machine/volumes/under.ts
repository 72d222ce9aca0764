/** Which of EC2's devices a mounted file system lies on. Pure. */
import { deviceOf, isRemote, type DiskUnder, type VolumeMount } from './look';

/** Which EBS devices a source lies on, or why that is not known. */
export interface Under {
  readonly devices?: readonly string[];
  readonly apart?: string;
}

/** How a reason begins where the device could not be told. */
export const unknownDevice = 'its device is not known';

/** Finds the EC2 devices of a mount by what lies under it. */
export function underMount(
  { source, fstype, target }: VolumeMount,
  disks: readonly DiskUnder[],
  attached: readonly { readonly device: string; readonly volumeId: string }[],
): Under {
  if (isRemote(fstype)) return { apart: `${fstype} is no volume of the machine` };
  const device = deviceOf(source);
  const found = disks.filter((one) => one.source === device);
  // Without lsblk the name itself may tell, once a partition's number is off.
  const under: readonly DiskUnder[] =
    found.length > 0 ? found : [{ source, disk: withoutPartition(device) }];
  const devices: string[] = [];
  for (const one of under) {
    const volume = attached.find(
      ({ device: name, volumeId }) =>
        volumeId === one.volumeId || spellings(one.disk).includes(name),
    );
    if (volume !== undefined) devices.push(volume.device);
    else if (target !== '/') return { apart: whyNotAttached(one) };
  }
  return devices.length === 0 ? {} : { devices };
}

function whyNotAttached({ disk, volumeId, isInstanceStore }: DiskUnder): string {
  if (isInstanceStore === true) return `${disk} is instance storage, which no image holds`;
  if (volumeId !== undefined) return `EC2 does not show ${volumeId} at the machine`;
  if (/^\/dev\/(nvme|dm-|md|mapper)/.test(disk)) {
    return `${unknownDevice}: ${disk} shows no volume id; it may be instance storage`;
  }
  return `EC2 shows no volume at ${disk}: instance storage, which no image holds`;
}

/** How EC2 may spell what Xen calls `/dev/xvdf`. */
function spellings(disk: string): string[] {
  const letters = /^\/dev\/(?:xvd|sd)([a-z]{1,2})$/.exec(disk)?.[1];
  if (letters === undefined) return [];
  const root = letters === 'a' ? ['/dev/sda1'] : [];
  return [`/dev/sd${letters}`, `/dev/xvd${letters}`, ...root];
}

function withoutPartition(device: string): string {
  return device
    .replace(/^(\/dev\/nvme\d+n\d+)p\d+$/, '$1')
    .replace(/^(\/dev\/(?:xvd|sd)[a-z]+)\d+$/, '$1');
}
