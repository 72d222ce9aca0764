/** A machine whose data lie on two volumes of their own, as its backup saw it. */
import type { VolumeMount, VolumesSeen } from '../../../src/machine/volumes/look';
import { volumesToRecord, type RecordedVolumes } from '../../../src/machine/volumes/record';

export const root: VolumeMount = {
  ...{ target: '/', source: '/dev/xvda1', fstype: 'ext4', options: 'rw,relatime' },
  ...{ uuid: 'root-1', label: 'root' },
};
export const circle: VolumeMount = {
  ...{ target: '/data/circle', source: '/dev/xvdf', fstype: 'xfs' },
  ...{ options: 'rw,noatime,attr2,inode64,noquota', uuid: 'circle-1' },
};
export const docker: VolumeMount = {
  ...{ target: '/var/lib/docker', source: '/dev/xvdg', fstype: 'ext4' },
  ...{ options: 'rw,relatime,data=ordered', uuid: 'docker-1' },
};

const folder = (path: string, sign: string) => ({ path, resolved: path, sign });

/** As the live machine was. */
export const before: VolumesSeen = {
  mounts: [
    { target: '/proc', source: 'proc', fstype: 'proc', options: 'rw' },
    root,
    circle,
    docker,
  ],
  fileSystems: [
    { device: '/dev/xvda1', uuid: 'root-1', label: 'root', fstype: 'ext4' },
    { device: '/dev/xvdf', uuid: 'circle-1', fstype: 'xfs' },
    { device: '/dev/xvdg', uuid: 'docker-1', fstype: 'ext4' },
  ],
  fstab: [
    {
      ...{ source: '/dev/xvdf', target: '/data/circle', fstype: 'xfs', options: 'noatime,nofail' },
      line: '/dev/xvdf /data/circle xfs noatime,nofail 0 2',
    },
  ],
  folders: [
    folder('/data/circle', 'mongo'),
    folder('/data/circle/postgres', '9.5/data/PG_VERSION'),
    folder('/data/circle/mongo', 'WiredTiger'),
    folder('/data/circle/storage-fileserver', ''),
    folder('/var/lib/replicated', 'replicated.db'),
    folder('/var/lib/docker', 'overlay2'),
    folder('/opt/nomad', 'server'),
  ],
};

/** The same on an NVMe type, where all is mounted as it was. */
export const after: VolumesSeen = {
  ...before,
  mounts: [
    { ...root, source: '/dev/nvme0n1p1' },
    { ...circle, source: '/dev/nvme2n1' },
    { ...docker, source: '/dev/nvme1n1' },
  ],
  fileSystems: [
    { device: '/dev/nvme0n1p1', uuid: 'root-1', label: 'root', fstype: 'ext4' },
    { device: '/dev/nvme2n1', uuid: 'circle-1', fstype: 'xfs' },
    { device: '/dev/nvme1n1', uuid: 'docker-1', fstype: 'ext4' },
  ],
};

export const recorded: RecordedVolumes = volumesToRecord(before, ({ source }) => ({
  devices: [source.replace('xvd', 'sd')],
}));

/** Without what is mounted there. */
export function without(seen: VolumesSeen, target: string): VolumesSeen {
  const left = seen.mounts.filter((mount) => mount.target !== target);
  const hidden = seen.folders.map((one) =>
    one.path.startsWith(target) ? { ...one, sign: '' } : one,
  );
  return { ...seen, mounts: left, folders: hidden };
}
