/**
 * What a thief of the worker's role tries. Under the policies of deploy/iam nothing of it passes;
 * each condition that is taken out of them lets one of these through, so that none is there for show.
 */
import {
  AssociateAddressCommand,
  CopyImageCommand,
  CreateImageCommand,
  CreateTagsCommand,
  DeleteSnapshotCommand,
  DeleteTagsCommand,
  DeregisterImageCommand,
  DescribeInstanceAttributeCommand,
  EC2Client,
  GetConsoleOutputCommand,
  ModifyInstanceAttributeCommand,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import type { Lab } from '../../src/lab/compose';
import type { Instance } from '../../src/lab/region/model';
import { permits, type Policy } from '../../src/lab/region/policy';
import { seeded } from '../../src/lab/region/seed';
import { startFakeLab } from '../lab/region/fake-lab';
import { conditionsOf, policyInLab, roles, withoutCondition, workersKey } from './policies';

const { owner, subnets, servicesGroup, quarantineGroup, keyPair, region } = seeded;
const thief = { accessKeyId: workersKey, secretAccessKey: 'stolen' };

let lab: Lab;
let ec2: EC2Client;

/** What stands in the account: machines and images of each kind, of this installation and not. */
const machines = {
  drill: 'i-00000000000000001',
  spare: 'i-00000000000000002',
  restored: 'i-00000000000000003',
  bystander: 'i-00000000000000004',
  foreignDrill: 'i-00000000000000005',
  foreignSpare: 'i-00000000000000006',
  restoredElsewhere: 'i-00000000000000007',
} as const;
const images = {
  backup: 'ami-00000000000000001',
  byHand: 'ami-00000000000000002',
  otherBackup: 'ami-00000000000000003',
  /** Shared by somebody else, and tagged in this account by a person who was talked into it. */
  planted: 'ami-00000000000000004',
  /** A person keeps it under the name of the installation. */
  kept: 'ami-00000000000000005',
} as const;
const snapshots = {
  backup: 'snap-00000000000000001',
  byHand: 'snap-00000000000000002',
  otherBackup: 'snap-00000000000000003',
  planted: 'snap-00000000000000004',
  kept: 'snap-00000000000000005',
} as const;
const otherGroup = 'sg-0ddddddddddddddd0';
const otherAddress = 'eipalloc-0ddddddddddddddd0';
const otherKey = 'thieves';

const tagsOf = (kind: string, installation = 'prod') => ({
  'runbook:kind': kind,
  'runbook:installation': installation,
});

function addMachine(id: string, tags: Record<string, string>, more: Partial<Instance> = {}): void {
  const { instances, volumes } = lab.region.state;
  const model = instances[seeded.servicesMachine];
  if (model === undefined) throw new Error('no machine to copy');
  const eniId = id.replace('i-', 'eni-');
  instances[id] = { ...model, id, eniId, tags, eniTags: {}, state: 'stopped', ...more };
  const volume = Object.values(volumes)[0];
  if (volume === undefined) throw new Error('no volume to copy');
  const volumeId = id.replace('i-', 'vol-');
  volumes[volumeId] = { ...volume, id: volumeId, instanceId: id, tags };
  // One that a person attached by hand.
  const data = id.replace('i-0', 'vol-1');
  volumes[data] = { ...volume, id: data, instanceId: id, device: '/dev/sdf', tags: {} };
}

function addImage(name: keyof typeof images, tags: Record<string, string>, foreign = false): void {
  const { state } = lab.region;
  const base = state.images[seeded.baseImage];
  if (base === undefined) throw new Error('no image to copy');
  const snapshotId = snapshots[name];
  state.images[images[name]] = { ...base, id: images[name], name, foreign, tags, snapshotId };
  if (foreign) return;
  state.snapshots[snapshotId] = {
    id: snapshotId,
    imageId: images[name],
    volumeId: 'vol-ffffffff',
    size: 8,
    description: '',
    createdAt: 0,
    readyAt: 0,
    failed: false,
    tags,
  };
}

beforeAll(async () => {
  lab = await startFakeLab();
  ec2 = new EC2Client({ endpoint: lab.ec2Url, region, credentials: thief, maxAttempts: 1 });
  addMachine(machines.drill, tagsOf('drill'));
  addMachine(machines.spare, tagsOf('spare'));
  addMachine(machines.restored, { ...tagsOf('restore'), Name: 'prod_services' });
  addMachine(machines.bystander, { Name: 'billing' });
  addMachine(machines.foreignDrill, tagsOf('drill', 'other'));
  addMachine(machines.foreignSpare, tagsOf('spare', 'other'));
  addMachine(machines.restoredElsewhere, tagsOf('restore'), { subnetId: subnets[1] });
  const other = { address: '203.0.113.201', tags: {} };
  lab.region.state.addresses[otherAddress] = { ...other, allocationId: otherAddress };
  lab.region.state.keyPairs.push(otherKey);
  addImage('backup', tagsOf('backup'));
  addImage('byHand', {});
  addImage('otherBackup', tagsOf('backup', 'other'));
  addImage('kept', { 'runbook:installation': 'prod' });
  addImage('planted', tagsOf('backup'), true);
});
afterAll(async () => {
  ec2.destroy();
  await lab.stop();
});

type Try = () => Promise<unknown>;
const dry = { DryRun: true } as const;
const asTags = (tags: Record<string, string>) =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

const tag =
  (id: string, tags: Record<string, string>): Try =>
  () =>
    ec2.send(new CreateTagsCommand({ ...dry, Resources: [id], Tags: asTags(tags) }));
const untag =
  (id: string, keys?: readonly string[]): Try =>
  () => {
    const Tags = keys?.map((Key) => ({ Key }));
    return ec2.send(new DeleteTagsCommand({ ...dry, Resources: [id], Tags }));
  };
const end =
  (id: string): Try =>
  () =>
    ec2.send(new TerminateInstancesCommand({ ...dry, InstanceIds: [id] }));
const look =
  (id: string): Try =>
  () =>
    ec2.send(new GetConsoleOutputCommand({ ...dry, InstanceId: id }));
const readUserData =
  (id: string): Try =>
  () =>
    ec2.send(
      new DescribeInstanceAttributeCommand({ ...dry, InstanceId: id, Attribute: 'userData' }),
    );

interface Launch {
  readonly kind: string;
  readonly image?: string;
  readonly volumeKind?: string;
  readonly snapshot?: string;
  readonly subnet: string;
  readonly group: string;
  readonly key?: string;
}

const launch =
  ({
    kind,
    image = images.backup,
    volumeKind = kind,
    snapshot,
    subnet,
    group,
    key = keyPair,
  }: Launch): Try =>
  () => {
    const input: RunInstancesCommandInput = {
      ...dry,
      ImageId: image,
      MinCount: 1,
      MaxCount: 1,
      InstanceType: 'm5.2xlarge',
      SubnetId: subnet,
      SecurityGroupIds: [group],
      KeyName: key,
      UserData: Buffer.from('#!/bin/sh\n: a shell of mine').toString('base64'),
      TagSpecifications: [
        { ResourceType: 'instance', Tags: asTags(tagsOf(kind)) },
        { ResourceType: 'volume', Tags: asTags(tagsOf(volumeKind)) },
      ],
      ...(snapshot !== undefined && {
        BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { SnapshotId: snapshot } }],
      }),
    };
    return ec2.send(new RunInstancesCommand(input));
  };

