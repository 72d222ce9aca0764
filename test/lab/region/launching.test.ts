import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateImageCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeInstanceStatusCommand,
  GetConsoleOutputCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type EC2Client,
  type Instance,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { seeded } from '../../../src/lab/region/seed';
import { eventually, inFakeLab } from './fake-lab';
import { readText, textFile } from './fake-machine';
import { codeOf } from './refusal';

const timings = { visible: 0, run: 20, statusOk: 60, console: 10, terminate: 10, image: 30 };

function launch(changes: Partial<RunInstancesCommandInput> = {}): RunInstancesCommand {
  return new RunInstancesCommand({
    ImageId: seeded.baseImage,
    MinCount: 1,
    MaxCount: 1,
    InstanceType: 'm5.2xlarge',
    SubnetId: seeded.subnets[0],
    SecurityGroupIds: [seeded.servicesGroup],
    IamInstanceProfile: { Name: seeded.instanceProfile },
    KeyName: seeded.keyPair,
    MetadataOptions: { HttpTokens: 'optional', HttpPutResponseHopLimit: 2 },
    TagSpecifications: [
      { ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'a <b> & "c"' }] },
    ],
    ClientToken: 'restore-1',
    ...changes,
  });
}

async function launched(
  ec2: EC2Client,
  changes?: Partial<RunInstancesCommandInput>,
): Promise<string> {
  const reply = await ec2.send(launch(changes));
  return reply.Instances?.[0]?.InstanceId ?? 'none';
}

async function look(ec2: EC2Client, id: string): Promise<Instance | undefined> {
  const reply = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  return reply.Reservations?.[0]?.Instances?.[0];
}

test('gives back the same instance for the same client token', () =>
  inFakeLab(async ({ ec2, lab }) => {
    const id = await launched(ec2);
    expect(await launched(ec2)).toBe(id);
    expect([...lab.region.machines.keys()]).toEqual([seeded.servicesMachine, id]);
  }));

test('refuses the token with other parameters', () =>
  inFakeLab(async ({ ec2 }) => {
    await launched(ec2);
    const other = launch({ InstanceType: 'm5.4xlarge' });
    expect(await codeOf(ec2.send(other))).toBe('IdempotentParameterMismatch');
  }));

test('gives back a terminated instance for a spent token, also when it is no longer shown', () =>
  inFakeLab(
    async ({ ec2 }) => {
      const id = await launched(ec2);
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
      await eventually(async () => {
        expect(await codeOf(look(ec2, id))).toBe('InvalidInstanceID.NotFound');
      });
      const again = await ec2.send(launch());
      expect(again.Instances?.[0]).toMatchObject({ InstanceId: id, State: { Name: 'terminated' } });
    },
    { speed: 20_000, timings },
  ));

test('shows everything that the launch asked for', () =>
  inFakeLab(
    async ({ ec2 }) => {
      const id = await launched(ec2, { DisableApiTermination: true, PrivateIpAddress: '10.0.1.9' });
      expect(await look(ec2, id)).toMatchObject({
        InstanceType: 'm5.2xlarge',
        ImageId: seeded.baseImage,
        SubnetId: seeded.subnets[0],
        SecurityGroups: [{ GroupId: seeded.servicesGroup, GroupName: 'circleci-services' }],
        IamInstanceProfile: { Arn: 'arn:aws:iam::123456789012:instance-profile/circleci-services' },
        KeyName: seeded.keyPair,
        MetadataOptions: { HttpTokens: 'optional', HttpPutResponseHopLimit: 2 },
        PrivateIpAddress: '10.0.1.9',
        PublicIpAddress: '203.0.113.101',
        State: { Code: 0, Name: 'pending' },
        Tags: [{ Key: 'Name', Value: 'a <b> & "c"' }],
        BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { Status: 'attached' } }],
        ClientToken: 'restore-1',
      });
      expect((await look(ec2, id))?.LaunchTime).toBeInstanceOf(Date);
    },
    { speed: 10, timings },
  ));

test('runs after a while, passes its checks later, and its console speaks in between', () =>
  inFakeLab(
    async ({ ec2, lab }) => {
      const id = await launched(ec2);
      const status = async () => {
        const request = new DescribeInstanceStatusCommand({ InstanceIds: [id] });
        const { InstanceStatuses: [first] = [] } = await ec2.send(request);
        return first?.InstanceStatus?.Status;
      };
      expect(await status()).toBeUndefined();
      expect(lab.region.machines.get(id)?.answers).toBe(false);
      await eventually(async () => {
        expect(await status()).toBe('initializing');
      });
      expect(lab.region.machines.get(id)?.answers).toBe(true);
      const console = new GetConsoleOutputCommand({ InstanceId: id });
      expect((await ec2.send(console)).Output).toBeUndefined();
      await eventually(async () => {
        const { Output: output = '' } = await ec2.send(console);
        expect(Buffer.from(output, 'base64').toString()).toBe(`console of ${id}`);
      });
      await eventually(async () => {
        expect(await status()).toBe('ok');
      });
      expect((await look(ec2, id))?.State?.Name).toBe('running');
    },
    { speed: 100, timings: { ...timings, console: 30 } },
  ));

