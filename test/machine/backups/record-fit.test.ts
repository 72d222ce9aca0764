import fc from 'fast-check';
import type { BackupRecord } from '../../../src/machine/backups/backup-record';
import { services } from '../../../src/machine/databases/signs';
import { decodeRecord, encodeRecord, fittedRecord } from '../../../src/machine/backups/record-tags';
import { appFolders } from '../../../src/machine/volumes/folders';
import type { VolumesSeen } from '../../../src/machine/volumes/look';
import { volumesToRecord } from '../../../src/machine/volumes/record';

const small: BackupRecord = {
  installation: 'prod',
  run: 'backup-prod-k3f9',
  takenAt: '2026-11-24T13:25:00.000Z',
  consistency: 'no-reboot',
  sourceInstanceId: 'i-0123456789abcdef0',
  privateAddress: '10.0.1.5',
  publicAddress: '203.0.113.10',
  hostname: 'circleci.example.com',
  replicatedVersion: '2.38.6',
  appSequence: 2439,
  hostKeys: ['ssh-ed25519 SHA256:uNiVztksCsDhcc0u9e8BrrRXtSwJwqsjUQwk4gyzXhg'],
  launch: {
    instanceType: 'm5.2xlarge',
    subnetId: 'subnet-0a1b2c3d4e5f60718',
    securityGroupIds: ['sg-0a1b2c3d4e5f60718'],
    httpTokens: 'optional',
    httpPutResponseHopLimit: 1,
    terminationProtection: true,
  },
  externalServices: false,
  objectStorage: 's3',
  unrecorded: [],
};

const word = (longest: number): fc.Arbitrary<string> =>
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: longest });
const line = (longest: number): fc.Arbitrary<string> =>
  fc.oneof(word(longest), fc.constant('ä b '.repeat(longest / 4)));

/** Volumes as they are read of a machine with many mounts and long lines of fstab. */
const volumes = fc
  .array(fc.record({ name: word(40), uuid: fc.uuid(), options: line(400), label: word(16) }), {
    maxLength: 60,
  })
  .map((mounts) => {
    const folders = appFolders();
    const targets = mounts.map(({ name }, at) => folders[at]?.path ?? `/mnt/${name}`);
    const seen: VolumesSeen = {
      mounts: mounts.map(({ uuid, options, label }, at) => ({
        target: targets[at] ?? '/',
        source: `/dev/nvme${String(at)}n1`,
        fstype: 'ext4',
        ...{ uuid, options, label },
      })),
      fileSystems: [],
      fstab: mounts.map(({ uuid, options }, at) => ({
        source: `UUID=${uuid}`,
        target: targets[at] ?? '/',
        fstype: 'ext4',
        options,
        line: `UUID=${uuid} ${targets[at] ?? '/'} ext4 ${options} 0 2`,
      })),
      folders: folders.map(({ path }) => ({ path, resolved: path, sign: 'x'.repeat(80) })),
    };
    return volumesToRecord(seen, () => ({
      devices: ['/dev/sdf', '/dev/xvdf'],
      apart: 'y'.repeat(200),
    }));
  });

/** What the largest machines, and hostile ones, could make of a record. */
const worst: fc.Arbitrary<BackupRecord> = fc
  .record({
    volumes,
    unrecorded: fc.array(line(500), { maxLength: 40 }),
    marks: fc.array(word(120), { maxLength: 40 }),
    hostKeys: fc.array(word(80), { minLength: 1, maxLength: 5 }),
    names: fc.array(word(63), { maxLength: 16 }),
    hosts: fc.array(line(160), { maxLength: 3 }),
    groups: fc.integer({ min: 1, max: 16 }),
    cannot: line(300),
  })
  .map(({ names, hosts, groups, cannot, ...rest }) => ({
    ...small,
    ...rest,
    platform: { os: 'x'.repeat(60), init: 'systemd', cli: 'inspect', cannot },
    databases: {
      services: services.map((service) => ({
        service,
        container: 'runs' as const,
        folder: 'holds' as const,
        elsewhere: hosts,
        unclear: hosts,
      })),
    },
    holdings: { postgres: { next: 4e9, databases: names }, mongo: { collections: 90 } },
    launch: {
      ...small.launch,
      securityGroupIds: Array.from({ length: groups }, () => 'sg-0a1b2c3d4e5f60718'),
      instanceProfile: `arn:aws:iam::123456789012:instance-profile/${'p'.repeat(128)}`,
      keyPair: 'k'.repeat(255),
    },
  }));

/** What a restore cannot do without. */
const essential = ({ launch, ...record }: BackupRecord): object => ({
  launch,
  installation: record.installation,
  run: record.run,
  takenAt: record.takenAt,
  consistency: record.consistency,
  sourceInstanceId: record.sourceInstanceId,
  addresses: [record.privateAddress, record.publicAddress, record.hostname],
  versions: [record.replicatedVersion, record.appSequence, record.platform?.cli],
  objectStorage: record.objectStorage,
  externalServices: record.externalServices,
  hostKeys: record.hostKeys,
});

test('whatever a machine is like, its record fits into tags, and what is essential stays', () => {
  let shortened = 0;
  fc.assert(
    fc.property(worst, (any) => {
      const read = decodeRecord(encodeRecord(any));
      expect(read).toEqual(fittedRecord(any));
      expect(essential(read ?? any)).toEqual(essential(any));
      if (read?.leftOut !== undefined) shortened += 1;
      else expect(read).toEqual(any);
    }),
    { numRuns: 200, seed: 7 },
  );
  expect(shortened).toBeGreaterThan(20);
});

test('the longest and least needed goes first, and the record names it', () => {
  const fstab = `/dev/xvdf /data ext4 ${'o'.repeat(100)} 0 2`;
  const mount = { target: '/data', source: '/dev/xvdf', fstype: 'ext4', uuid: 'u-1', fstab };
  const folders = [{ path: '/data/circle', on: '/data', sign: 'postgres' }];
  const record = {
    ...small,
    marks: ['/', '/data'],
    volumes: { mounts: [mount], folders },
    unrecorded: Array.from({ length: 40 }, (_, at) => `${String(at)}${'x'.repeat(300)}`),
  };
  const { leftOut, volumes: kept, marks, unrecorded } = fittedRecord(record);
  expect(leftOut).toEqual(['ends-of-long-lines']);
  expect(unrecorded).toHaveLength(21);
  expect(unrecorded.at(-1)).toBe('and 20 more');
  expect({ kept, marks }).toEqual({ kept: record.volumes, marks: record.marks });
  const longer = { ...record, launch: { ...record.launch, keyPair: 'k'.repeat(6200) } };
  const fitted = fittedRecord(longer);
  expect(fitted.leftOut).toEqual([
    'ends-of-long-lines',
    'fstab-lines',
    'some-of-what-was-not-recorded',
  ]);
  expect(fitted.volumes?.folders).toEqual(folders);
});

test('a record that fits is not touched', () => {
  expect(fittedRecord(small)).toBe(small);
});