/** What each kind of launch may use. */
const places = {
  drill: { kind: 'drill', subnet: subnets[1], group: quarantineGroup },
  spare: { kind: 'spare', subnet: subnets[1], group: quarantineGroup },
  restore: { kind: 'restore', subnet: subnets[0], group: servicesGroup },
} as const;

const launches = (kind: keyof typeof places): Record<string, Try> => ({
  [`a machine of no kind that anybody looks for, as the ${kind} launches`]: launch({
    ...places[kind],
    kind: 'mine',
  }),
  [`volumes of no kind, with a ${kind}`]: launch({ ...places[kind], volumeKind: 'mine' }),
  [`a planted image as ${kind}`]: launch({ ...places[kind], image: images.planted }),
  ...(kind === 'restore'
    ? {}
    : {
        [`any image of the account as ${kind}`]: launch({ ...places[kind], image: images.byHand }),
      }),
  [`a ${kind} in another subnet`]: launch({
    ...places[kind],
    subnet: kind === 'restore' ? subnets[1] : subnets[0],
  }),
  [`a ${kind} that a key of the thief's opens`]: launch({ ...places[kind], key: otherKey }),
  [`a ${kind} in another security group`]: launch({ ...places[kind], group: otherGroup }),
});

const image = (tags: Record<string, string>, id: string = machines.restored): Try => {
  const TagSpecifications = (['image', 'snapshot'] as const).map((ResourceType) => ({
    ResourceType,
    Tags: asTags(tags),
  }));
  return () =>
    ec2.send(new CreateImageCommand({ ...dry, InstanceId: id, Name: 'mine', TagSpecifications }));
};
const copy =
  (id: string, tags: Record<string, string>): Try =>
  async () => {
    const west = new EC2Client({
      endpoint: lab.ec2Url,
      region: 'us-west-2',
      credentials: thief,
      maxAttempts: 1,
    });
    const TagSpecifications = (['image', 'snapshot'] as const).map((ResourceType) => ({
      ResourceType,
      Tags: asTags(tags),
    }));
    const from = { SourceRegion: region, SourceImageId: id };
    const command = new CopyImageCommand({ ...dry, ...from, Name: 'mine', TagSpecifications });
    try {
      return await west.send(command);
    } finally {
      west.destroy();
    }
  };
