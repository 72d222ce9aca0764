import { parseMounts, placeOf } from '../../../src/machine/storage/mounts';

const mounts = parseMounts(`\
/ /dev/nvme0n1p1 ext4
/proc proc proc
/data/circle/storage-fileserver /dev/nvme1n1 xfs
/mnt/artifacts\\x20old 10.0.3.4:/exports/artifacts nfs4
/data/circle/mongo /dev/nvme0n1p1[/var/mongo] ext4
/mnt/shadowed 10.0.3.4:/exports/x nfs4
/mnt/shadowed /dev/nvme2n1 xfs
`);

test('reads the table of findmnt', () => {
  expect(mounts[0]).toEqual({ target: '/', source: '/dev/nvme0n1p1', fstype: 'ext4' });
  expect(mounts[3]).toEqual({
    target: '/mnt/artifacts old',
    source: '10.0.3.4:/exports/artifacts',
    fstype: 'nfs4',
  });
  expect(parseMounts('\n')).toEqual([]);
});

test.each([
  ['/data/circle/postgres', 'root'],
  ['/data/circle/storage-fileserver', 'volume'],
  ['/data/circle/storage-fileserver/a/b', 'volume'],
  ['/data/circle/storage-fileserver-old', 'root'],
  ['/mnt/artifacts old/x', 'nfs'],
  ['/data/circle/mongo', 'root'],
  ['/mnt/shadowed', 'volume'],
])('%s lives on: %s', (path, place) => {
  expect(placeOf(path, mounts)).toBe(place);
});

test('without any mount known, everything counts as on the root volume', () => {
  expect(placeOf('/data', [])).toBe('root');
});
