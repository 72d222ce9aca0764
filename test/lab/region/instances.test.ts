import {
  CreateTagsCommand,
  DeleteTagsCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeInstanceStatusCommand,
  DescribeTagsCommand,
  ModifyInstanceAttributeCommand,
  RebootInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  type EC2Client,
  type Filter,
  type Instance,
} from '@aws-sdk/client-ec2';
import { seeded } from '../../../src/lab/region/seed';
import { eventually, inFakeLab } from './fake-lab';
import { codeOf } from './refusal';

const InstanceId = seeded.servicesMachine;
const one = { InstanceIds: [InstanceId] };
const timings = { visible: 0, run: 20, stop: 20, terminate: 20, reboot: 20 };

async function look(ec2: EC2Client): Promise<Instance> {
  const { Reservations: [reservation] = [] } = await ec2.send(new DescribeInstancesCommand(one));
  return reservation?.Instances?.[0] ?? {};
}

function until(ec2: EC2Client, state: string): Promise<void> {
  return eventually(async () => {
    expect((await look(ec2)).State?.Name).toBe(state);
  });
}

test('keeps the private address over stop and start and gives another public one', () =>
  inFakeLab(
    async ({ ec2, lab }) => {
      const attached = async () => {
        const { LaunchTime, NetworkInterfaces } = await look(ec2);
        return { LaunchTime, first: NetworkInterfaces?.[0]?.Attachment?.AttachTime };
      };
      const before = await attached();
      const reply = await ec2.send(new StopInstancesCommand(one));
      expect(reply.StoppingInstances).toMatchObject([
        { InstanceId, PreviousState: { Name: 'running' }, CurrentState: { Name: 'stopping' } },
      ]);
      await until(ec2, 'stopped');
      expect((await look(ec2)).PublicIpAddress).toBeUndefined();
      expect(lab.region.machines.get(InstanceId)?.answers).toBe(false);
      expect(lab.region.machineAt(seeded.privateAddress)).toBeUndefined();
      await ec2.send(new StartInstancesCommand(one));
      await until(ec2, 'running');
      expect(await look(ec2)).toMatchObject({
        PrivateIpAddress: seeded.privateAddress,
        PublicIpAddress: '203.0.113.101',
      });
      // A start makes the launch time anew; what tells of the first one stays.
      const after = await attached();
      expect(after.first).toEqual(before.first);
      expect(after.LaunchTime?.getTime()).toBeGreaterThan(before.LaunchTime?.getTime() ?? Infinity);
      expect(lab.region.machines.get(InstanceId)).toMatchObject({
        answers: true,
        publicAddress: '203.0.113.101',
      });
      expect(lab.region.machineAt('203.0.113.101')?.instanceId).toBe(InstanceId);
    },
    { timings },
  ));

test('reboots without a change of addresses', () =>
  inFakeLab(
    async ({ ec2, lab }) => {
      await ec2.send(new RebootInstancesCommand(one));
      expect(lab.region.machines.get(InstanceId)?.answers).toBe(false);
      await eventually(() => {
        expect(lab.region.machines.get(InstanceId)?.answers).toBe(true);
        return Promise.resolve();
      });
      expect(await look(ec2)).toMatchObject({
        State: { Name: 'running' },
        PublicIpAddress: seeded.publicAddress,
      });
    },
    { timings },
  ));

test('holds a protected instance and shows a terminated one for an hour', () =>
  inFakeLab(
    async ({ ec2, lab }) => {
      const protect = (Value: boolean) =>
        ec2.send(
          new ModifyInstanceAttributeCommand({ InstanceId, DisableApiTermination: { Value } }),
        );
      const terminate = () => ec2.send(new TerminateInstancesCommand(one));
      await protect(true);
      const attribute = await ec2.send(
        new DescribeInstanceAttributeCommand({ InstanceId, Attribute: 'disableApiTermination' }),
      );
      expect(attribute.DisableApiTermination).toEqual({ Value: true });
      expect(await codeOf(terminate())).toBe('OperationNotPermitted');
      await protect(false);
      await terminate();
      await until(ec2, 'terminated');
      expect(await look(ec2)).toMatchObject({
        StateReason: { Code: 'Client.UserInitiatedShutdown' },
        Tags: [{ Key: 'Name', Value: 'prod_services' }],
      });
      expect(lab.region.machines.has(InstanceId)).toBe(false);
      expect(await codeOf(ec2.send(new StartInstancesCommand(one)))).toBe('IncorrectInstanceState');
      await eventually(async () => {
        expect(await codeOf(look(ec2))).toBe('InvalidInstanceID.NotFound');
      });
    },
    { speed: 5000, timings: { ...timings, terminate: 100 } },
  ));