const modify =
  (
    id: string,
    change: Partial<ConstructorParameters<typeof ModifyInstanceAttributeCommand>[0]>,
  ): Try =>
  () =>
    ec2.send(new ModifyInstanceAttributeCommand({ ...dry, InstanceId: id, ...change }));
const userData = { UserData: { Value: Buffer.from('#!/bin/sh\n: root at the next boot') } };
const associate =
  (instanceId: string, AllocationId: string = seeded.elasticIp): Try =>
  () => {
    const command = new AssociateAddressCommand({ ...dry, AllocationId, InstanceId: instanceId });
    return ec2.send(command);
  };

/** By role and by what it is; each must be denied to that role. */
const attacks: Readonly<Record<string, Readonly<Record<string, Try>>>> = {
  'read-only': { 'the end of the live machine': end(machines.restored) },
  backup: {
    'secrets in the user data of another machine': readUserData(machines.bystander),
    'the console of another machine': look(machines.bystander),
    'an image of another machine': image(tagsOf('backup'), machines.bystander),
    'an image that no prune would find': image({ Name: 'mine' }),
    'a copy of what somebody else made, as a backup': copy(images.planted, tagsOf('backup')),
    'a copy that no prune would find': copy(images.backup, { Name: 'mine' }),
    'new tags on any image': tag(images.byHand, { 'runbook:kind': 'backup' }),
    'other host keys in the record of a backup': tag(images.backup, { 'runbook:record.1': '{}' }),
    'the end of being a backup': tag(images.backup, { 'runbook:kind': 'drill' }),
    'a verdict on an image that no run made': tag(images.byHand, { 'runbook:verified': 'yes' }),
    'the live machine as drill': tag(machines.restored, { 'runbook:kind': 'drill' }),
    'another host key for the live machine': tag(machines.restored, { 'runbook:host-key': 'x' }),
    'a stopped app on another machine': tag(machines.bystander, { 'runbook:app-stopped': 'x' }),
    'the tags of the live machine': untag(machines.restored),
    'the end of the live machine': end(machines.restored),
    'user data of the live machine': modify(machines.restored, userData),
  },
  drill: {
    ...launches('drill'),
    'a disk of a snapshot that is no backup': launch({
      ...places.drill,
      snapshot: snapshots.byHand,
    }),
    'a disk of a planted snapshot': launch({ ...places.drill, snapshot: snapshots.planted }),
    'the console of another machine': look(machines.bystander),
    'the live machine as drill': tag(machines.restored, { 'runbook:kind': 'drill' }),
    'the live machine, by its host key': tag(machines.restored, { 'runbook:host-key': 'x' }),
    'a drill as restored machine': tag(machines.drill, { 'runbook:kind': 'restore' }),
    'a proof of an image that no run made': tag(images.byHand, { 'runbook:proven': 'x' }),
    'a hold on a backup': tag(images.backup, { 'runbook:hold': 'x' }),
    'the end of the live machine': end(machines.restored),
    'the end of a spare': end(machines.spare),
    "the end of another installation's drill": end(machines.foreignDrill),
  },
  prune: {
    'the end of an image that no run made': () =>
      ec2.send(new DeregisterImageCommand({ ...dry, ImageId: images.byHand })),
    'the end of an image that a person keeps': () =>
      ec2.send(new DeregisterImageCommand({ ...dry, ImageId: images.kept })),
    "the end of another installation's backup": () =>
      ec2.send(new DeregisterImageCommand({ ...dry, ImageId: images.otherBackup })),
    'the end of a snapshot that no run made': () =>
      ec2.send(new DeleteSnapshotCommand({ ...dry, SnapshotId: snapshots.byHand })),
    "the end of another installation's snapshot": () =>
      ec2.send(new DeleteSnapshotCommand({ ...dry, SnapshotId: snapshots.otherBackup })),
    'another word in the record of a backup': tag(images.backup, { 'runbook:record.1': '{}' }),
    'a hold on an image that no run made': tag(images.byHand, { 'runbook:hold': 'x' }),
    'all tags of a backup': untag(images.backup),
    'the kind of a backup': untag(images.backup, ['runbook:kind']),
    'an image that no run made becomes a backup': tag(images.byHand, tagsOf('backup')),
  },
  restore: {
    ...launches('restore'),
    'secrets in the user data of another machine': readUserData(machines.bystander),
    'the console of another machine': look(machines.bystander),
    'the live machine as drill': tag(machines.restored, { 'runbook:kind': 'drill' }),
    'the live machine as spare': tag(machines.restored, { 'runbook:kind': 'spare' }),
    'a state on another machine': tag(machines.bystander, { 'runbook:state': 'ready' }),
    'a proof of an image that no run made': tag(images.byHand, { 'runbook:proven': 'x' }),
    'a hold on a backup': tag(images.backup, { 'runbook:hold': 'x' }),
    'the address for a machine of somebody else': associate(machines.bystander),
    'the address for a machine elsewhere': associate(machines.restoredElsewhere),
    'another address': associate(machines.restored, otherAddress),
    'the end of the live machine': end(machines.restored),
    'user data of the live machine': modify(machines.restored, userData),
  },
  spare: {
    ...launches('spare'),
    'the console of another machine': look(machines.bystander),
    'user data of a spare': modify(machines.spare, userData),
    'user data of a spare, the old way': modify(machines.spare, {
      Attribute: 'userData',
      Value: 'IyEvYmluL3No',
    }),
    'user data of the live machine': modify(machines.restored, userData),
    'another group for another machine': modify(machines.bystander, { Groups: [servicesGroup] }),
    'a group that no restore has': modify(machines.spare, { Groups: [otherGroup] }),
    'a data volume that goes with a spare': modify(machines.spare, {
      BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { DeleteOnTermination: true } }],
    }),
    'the live machine as spare': tag(machines.restored, { 'runbook:kind': 'spare' }),
    'the live machine as drill': tag(machines.restored, { 'runbook:kind': 'drill' }),
    'a spare as drill': tag(machines.spare, { 'runbook:kind': 'drill' }),
    'another machine as restored': tag(machines.bystander, tagsOf('restore')),
    'a note on another machine': tag(machines.bystander, { 'runbook:state': 'ready' }),
    'another installation on a restored machine': tag(machines.restored, {
      'runbook:installation': 'other',
    }),
    'tags of the firm on a spare that is taken over': tag(machines.spare, {
      ...tagsOf('restore'),
      'cost-center': 'mine',
    }),
    'the end of the live machine': end(machines.restored),
    'the end of a drill': end(machines.drill),
    "the end of another installation's spare": end(machines.foreignSpare),
    'the stop of the live machine': () =>
      ec2.send(new StopInstancesCommand({ ...dry, InstanceIds: [machines.restored] })),
    'the start of another machine': () =>
      ec2.send(new StartInstancesCommand({ ...dry, InstanceIds: [machines.bystander] })),
  },
};