test('does not show a new instance at first', () =>
  inFakeLab(
    async ({ ec2 }) => {
      const id = await launched(ec2);
      expect(await codeOf(look(ec2, id))).toBe('InvalidInstanceID.NotFound');
      await eventually(async () => {
        expect(await codeOf(look(ec2, id))).toBe('accepted');
      }, 60);
    },
    // Longer than a busy machine takes for the first look.
    { timings: { visible: 900 } },
  ));

test.each<[string, Partial<RunInstancesCommandInput>, string]>([
  ['an image that is unknown', { ImageId: 'ami-0ffffffffffffffff' }, 'InvalidAMIID.NotFound'],
  ['an image id that is none', { ImageId: 'image' }, 'InvalidAMIID.Malformed'],
  ['an unknown subnet', { SubnetId: 'subnet-0fffffff' }, 'InvalidSubnetID.NotFound'],
  ['an unknown group', { SecurityGroupIds: ['sg-0fffffff'] }, 'InvalidGroup.NotFound'],
  ['an unknown profile', { IamInstanceProfile: { Name: 'x' } }, 'InvalidParameterValue'],
  ['an unknown key pair', { KeyName: 'x' }, 'InvalidKeyPair.NotFound'],
  ['an address in use', { PrivateIpAddress: '10.0.1.5' }, 'InvalidIPAddress.InUse'],
  ['an address outside', { PrivateIpAddress: '10.0.2.5' }, 'InvalidParameterValue'],
  ['two instances', { MaxCount: 2 }, 'InstanceLimitExceeded'],
  [
    'a network card beside a subnet',
    { NetworkInterfaces: [{ DeviceIndex: 0 }] },
    'InvalidParameterCombination',
  ],
  [
    'tags for an image',
    { TagSpecifications: [{ ResourceType: 'image', Tags: [] }] },
    'InvalidParameterValue',
  ],
])('refuses %s and launches nothing', (_, changes, code) =>
  inFakeLab(async ({ ec2, lab }) => {
    expect(await codeOf(ec2.send(launch(changes)))).toBe(code);
    expect(lab.region.machines.size).toBe(1);
    // A refused request does not spend its token.
    expect(await codeOf(ec2.send(launch()))).toBe('accepted');
  }),
);

async function availableImage(ec2: EC2Client, name: string): Promise<string> {
  const made = await ec2.send(
    new CreateImageCommand({ InstanceId: seeded.servicesMachine, Name: name, NoReboot: true }),
  );
  const id = made.ImageId ?? '';
  await eventually(async () => {
    const { Images: [image] = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [id] }));
    expect(image?.State).toBe('available');
  });
  return id;
}

test('starts a clone with the files as they were when the image was made', () =>
  inFakeLab(
    async ({ ec2, dir }) => {
      const source = join(dir, 'machines', seeded.servicesMachine);
      writeFileSync(textFile(source), 'at the instant');
      const image = await availableImage(ec2, 'backup-1');
      writeFileSync(textFile(source), 'later');
      const id = await launched(ec2, { ImageId: image });
      expect(readText(join(dir, 'machines', id))).toBe('at the instant');
      writeFileSync(textFile(join(dir, 'machines', id)), 'of the clone');
      expect(readText(join(dir, 'images', image))).toBe('at the instant');
    },
    { timings },
  ));

test('launches neither a pending nor a deregistered image', () =>
  inFakeLab(
    async ({ ec2 }) => {
      const made = await ec2.send(
        new CreateImageCommand({ InstanceId: seeded.servicesMachine, Name: 'backup-1' }),
      );
      const id = made.ImageId ?? '';
      expect(await codeOf(ec2.send(launch({ ImageId: id })))).toBe('InvalidAMIID.Unavailable');
      await ec2.send(new DeregisterImageCommand({ ImageId: id }));
      expect(await codeOf(ec2.send(launch({ ImageId: id })))).toBe('InvalidAMIID.Unavailable');
    },
    { timings },
  ));

test('shows why an instance died instead of running', () =>
  inFakeLab(
    async ({ ec2, lab }) => {
      lab.faults.add({ action: 'RunInstances', effect: 'instance-dies', times: 1 });
      const id = await launched(ec2);
      await eventually(async () => {
        expect(await look(ec2, id)).toMatchObject({
          State: { Name: 'terminated' },
          StateReason: { Code: 'Client.InternalError' },
        });
      });
      expect(lab.region.machines.has(id)).toBe(false);
    },
    { timings },
  ));

test('keeps user data out of the journal', () =>
  inFakeLab(async ({ ec2, lab }) => {
    await launched(ec2, { UserData: Buffer.from('password=hunter2').toString('base64') });
    const written = JSON.stringify(lab.journal.since(0));
    expect(written).toContain('RunInstances');
    expect(written).not.toContain(Buffer.from('password=hunter2').toString('base64'));
  }));
