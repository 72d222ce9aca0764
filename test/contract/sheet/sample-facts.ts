import type { SheetFacts } from '../../../src/contract/sheet/facts';
import type { Action, Sheet } from '../../../src/contract/sheet/page';
import { record } from '../../machine/backups/sample-backups';

/** An installation with a bastion, a DNS name and everything recorded. */
export const facts: SheetFacts = {
  installation: 'prod',
  madeAt: '2026-11-24T02:07:00.000Z',
  region: 'us-east-1',
  hostname: 'circleci.example.com',
  login: {
    user: 'ubuntu',
    port: 22,
    address: 'private',
    bastion: { user: 'ops', host: 'bastion.example.com', port: 2222 },
  },
  hostKeys: ['ssh-ed25519 SHA256:pinnedpinnedpinnedpinnedpinnedpinnedpinnedpinn'],
  foundBy: { Name: 'prod_services' },
  image: {
    id: 'ami-0067a86dcf25ea495',
    name: 'prod 2026-11-24 02.00.00 01a20dda',
    createdAt: '2026-11-24T02:00:11.000Z',
    disks: [
      {
        device: '/dev/sda1',
        snapshotId: 'snap-0a1b2c3d4e5f60718',
        sizeGib: 100,
        volumeType: 'gp2',
      },
    ],
  },
  elsewhere: [],
  record: {
    ...record,
    publicAddress: '203.0.113.10',
    hostname: 'circleci.example.com',
    distribution: 'debian',
    replicatedVersion: '2.38.6',
    appSequence: 2439,
    hostKeys: ['ssh-ed25519 SHA256:recordedrecordedrecordedrecordedrecordedrec'],
    nomadClients: 2,
  },
  launch: {
    ...record.launch,
    instanceProfile: 'arn:aws:iam::123456789012:instance-profile/circleci-services',
    keyPair: 'circleci-services',
  },
  specs: { vCpus: 8, memoryMib: 32_768, architectures: ['x86_64'] },
  databases: { verdict: 'inside', signs: [] },
  objectStorage: 's3',
};

/** What a tag, a name or an answer could hold at worst. */
export const poison = `it's </pre><script>alert(1)</script> "x" \`id\` $(touch pwned) | \`\`\` & \\ !!\n# two`;

export const poisoned: SheetFacts = {
  ...facts,
  foundBy: { Name: poison, [poison]: 'a,b' },
  image: { ...facts.image, name: poison, disks: [{ device: poison, volumeType: poison }] },
  record: {
    ...facts.record,
    run: poison,
    sourceInstanceId: poison,
    hostKeys: [poison],
    replicatedVersion: poison,
    unrecorded: [poison],
  },
  launch: { ...facts.launch, instanceType: poison, keyPair: poison, instanceProfile: poison },
  specs: { unknown: poison },
};

export function actionsOf({ sections }: Sheet, title?: string): Action[] {
  const steps = sections.flatMap((section) => section.steps ?? []);
  return steps
    .filter((step) => title === undefined || step.title === title)
    .flatMap(({ actions }) => actions);
}

export function commandsOf(sheet: Sheet, title?: string): string[] {
  return actionsOf(sheet, title).flatMap(({ run }) => (run === undefined ? [] : [run]));
}
