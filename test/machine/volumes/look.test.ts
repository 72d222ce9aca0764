/** What is read from findmnt, blkid, lsblk and /etc/fstab. */
import {
  isLasting,
  parseDisks,
  parseFileSystems,
  parseFolders,
  parseFstab,
  parseMountPairs,
} from '../../../src/machine/volumes/look';

test('reads findmnt where columns are empty and names hold blanks', () => {
  const text = [
    'TARGET="/" SOURCE="/dev/nvme0n1p1" FSTYPE="ext4" OPTIONS="rw,relatime" UUID="7a8c" LABEL="root"',
    'TARGET="/proc" SOURCE="proc" FSTYPE="proc" OPTIONS="rw" UUID="" LABEL=""',
    'TARGET="/mnt/a\\x20b" SOURCE="/dev/xvdf[/c\\x22d]" FSTYPE="xfs" OPTIONS="" UUID="" LABEL=""',
    'findmnt: something else',
  ].join('\n');
  expect(parseMountPairs(text)).toEqual([
    {
      ...{ target: '/', source: '/dev/nvme0n1p1', fstype: 'ext4', options: 'rw,relatime' },
      ...{ uuid: '7a8c', label: 'root' },
    },
    { target: '/proc', source: 'proc', fstype: 'proc', options: 'rw' },
    { target: '/mnt/a b', source: '/dev/xvdf[/c"d]', fstype: 'xfs', options: '' },
  ]);
});

test('reads blkid with and without labels, and nothing else that it prints', () => {
  const text = [
    '/dev/xvda1: LABEL="cloudimg-rootfs" UUID="567ab888" TYPE="ext4" PARTUUID="a1b2-01"',
    '/dev/mapper/data-circle: UUID="9a" TYPE="xfs"',
    '/dev/nvme1n1: PTTYPE="gpt"',
    'blkid: error: /dev/fd0: Input/output error',
  ].join('\n');
  expect(parseFileSystems(text)).toEqual([
    { device: '/dev/xvda1', label: 'cloudimg-rootfs', uuid: '567ab888', fstype: 'ext4' },
    { device: '/dev/mapper/data-circle', uuid: '9a', fstype: 'xfs' },
    { device: '/dev/nvme1n1' },
  ]);
});

test('reads fstab with quotes, tabs, octal blanks and short lines', () => {
  const text =
    'UUID="ab-1"\t/data/circle\text4   defaults,nofail\t0 2\n# /dev/x /y\n/dev/sdg /mnt/a\\040b\nnone none swap sw 0 0\n';
  expect(parseFstab(text)).toEqual([
    {
      ...{
        source: 'UUID=ab-1',
        target: '/data/circle',
        fstype: 'ext4',
        options: 'defaults,nofail',
      },
      line: 'UUID="ab-1" /data/circle ext4 defaults,nofail 0 2',
    },
    {
      ...{ source: '/dev/sdg', target: '/mnt/a b', fstype: 'auto', options: 'defaults' },
      line: '/dev/sdg /mnt/a\\040b',
    },
  ]);
});

test('reads volume ids with and without a dash, and tells instance storage', () => {
  const text =
    '/dev/nvme1n1|/dev/nvme1n1|vol0a1b\n/dev/dm-0|/dev/nvme2n1|vol-0c\n/dev/dm-0|/dev/xvdg|\n/dev/nvme3n1|/dev/nvme3n1|AWS22B4A\n';
  expect(parseDisks(text)).toEqual([
    { source: '/dev/nvme1n1', disk: '/dev/nvme1n1', volumeId: 'vol-0a1b' },
    { source: '/dev/dm-0', disk: '/dev/nvme2n1', volumeId: 'vol-0c' },
    { source: '/dev/dm-0', disk: '/dev/xvdg' },
    { source: '/dev/nvme3n1', disk: '/dev/nvme3n1', isInstanceStore: true },
  ]);
});

test('reads folders whose sign holds the separator', () => {
  expect(parseFolders('/data/circle|/mnt/c|a|b\n\n/opt/nomad|/opt/nomad|\n')).toEqual([
    { path: '/data/circle', resolved: '/mnt/c', sign: 'a|b' },
    { path: '/opt/nomad', resolved: '/opt/nomad', sign: '' },
  ]);
});

test.each([
  ['/', '/dev/nvme0n1p1', 'ext4', true],
  ['/data/circle', '/dev/mapper/vg-circle', 'xfs', true],
  ['/data/circle', 'files.example.com:/x', 'nfs4', true],
  ['/run/user/0', 'tmpfs', 'tmpfs', false],
  ['/var/lib/docker/overlay2/ab/merged', 'overlay', 'overlay', false],
  ['/var/lib/docker/containers/ab/shm', 'shm', 'tmpfs', false],
  ['/var/lib/docker/aufs', '/dev/xvda1[/var/lib/docker/aufs]', 'ext4', true],
  ['/var/lib/docker/devicemapper/mnt/ab', '/dev/mapper/docker-ab', 'xfs', false],
  ['/sys/fs/cgroup', 'tmpfs', 'tmpfs', false],
])('knows whether %s from %s (%s) lasts', (target, source, fstype, lasts) => {
  expect(isLasting({ target, source, fstype, options: 'rw' })).toBe(lasts);
});
