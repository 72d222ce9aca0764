import {
  CreateImageCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  ModifyInstanceAttributeCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type EC2Client,
  type Instance,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { seeded } from '../../../src/lab/region/seed';
import { eventually, inFakeLab } from './fake-lab';
import { codeOf } from './refusal';

const timings = { visible: 0, run: 20, statusOk: 60, console: 10, terminate: 10, image: 30 };

async function launched(
  ec2: EC2Client,
  changes: Partial<RunInstancesCommandInput>,
): Promise<string> {
  const order = {
    ImageId: seeded.baseImage,
    MinCount: 1,
    MaxCount: 1,
    SubnetId: seeded.subnets[0],
  };
  const reply = await ec2.send(new RunInstancesCommand({ ...order, ...changes }));
  return reply.Instances?.[0]?.InstanceId ?? 'none';
}

async function look(ec2: EC2Client, id: string): Promise<Instance | undefined> {
  const reply = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  return reply.Reservations?.[0]?.Instances?.[0];
}

/** Ids of the volumes that outlive the instance. */
async function leftOf(ec2: EC2Client, id: string): Promise<string[]> {
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await eventually(async () => expect((await look(ec2, id))?.State?.Name).toBe('terminated'));
  const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({}));
  return Volumes.flatMap(({ VolumeId = '', State }) => (State === 'available' ? VolumeId : []));
}

test('keeps of each volume whether it ends with its machine, until a request says otherwise', () =>
  inFakeLab(
    async ({ ec2, lab }) => {
      const attached = Object.values(lab.region.state.volumes)[0];
      if (attached === undefined) throw new Error('no volume');
      lab.region.state.volumes['vol-0aaaaaaaaaaaaaaa0'] = {
        ...attached,
        id: 'vol-0aaaaaaaaaaaaaaa0',
        device: '/dev/sdf',
        deleteOnTermination: false,
      };
      const InstanceId = seeded.servicesMachine;
      const order = { InstanceId, Name: 'two disks', NoReboot: true };
      const { ImageId } = await ec2.send(new CreateImageCommand(order));
      await eventually(async () => {
        const found = await ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId ?? ''] }));
        expect(found.Images?.[0]?.State).toBe('available');
      });
      const mapped = [{ DeviceName: '/dev/sdf', Ebs: { DeleteOnTermination: true } }];
      const BlockDeviceMappings = mapped;
      const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId ?? ''] }));
      const SnapshotId = Images?.[0]?.BlockDeviceMappings?.[1]?.Ebs?.SnapshotId;
      const ordered = {
        ImageId,
        ClientToken: 'a',
        BlockDeviceMappings: [
          { DeviceName: '/dev/sdf', Ebs: { SnapshotId, DeleteOnTermination: true } },
        ],
      };
      const asOrdered = await launched(ec2, ordered);
      expect(await leftOf(ec2, asOrdered)).toEqual([]);
      const corrected = await launched(ec2, { ImageId, ClientToken: 'b' });
      const change = { InstanceId: corrected, BlockDeviceMappings };
      await ec2.send(new ModifyInstanceAttributeCommand(change));
      expect(await leftOf(ec2, corrected)).toEqual([]);
      const asImaged = await launched(ec2, { ImageId, ClientToken: 'c' });
      expect(await leftOf(ec2, asImaged)).toHaveLength(1);
    },
    { timings },
  ));

const root = '/dev/sda1';

test.each([
  [
    'neither size nor snapshot',
    { DeviceName: root, Ebs: { DeleteOnTermination: true } },
    'MissingParameter',
  ],
  [
    'encryption of a volume from a snapshot',
    { DeviceName: '/dev/sdf', Ebs: { SnapshotId: 'snap-0a', Encrypted: false } },
    'InvalidBlockDeviceMapping',
  ],
  [
    'another snapshot for the root volume',
    { DeviceName: root, Ebs: { SnapshotId: 'snap-0a' } },
    'InvalidBlockDeviceMapping',
  ],
  [
    'a provisioned volume without its figure',
    { DeviceName: root, Ebs: { VolumeSize: 200, VolumeType: 'io1' as const } },
    'MissingParameter',
  ],
])('takes no override with %s', (_what, mapping, code) =>
  inFakeLab(async ({ ec2 }) => {
    const order = { ImageId: seeded.baseImage, BlockDeviceMappings: [mapping] };
    expect(await codeOf(launched(ec2, order))).toBe(code);
  }),
);