test('shows the status of running instances only, unless asked for all', () =>
  inFakeLab(
    async ({ ec2 }) => {
      await ec2.send(new StopInstancesCommand(one));
      const ask = async (IncludeAllInstances: boolean) => {
        const request = new DescribeInstanceStatusCommand({ ...one, IncludeAllInstances });
        return (await ec2.send(request)).InstanceStatuses?.map(
          ({ InstanceState }) => InstanceState?.Name,
        );
      };
      expect(await ask(false)).toEqual([]);
      expect(await ask(true)).toEqual(['stopping']);
    },
    { speed: 1 },
  ));

test.each<[string, Filter, boolean]>([
  ['its tag', { Name: 'tag:Name', Values: ['prod_services'] }, true],
  ['another tag', { Name: 'tag:Name', Values: ['staging_services'] }, false],
  ['one of several states', { Name: 'instance-state-name', Values: ['stopped', 'running'] }, true],
  ['its private address', { Name: 'private-ip-address', Values: ['10.0.1.5'] }, true],
  ['a longer address', { Name: 'private-ip-address', Values: ['10.0.1.50'] }, false],
  ['its image', { Name: 'image-id', Values: [seeded.baseImage] }, true],
])('finds the instance by %s', (_, filter, found) =>
  inFakeLab(async ({ ec2 }) => {
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ Filters: [filter] }));
    expect(Reservations).toHaveLength(found ? 1 : 0);
  }),
);

test.each([
  ['an id that is none', 'instance', 'InvalidInstanceID.Malformed'],
  ['an unknown id', 'i-0fffffffffffffff0', 'InvalidInstanceID.NotFound'],
])('refuses %s', (_, id, code) =>
  inFakeLab(async ({ ec2 }) => {
    expect(await codeOf(ec2.send(new StopInstancesCommand({ InstanceIds: [id] })))).toBe(code);
    expect(await codeOf(ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] })))).toBe(code);
  }),
);

const tag = (Key: string, Value = '') =>
  new CreateTagsCommand({ Resources: [InstanceId], Tags: [{ Key, Value }] });

test.each([
  ['a key of 128 characters', tag('k'.repeat(128)), 'accepted'],
  ['a key of 129 characters', tag('k'.repeat(129)), 'InvalidParameterValue'],
  ['a value of 256 characters', tag('k', 'v'.repeat(256)), 'accepted'],
  ['a value of 257 characters', tag('k', 'v'.repeat(257)), 'InvalidParameterValue'],
  ["a key of AWS's own", tag('aws:k'), 'InvalidParameterValue'],
])('judges %s', (_, command, code) =>
  inFakeLab(async ({ ec2 }) => {
    expect(await codeOf(ec2.send(command))).toBe(code);
  }),
);

test('holds 50 tags and not one more', () =>
  inFakeLab(async ({ ec2 }) => {
    const Tags = Array.from({ length: 49 }, (_, index) => ({
      Key: `k${String(index)}`,
      Value: '',
    }));
    await ec2.send(new CreateTagsCommand({ Resources: [InstanceId], Tags }));
    expect(await codeOf(ec2.send(tag('one more')))).toBe('TagLimitExceeded');
    expect(await codeOf(ec2.send(tag('k0', 'changed')))).toBe('accepted');
    await ec2.send(
      new DeleteTagsCommand({
        Resources: [InstanceId],
        Tags: [{ Key: 'k1' }, { Key: 'k0', Value: 'other' }],
      }),
    );
    const { Tags: left = [] } = await ec2.send(
      new DescribeTagsCommand({ Filters: [{ Name: 'resource-id', Values: [InstanceId] }] }),
    );
    const keys = left.map(({ Key }) => Key);
    expect(keys).toHaveLength(49);
    expect(keys).toContain('k0');
    expect(keys).not.toContain('k1');
  }));
