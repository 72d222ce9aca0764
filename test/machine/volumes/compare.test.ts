/** What of a machine's mounts keeps the app from starting. */
import { mountLine } from '../../../src/machine/volumes/commands';
import { compareVolumes } from '../../../src/machine/volumes/compare';
import { parseFstab, type VolumesSeen } from '../../../src/machine/volumes/look';
import { volumesToRecord } from '../../../src/machine/volumes/record';
import { after, before, circle, docker, recorded, root, without } from './sample';

const expected = { recorded, isExternal: false, objectsApart: false };
const problemsOf = (seen: VolumesSeen, how: Partial<typeof expected> = {}) =>
  compareVolumes(seen, { ...expected, ...how }).problems;
const textsOf = (seen: VolumesSeen, how: Partial<typeof expected> = {}): string[] =>
  problemsOf(seen, how).map(({ text }) => text);
const linesOf = (seen: VolumesSeen, how: Partial<typeof expected> = {}): string[] =>
  problemsOf(seen, how).flatMap(({ order }) => (order ? [mountLine(order)] : []));

test('says nothing of devices that only got other names', () => {
  expect(compareVolumes(after, expected)).toEqual({
    problems: [],
    notes: [],
    seen: '3 of 3 recorded mounts are as they were',
  });
});

test('names the folders of a missing volume, its device now, and the command', () => {
  const seen = without(after, '/data/circle');
  expect(textsOf(seen)).toEqual([
    expect.stringMatching(
      /^\/data\/circle with \/data\/circle\/postgres.* \(\/dev\/xvdf at the backup, UUID circle-1\) is not mounted\. \/dev\/nvme2n1 has that file system now\./,
    ),
  ]);
  // Of the options those that a person asks for, not what the kernel adds.
  expect(linesOf(seen)).toEqual(['sudo mount -t xfs -o noatime UUID=circle-1 /data/circle']);
});

test('cannot offer to mount a volume that no device has', () => {
  const seen = { ...without(after, '/data/circle'), fileSystems: [] };
  expect(textsOf(seen)[0]).toContain("the image may lack the volume (EC2's /dev/sdf)");
  expect(linesOf(seen)).toEqual([]);
});

test('does not choose between two devices with one UUID', () => {
  const twice = { device: '/dev/nvme3n1', uuid: 'circle-1', fstype: 'xfs' };
  const seen = without(after, '/data/circle');
  expect(linesOf({ ...seen, fileSystems: [...seen.fileSystems, twice] })).toEqual([]);
});

test.each<[string, Partial<VolumesSeen['mounts'][number]>, RegExp]>([
  ['another volume', { uuid: 'circle-0' }, /another volume now, .*UUID circle-0/],
  ['a read-only volume', { options: 'ro,noatime' }, /mounted read-only/],
  ['a volume elsewhere', { target: '/mnt' }, /not mounted there, but at \/mnt/],
])('stops at %s', (_, change, words) => {
  const mounts = after.mounts.map((one) =>
    one.uuid === circle.uuid ? { ...one, ...change } : one,
  );
  expect(textsOf({ ...after, mounts })).toEqual([expect.stringMatching(words)]);
  expect(linesOf({ ...after, mounts })).toEqual([]);
});

test.each<[string, Partial<VolumesSeen['folders'][number]>, RegExp]>([
  ['empty', { sign: '' }, /EMPTY: at the backup it held WiredTiger/],
  ['led elsewhere', { resolved: '/srv/mongo' }, /leads to \/srv\/mongo/],
])('stops at a folder that is %s', (_, change, words) => {
  const folders = after.folders.map((one) =>
    one.path === '/data/circle/mongo' ? { ...one, ...change } : one,
  );
  expect(textsOf({ ...after, folders })).toEqual([expect.stringMatching(words)]);
});

test('stops at a folder that is gone, and at one that another mount hides', () => {
  const folders = after.folders.filter(({ path }) => path !== '/data/circle/mongo');
  expect(textsOf({ ...after, folders })[0]).toContain(
    'is not there; at the backup it held WiredTiger',
  );
  const over = { target: '/data/circle/mongo', source: 'tmpfs', fstype: 'tmpfs', options: 'rw' };
  expect(textsOf({ ...after, mounts: [...after.mounts, over] })).toEqual([
    expect.stringContaining('/data/circle/mongo lies on /data/circle/mongo (tmpfs) now'),
  ]);
});

test('says nothing of a folder that was empty at the backup, nor of Nomad', () => {
  const folders = after.folders.filter(
    ({ path }) => path !== '/opt/nomad' && path !== '/data/circle/storage-fileserver',
  );
  expect(textsOf({ ...after, folders })).toEqual([]);
});

test('leaves the mount of docker to a person: docker must not run meanwhile', () => {
  const seen = without(after, docker.target);
  expect(textsOf(seen)[0]).toContain(
    '`sudo service docker stop; sudo mount -t ext4 UUID=docker-1 /var/lib/docker; sudo service docker start`',
  );
  expect(linesOf(seen)).toEqual([]);
});

