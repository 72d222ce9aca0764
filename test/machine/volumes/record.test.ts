/** What is recorded of the mounts, and whether an image holds it. */
import { asciiJson } from '../../../src/machine/text/chunked-tags';
import { heldBy, namedByDevice } from '../../../src/machine/volumes/held';
import { recordedVolumes, volumesToRecord } from '../../../src/machine/volumes/record';
import { underMount } from '../../../src/machine/volumes/under';
import { before, circle, recorded } from './sample';

test('records each mount that lasts, with its line in fstab and the folders on it', () => {
  expect(recorded.mounts.map(({ target }) => target)).toEqual([
    '/',
    '/data/circle',
    '/var/lib/docker',
  ]);
  expect(recorded.mounts[1]).toEqual({
    ...{ target: '/data/circle', source: '/dev/xvdf', fstype: 'xfs', uuid: 'circle-1' },
    ...{ options: 'rw,noatime,attr2,inode64,noquota', devices: ['/dev/sdf'] },
    fstab: '/dev/xvdf /data/circle xfs noatime,nofail 0 2',
  });
  expect(recorded.folders).toContainEqual({
    ...{ path: '/data/circle/mongo', on: '/data/circle', sign: 'WiredTiger' },
  });
  expect(recordedVolumes.parse(JSON.parse(asciiJson(recorded)))).toEqual(recorded);
});

test('keeps to its tags, and says which mounts found no room; those of the app come first', () => {
  const many = Array.from({ length: 60 }, (_, at) => ({
    ...circle,
    target: `/srv/volume-${String(at)}`,
    uuid: `other-${String(at)}`,
    source: `/dev/xvdf[/${String(at)}]`,
  }));
  const live = { ...before, mounts: [...many, ...before.mounts] };
  const short = volumesToRecord(live, () => ({ devices: ['/dev/sdf'] }));
  expect(asciiJson(short).length).toBeLessThanOrEqual(2560);
  expect(short.mounts.slice(0, 3).map(({ target }) => target)).toEqual([
    ...['/', '/data/circle', '/var/lib/docker'],
  ]);
  expect(short.leftOut).toHaveLength(6);
});

test('does not record a password among the options of a share', () => {
  const share = {
    ...{ target: '/mnt/share', source: '//nas/x', fstype: 'cifs' },
    options: 'rw,username=ops,password=hunter2,uid=0',
  };
  const live = { ...before, mounts: [...before.mounts, share] };
  const text = asciiJson(volumesToRecord(live, () => ({})));
  expect(text).toContain('/mnt/share');
  expect(text).not.toContain('hunter2');
});

const disks = [
  { device: '/dev/sda1', snapshotId: 'snap-1' },
  { device: '/dev/sdf', snapshotId: 'snap-2' },
  { device: '/dev/sdg', snapshotId: 'snap-3' },
];

test('finds every volume in the image', () => {
  expect(heldBy(recorded, disks)).toEqual({ problems: [], warnings: [], held: 2 });
});

test.each([
  ['NoDevice', disks.slice(0, 1)],
  ['no snapshot', [{ device: '/dev/sdf' }, ...disks.slice(2)]],
])('says that the image lacks the databases: %s', (_, there) => {
  expect(heldBy(recorded, there).problems).toEqual([
    expect.stringMatching(/the image does NOT hold \/data\/circle .*no snapshot of \/dev\/sdf/),
  ]);
});

test('warns of docker, which no restore should need to pull again', () => {
  expect(heldBy(recorded, disks.slice(0, 2))).toMatchObject({
    problems: [],
    warnings: [expect.stringContaining('/var/lib/docker')],
  });
});

test.each([
  ['a share', { ...circle, fstype: 'nfs4', source: 'nas:/x' }, [], 'problems'],
  ['instance storage on Xen', { ...circle, source: '/dev/xvdb' }, [], 'problems'],
  [
    'instance storage on NVMe',
    { ...circle, source: '/dev/nvme1n1' },
    [{ source: '/dev/nvme1n1', disk: '/dev/nvme1n1', isInstanceStore: true }],
    'problems',
  ],
  [
    'a device that tells nothing',
    { ...circle, source: '/dev/nvme1n1' },
    [{ source: '/dev/nvme1n1', disk: '/dev/nvme1n1' }],
    'warnings',
  ],
] as const)('judges data on %s', (_, mount, under, where) => {
  const live = { ...before, mounts: [...before.mounts.slice(0, 2), mount] };
  const attached = [{ device: '/dev/sda1', volumeId: 'vol-1' }];
  const volumes = volumesToRecord(live, (one) => underMount(one, under, attached));
  expect(heldBy(volumes, disks)[where]).toEqual([expect.stringContaining('/data/circle')]);
});

test.each([
  ['/dev/xvdf', [], ['/dev/sdf']],
  ['/dev/xvdf1', [], ['/dev/sdf']],
  [
    '/dev/nvme1n1p1',
    [{ source: '/dev/nvme1n1p1', disk: '/dev/nvme1n1', volumeId: 'vol-f' }],
    ['/dev/sdf'],
  ],
  [
    '/dev/mapper/vg-data',
    [
      { source: '/dev/mapper/vg-data', disk: '/dev/nvme1n1', volumeId: 'vol-f' },
      { source: '/dev/mapper/vg-data', disk: '/dev/nvme2n1', volumeId: 'vol-g' },
    ],
    ['/dev/sdf', '/dev/sdg'],
  ],
])('finds the devices that EC2 has for %s', (source, under, devices) => {
  const attached = [
    { device: '/dev/sdf', volumeId: 'vol-f' },
    { device: '/dev/sdg', volumeId: 'vol-g' },
  ];
  expect(underMount({ ...circle, source }, under, attached)).toEqual({ devices });
});

test('says which line of fstab names a volume of the app by its device', () => {
  expect(namedByDevice(recorded)).toEqual([
    expect.stringMatching(
      /names \/data\/circle by its device, \/dev\/xvdf.*`UUID=circle-1 \/data\/circle xfs …`/,
    ),
  ]);
});
