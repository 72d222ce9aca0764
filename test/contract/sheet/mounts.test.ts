import { spawnSync } from 'node:child_process';
import { makeSheet } from '../../../src/contract/sheet/sheet';
import { actionsOf, facts } from './sample-facts';

const volumes = {
  mounts: [
    { target: '/', source: '/dev/xvda1', fstype: 'ext4', uuid: 'aaaa-1' },
    {
      target: '/data/circle',
      source: '/dev/xvdf',
      fstype: 'ext4',
      uuid: 'bbbb-2',
      options: 'rw,noatime,data=ordered',
      fstab: 'UUID=bbbb-2 /data/circle ext4 noatime 0 2',
      devices: ['/dev/sdf'],
    },
  ],
  folders: [{ path: '/data/circle/postgres', on: '/data/circle', sign: 'PG_VERSION' }],
};
const withVolumes = (more: object = {}): typeof facts => ({
  ...facts,
  record: { ...facts.record, volumes: { ...volumes, ...more } },
});

test('the sheet says each mount, its UUID, its line and the folders on it', () => {
  const section = makeSheet(withVolumes()).sections.find(({ title }) => title === 'Mounts');
  expect(section?.rows).toEqual([
    ['/', '/dev/xvda1, ext4; UUID aaaa-1; no line in /etc/fstab'],
    [
      '/data/circle',
      '/dev/xvdf, ext4; UUID bbbb-2; EC2’s /dev/sdf; in /etc/fstab: UUID=bbbb-2 /data/circle ext4 noatime 0 2',
    ],
    ['/data/circle/postgres', 'lies on /data/circle; it held PG_VERSION'],
  ]);
});

test('they are compared before anything starts, with the command that mounts what is missing', () => {
  const runs = actionsOf(makeSheet(withVolumes()), '2. Stop the app').map(({ run }) => run);
  expect(runs.slice(-3)).toEqual([
    'findmnt -o TARGET,SOURCE,FSTYPE,UUID,OPTIONS; blkid; cat /etc/fstab',
    'ls -A /data/circle/postgres',
    '# sudo mount -t ext4 -o noatime UUID=bbbb-2 /data/circle',
  ]);
});

test('a target that is not meant well begins no command of its own', () => {
  const target = '/data\ntouch pwned\n';
  const mounts = [{ target, source: '/dev/xvdf', fstype: 'ext4', uuid: 'bbbb-2' }];
  const run = actionsOf(makeSheet(withVolumes({ mounts })), '2. Stop the app').at(-1)?.run ?? '';
  expect(run.split('\n')).toHaveLength(1);
  expect(spawnSync('/bin/bash', ['-n', '-c', run]).status).toBe(0);
});

test('where the backup recorded none, it says what to compare instead', () => {
  const section = makeSheet(facts).sections.find(({ title }) => title === 'Mounts');
  expect(section?.text).toContain('recorded none. Compare what is mounted with /etc/fstab');
});

test('every type and subnet of the configuration is told, with what it has', () => {
  const alternatives = [
    {
      instanceType: 'r5.2xlarge',
      subnetId: 'subnet-0b',
      specs: { vCpus: 8, memoryMib: 65_536, architectures: ['x86_64'] },
    },
    { instanceType: 'r5.2xlarge', subnetId: 'subnet-0c', specs: { unknown: 'AWS denied it' } },
  ];
  const sheet = makeSheet({ ...facts, alternatives });
  const rows = sheet.sections.flatMap((section) => section.rows ?? []);
  expect(rows.filter(([title]) => title === 'Where AWS refuses that')).toEqual([
    ['Where AWS refuses that', 'r5.2xlarge in subnet-0b: 8 vCPU, 64 GiB memory, x86_64'],
    ['Where AWS refuses that', 'r5.2xlarge in subnet-0c: specs unknown: AWS denied it'],
  ]);
  const said = actionsOf(sheet, '1. Launch an instance from the image').map(({ say }) => say);
  expect(said.join('\n')).toContain('r5.2xlarge in subnet-0b, then r5.2xlarge in subnet-0c');
});