test('mounts a bind after its volume', () => {
  const whole = { ...circle, target: '/mnt/data' };
  const bind = { ...circle, source: '/dev/xvdf[/circle]' };
  const live = { ...before, fstab: [], mounts: [root, whole, bind] };
  const bound = volumesToRecord(live, () => ({ devices: ['/dev/sdf'] }));
  const seen = { ...after, mounts: after.mounts.slice(0, 1) };
  expect(linesOf({ ...seen, folders: [] }, { recorded: bound })).toEqual([
    'sudo mount -t xfs -o noatime UUID=circle-1 /mnt/data',
    'sudo mount -o bind /mnt/data/circle /data/circle',
  ]);
});

test('notes a missing volume that no folder of the app needs', () => {
  const logs = { ...circle, target: '/var/log', uuid: 'logs-1', source: '/dev/xvdh' };
  const live = { ...before, mounts: [...before.mounts, logs] };
  const more = volumesToRecord(live, () => ({ devices: ['/dev/sdh'] }));
  const { problems, notes } = compareVolumes(after, { ...expected, recorded: more });
  expect(problems).toEqual([]);
  expect(notes).toEqual([expect.stringMatching(/^\/var\/log .*No folder of the app needs it\.$/)]);
});

test('leaves the volume of the objects to their own step, where there is one', () => {
  const own = { ...circle, target: '/data/circle/storage-fileserver', uuid: 'objects-1' };
  const live = { ...before, mounts: [...before.mounts, own] };
  const more = volumesToRecord(live, () => ({ devices: ['/dev/sdh'] }));
  expect(textsOf(after, { recorded: more, objectsApart: true })).toEqual([]);
  expect(textsOf(after, { recorded: more })).toHaveLength(1);
});

describe('an image without a record of its mounts', () => {
  const byHand = { ...expected, recorded: undefined };
  const compared = (seen: VolumesSeen, how = {}) =>
    compareVolumes(seen, { ...byHand, ...how }).problems;

  test('passes where fstab is mounted and both databases are there', () => {
    expect(compared(after)).toEqual([]);
  });

  test('stops where a line of fstab is not mounted, and tells what could be it', () => {
    const [problem] = compared(without(after, '/data/circle'));
    expect(problem?.text).toMatch(
      /fstab says `\/dev\/xvdf .*Not mounted are: \/dev\/nvme2n1 \(xfs, UUID circle-1\)/,
    );
    expect(problem?.text).toContain('sudo mount UUID=circle-1 /data/circle');
    expect(problem?.order).toBeUndefined();
  });

  test('offers to mount what fstab itself names by UUID', () => {
    const fstab = [
      {
        ...before.fstab[0],
        source: 'UUID=circle-1',
        line: 'UUID=circle-1 /data/circle xfs nofail 0 2',
      },
    ];
    const seen = { ...without(after, '/data/circle'), fstab } as VolumesSeen;
    expect(compared(seen)[0]?.order).toMatchObject({ source: 'UUID=circle-1' });
  });

  const saying = (...lines: string[]): VolumesSeen => ({
    ...without(without(after, '/data/circle'), docker.target),
    fstab: parseFstab(lines.join('\n')),
  });

  test.each([
    'UUID="circle-1" /data/circle xfs nofail 0 2',
    '/dev/disk/by-uuid/circle-1\t/data/circle\txfs\tnofail',
  ])('offers it for %s, too', (line) => {
    expect(compared(saying(line))[0]?.order).toMatchObject({ source: 'UUID=circle-1' });
  });

  test('leaves the mount of docker to a person here, too', () => {
    const [problem] = compared(saying('UUID=docker-1 /var/lib/docker ext4 nofail 0 2'));
    expect(problem?.order).toBeUndefined();
    expect(problem?.text).toContain(
      '`sudo service docker stop; sudo mount -t ext4 UUID=docker-1 /var/lib/docker; sudo service docker start`',
    );
  });

  test('mounts a bind after the volume that it shows, which fstab passed over', () => {
    const found = compared(
      saying('UUID=circle-1 /mnt/data xfs nofail 0 2', '/mnt/data/circle /data/circle none bind'),
    );
    expect(found.map(({ order }) => order && mountLine(order))).toEqual([
      'sudo mount -t xfs UUID=circle-1 /mnt/data',
      'sudo mount -o bind /mnt/data/circle /data/circle',
    ]);
  });

  test('stops where a database is not there, unless the databases are elsewhere', () => {
    const seen = { ...without(after, '/data/circle'), fstab: [] };
    expect(compared(seen).map(({ text }) => text.split(' ')[0])).toEqual([
      '/data/circle/postgres',
      '/data/circle/mongo',
    ]);
    expect(compared(seen, { isExternal: true })).toEqual([]);
  });
});