/** Roles are passed in calls of other services, too, which are not the lab's. */
const passings = [
  ['circleci-services', 'lambda.amazonaws.com'],
  ['administrators', 'ec2.amazonaws.com'],
] as const;

function passes(policy: Policy, [role, service]: (typeof passings)[number]): boolean {
  return permits([policy], {
    action: 'iam:PassRole',
    resource: `arn:aws:iam::${owner}:role/${role}`,
    context: { 'iam:PassedToService': [service] },
  });
}

async function codeOf(attack: Try): Promise<string> {
  return attack().then(
    () => 'done',
    (error: unknown) => (error instanceof Error ? error.name : String(error)),
  );
}

/** The names of the attacks that get past the policies, by what EC2 then says. */
async function passing(policies: readonly Policy[], all: Readonly<Record<string, Try>>) {
  lab.faults.grant(workersKey, policies);
  const said: [string, string][] = [];
  for (const [name, attack] of Object.entries(all)) said.push([name, await codeOf(attack)]);
  return said.filter(([, code]) => code !== 'UnauthorizedOperation');
}

/** Whether at least one does. */
async function isOpen(policy: Policy, role: string): Promise<boolean> {
  if (passings.some((one) => passes(policy, one))) return true;
  lab.faults.grant(workersKey, [policy]);
  for (const attack of Object.values(attacksOf(role))) {
    if ((await codeOf(attack)) !== 'UnauthorizedOperation') return true;
  }
  return false;
}

