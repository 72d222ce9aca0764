import type { LaunchSettings } from '../../../src/machine/backups/backup-record';
import { fitOf } from '../../../src/machine/launch/launch-fit';
import {
  launchChanges,
  launchesLike,
  launchesOf,
  launchLike,
} from '../../../src/machine/launch/launch-settings';

const source: LaunchSettings = {
  instanceType: 'm4.2xlarge',
  subnetId: 'subnet-1',
  securityGroupIds: ['sg-1'],
  keyPair: 'services',
  httpTokens: 'optional',
  httpPutResponseHopLimit: 1,
  terminationProtection: false,
};

const told = (configured: Parameters<typeof launchesLike>[0]): string[] =>
  launchesOf(launchesLike(configured, source) ?? { launch: source }).map(
    ({ instanceType, subnetId, keyPair }) => `${instanceType} ${subnetId} ${keyPair ?? ''}`,
  );

describe('a launch', () => {
  test('is as the source was where nothing is configured, and then there is no other', () => {
    expect(launchesLike({}, source)).toEqual({ launch: launchLike({}, source) });
    expect(told({})).toEqual(['m4.2xlarge subnet-1 services']);
  });

  test('tries a type in every subnet before the next type, with all else the same', () => {
    const instanceType = ['m5.2xlarge', 'm4.2xlarge'];
    const subnet = ['subnet-2', 'subnet-1', 'subnet-2'];
    expect(told({ instanceType, subnet })).toEqual([
      'm5.2xlarge subnet-2 services',
      'm5.2xlarge subnet-1 services',
      'm4.2xlarge subnet-2 services',
      'm4.2xlarge subnet-1 services',
    ]);
  });

  test('takes a list for one and the source for the other', () => {
    expect(told({ subnet: ['subnet-3', 'subnet-1'] })).toEqual([
      'm4.2xlarge subnet-3 services',
      'm4.2xlarge subnet-1 services',
    ]);
  });

  test('tells what differs, each setting with what it was, and nothing else', () => {
    const before = launchesLike({}, source);
    const after = launchesLike(
      { instanceType: ['m5.2xlarge', 'm4.2xlarge'], securityGroups: ['sg-2'], keyPair: 'new' },
      source,
    );
    if (!before || !after) throw new Error('both can be launched');
    expect(launchChanges(before, before)).toEqual([]);
    expect(launchChanges(before, after)).toEqual([
      {
        setting: 'tried in this order',
        before: 'm4.2xlarge in subnet-1',
        after: 'm5.2xlarge in subnet-1, then m4.2xlarge in subnet-1',
      },
      { setting: 'securityGroups', before: 'sg-1', after: 'sg-2' },
      { setting: 'keyPair', before: 'services', after: 'new' },
    ]);
  });
});

describe('an image on a type', () => {
  const image = { architecture: 'x86_64', virtualization: 'hvm', hasEna: true };
  const nitro = {
    architectures: ['x86_64'],
    virtualizations: ['hvm'],
    ena: 'required',
    nvme: 'required',
    bootModes: ['legacy-bios', 'uefi'],
  };
  const xen = { ...nitro, ena: 'unsupported', nvme: 'unsupported', bootModes: ['legacy-bios'] };
  const around = { httpTokens: 'optional', source: nitro };

  test.each([
    ['fits', {}, nitro, []],
    ['without the driver', { hasEna: false }, nitro, [expect.stringContaining('Elastic Network')]],
    ['without the driver on an old type', { hasEna: false }, xen, []],
    [
      'of another architecture',
      { architecture: 'arm64' },
      nitro,
      ['it is x86_64, the image arm64'],
    ],
    [
      'that boots otherwise',
      { bootMode: 'uefi' },
      xen,
      ['it boots by legacy-bios, the image by uefi'],
    ],
    ['that can boot both ways', { bootMode: 'uefi-preferred' }, xen, []],
    [
      'paravirtual',
      { virtualization: 'paravirtual' },
      nitro,
      [expect.stringContaining('paravirtual')],
    ],
  ])('%s', (_, system, type, misfits) => {
    expect(fitOf({ ...image, ...system }, type, around).misfits).toEqual(misfits);
  });

  test('warns of other names of its devices, and of metadata that is protected otherwise', () => {
    expect(fitOf(image, nitro, { httpTokens: 'optional', source: xen }).warnings).toEqual([
      expect.stringContaining('NVMe'),
    ]);
    expect(fitOf(image, nitro, around).warnings).toEqual([]);
    expect(fitOf({ ...image, imdsSupport: 'v2.0' }, xen, around).warnings).toEqual([
      expect.stringContaining('IMDSv2'),
    ]);
  });
});