const attacksOf = (role: string) => attacks[role] ?? {};

/** What the lab says after the rights: it has no files of somebody else's image, for one. */
const saidLater: Readonly<Record<string, string>> = {
  'a copy of what somebody else made, as a backup': 'InvalidAMIID.NotFound',
  'the end of a snapshot that no run made': 'InvalidSnapshot.InUse',
  "the end of another installation's snapshot": 'InvalidSnapshot.InUse',
  'a disk of a snapshot that is no backup': 'InvalidBlockDeviceMapping',
  'a disk of a planted snapshot': 'InvalidBlockDeviceMapping',
};

test('each attack is a call that EC2 would take', async () => {
  lab.faults.grant(workersKey, undefined);
  for (const [name, attack] of roles.flatMap((role) => Object.entries(attacksOf(role)))) {
    expect([name, await codeOf(attack)]).toEqual([name, saidLater[name] ?? 'DryRunOperation']);
  }
});

test.each(roles)('the role %s lets no attack through', async (role) => {
  const policy = policyInLab(role);
  expect(await passing([policy], attacksOf(role))).toEqual([]);
  expect(passings.filter((one) => passes(policy, one))).toEqual([]);
});

test('nor do all roles together, but for what another one is there for', async () => {
  const policies = roles.map(policyInLab);
  const all = roles.map((role) => passing(policies, attacksOf(role)));
  const names = (await Promise.all(all)).flat().map(([name]) => name);
  expect([...new Set(names)].sort()).toMatchInlineSnapshot(`
    [
      "a drill in another subnet",
      "a hold on a backup",
      "a restore in another subnet",
      "a spare in another subnet",
      "another host key for the live machine",
      "any image of the account as drill",
      "any image of the account as spare",
      "the end of a drill",
      "the end of a spare",
      "the live machine, by its host key",
    ]
  `);
});

const conditions = roles.flatMap((role) =>
  conditionsOf(policyInLab(role)).map(
    ({ sid, operator, key }) => [role, sid, operator, key] as const,
  ),
);

test.each(conditions)(
  'in %s, %s without its %s %s lets an attack through',
  async (role, sid, operator, key) => {
    const policy = withoutCondition(policyInLab(role), { sid, operator, key });
    expect(await isOpen(policy, role)).toBe(true);
  },
);

const placed = roles.flatMap((role) =>
  policyInLab(role).Statement.flatMap(({ Sid = '', Resource }) =>
    Resource.filter((one) =>
      /[:/](subnet|security-group|key-pair|elastic-ip|role)\/[^*]/.test(one),
    ).map((one) => [role, Sid, one] as const),
  ),
);

test.each(placed)(
  'in %s, %s with any in place of %s lets an attack through',
  async (role, sid, named) => {
    const policy = policyInLab(role);
    const any = named.replace(/\/[^/]+$/, '/*');
    const Statement = policy.Statement.map((one) =>
      one.Sid === sid
        ? { ...one, Resource: one.Resource.map((other) => (other === named ? any : other)) }
        : one,
    );
    expect(await isOpen({ ...policy, Statement }, role)).toBe(true);
  },
);
