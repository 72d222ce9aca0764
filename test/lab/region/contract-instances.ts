/** What callers rely on in launches, instances and addresses. */
import * as sdk from '@aws-sdk/client-ec2';
import { toImage } from '../../../src/world/ec2/shapes';
import { runInstancesInput } from '../../../src/world/ec2/requests';
import {
  describeImage,
  imageOf,
  launch,
  look,
  newName,
  running,
  until,
  type Case,
} from './contract-questions';
import { eventually } from './fake-lab';
import { codeOf } from './refusal';

export const launchCases: readonly Case[] = [
  {
    says: 'launches one instance for one client token',
    aws: true,
    ask: async (backend) => {
      const ClientToken = newName().replace(' ', '-');
      return (
        (await running(backend, { ClientToken })) === (await running(backend, { ClientToken }))
      );
    },
  },
  {
    says: 'refuses a client token with other parameters',
    aws: 'IdempotentParameterMismatch',
    ask: async (backend) => {
      const ClientToken = newName().replace(' ', '-');
      await running(backend, { ClientToken });
      return codeOf(backend.ec2.send(launch(backend, { ClientToken, InstanceType: 'm5.4xlarge' })));
    },
  },
  {
    says: 'protects an instance from its launch on',
    aws: 'OperationNotPermitted',
    ask: async (backend) => {
      const id = await running(backend, { DisableApiTermination: true });
      return codeOf(backend.ec2.send(new sdk.TerminateInstancesCommand({ InstanceIds: [id] })));
    },
  },
  {
    says: 'protects an instance later',
    aws: 'OperationNotPermitted',
    ask: async (backend) => {
      const InstanceId = await running(backend);
      const DisableApiTermination = { Value: true };
      await backend.ec2.send(
        new sdk.ModifyInstanceAttributeCommand({ InstanceId, DisableApiTermination }),
      );
      const request = new sdk.TerminateInstancesCommand({ InstanceIds: [InstanceId] });
      return codeOf(backend.ec2.send(request));
    },
  },
  {
    says: 'gives the private address that was asked for, and gives it once',
    aws: [true, 'InvalidIPAddress.InUse'],
    ask: async (backend) => {
      const { PrivateIpAddress } = backend;
      const id = await running(backend, { PrivateIpAddress });
      const second = await codeOf(backend.ec2.send(launch(backend, { PrivateIpAddress })));
      const answer = second.startsWith('Error') ? 'no answer' : second;
      return [(await look(backend, id)).PrivateIpAddress === PrivateIpAddress, answer];
    },
  },
  {
    says: 'refuses an unknown subnet',
    aws: 'InvalidSubnetID.NotFound',
    ask: (backend) => {
      const request = launch(backend, { SubnetId: 'subnet-0fffffffffffffff0' });
      return codeOf(backend.ec2.send(request));
    },
  },
  {
    says: 'refuses an unknown security group',
    aws: 'InvalidGroup.NotFound',
    ask: (backend) => {
      const request = launch(backend, { SecurityGroupIds: ['sg-0fffffffffffffff0'] });
      return codeOf(backend.ec2.send(request));
    },
  },
  {
    says: 'wants size or snapshot of a volume that the image has not',
    aws: 'MissingParameter',
    ask: (backend) => {
      const BlockDeviceMappings = [{ DeviceName: '/dev/sdq', Ebs: { DeleteOnTermination: true } }];
      return codeOf(backend.ec2.send(launch(backend, { BlockDeviceMappings })));
    },
  },
  {
    says: 'lets the volumes end with the machine when all else is said as the image says it',
    aws: [true, 0],
    ask: async (backend) => {
      const imageId = await imageOf(backend);
      await eventually(async () => {
        const { State, BlockDeviceMappings } = await describeImage(backend, imageId);
        expect([State, BlockDeviceMappings?.[0]?.Ebs?.SnapshotId]).toEqual([
          'available',
          expect.stringMatching(/^snap-/),
        ]);
      });
      const image = toImage(await describeImage(backend, imageId));
      const { BlockDeviceMappings } = runInstancesInput({
        imageId,
        clientToken: '',
        tags: {},
        launch: {
          instanceType: '',
          subnetId: '',
          securityGroupIds: [],
          httpTokens: 'optional',
          httpPutResponseHopLimit: 1,
          terminationProtection: false,
        },
        volatileDisks: image.disks,
      });
      const id = await running(backend, { ImageId: imageId, BlockDeviceMappings });
      const { BlockDeviceMappings: attached = [] } = await look(backend, id);
      const VolumeIds = attached.map(({ Ebs }) => Ebs?.VolumeId ?? '');
      const { Volumes: [volume] = [] } = await backend.ec2.send(
        new sdk.DescribeVolumesCommand({ VolumeIds }),
      );
      await backend.ec2.send(new sdk.TerminateInstancesCommand({ InstanceIds: [id] }));
      await until(backend, id, 'terminated');
      const left = await backend.ec2.send(new sdk.DescribeVolumesCommand({}));
      return [
        volume?.SnapshotId === image.disks[0]?.snapshotId,
        left.Volumes?.filter(({ VolumeId = '' }) => VolumeIds.includes(VolumeId)).length,
      ];
    },
  },
  {
    says: 'lets a dry run through and launches nothing',
    aws: 'DryRunOperation',
    ask: (backend) => codeOf(backend.ec2.send(launch(backend, { DryRun: true }))),
  },
];

export const instanceCases: readonly Case[] = [
  {
    says: 'does not know an instance that never was',
    aws: 'InvalidInstanceID.NotFound',
    ask: (backend) => codeOf(look(backend, 'i-0fffffffffffffff0')),
  },
  {
    says: 'calls an id that is none malformed',
    aws: 'InvalidInstanceID.Malformed',
    ask: (backend) => codeOf(look(backend, 'instance')),
  },
  {
    says: 'keeps the private address over stop and start',
    aws: true,
    ask: async (backend) => {
      const id = await running(backend);
      const before = (await look(backend, id)).PrivateIpAddress;
      await backend.ec2.send(new sdk.StopInstancesCommand({ InstanceIds: [id] }));
      await until(backend, id, 'stopped');
      await backend.ec2.send(new sdk.StartInstancesCommand({ InstanceIds: [id] }));
      await until(backend, id, 'running');
      return before === (await look(backend, id)).PrivateIpAddress;
    },
  },
  {
    says: 'shows the status of running instances, of others only when asked',
    aws: [0, 1],
    ask: async (backend) => {
      const InstanceIds = [await running(backend)];
      await backend.ec2.send(new sdk.StopInstancesCommand({ InstanceIds }));
      const count = async (IncludeAllInstances: boolean) => {
        const request = { InstanceIds, IncludeAllInstances };
        const reply = await backend.ec2.send(new sdk.DescribeInstanceStatusCommand(request));
        return reply.InstanceStatuses?.length;
      };
      return [await count(false), await count(true)];
    },
  },
  {
    says: 'shows a terminated instance for a while',
    aws: 'terminated',
    ask: async (backend) => {
      const id = await running(backend);
      await backend.ec2.send(new sdk.TerminateInstancesCommand({ InstanceIds: [id] }));
      await until(backend, id, 'terminated');
      return (await look(backend, id)).State?.Name;
    },
  },
  {
    says: 'attaches one volume to an instance',
    aws: ['in-use'],
    ask: async (backend) => {
      const Filters = [{ Name: 'attachment.instance-id', Values: [await running(backend)] }];
      const { Volumes = [] } = await backend.ec2.send(new sdk.DescribeVolumesCommand({ Filters }));
      return Volumes.map(({ State }) => State);
    },
  },
  {
    says: 'tells what an instance type has',
    aws: [8, 32_768, ['x86_64']],
    ask: async ({ ec2 }) => {
      const request = { InstanceTypes: ['m5.2xlarge'] as sdk._InstanceType[] };
      const reply = await ec2.send(new sdk.DescribeInstanceTypesCommand(request));
      const { VCpuInfo, MemoryInfo, ProcessorInfo } = reply.InstanceTypes?.[0] ?? {};
      return [VCpuInfo?.DefaultVCpus, MemoryInfo?.SizeInMiB, ProcessorInfo?.SupportedArchitectures];
    },
  },
  {
    says: 'finds instance types by what they have',
    aws: ['m5.2xlarge'],
    ask: async ({ ec2 }) => {
      const Filters = [
        { Name: 'instance-type', Values: ['m5.*xlarge'] },
        { Name: 'vcpu-info.default-vcpus', Values: ['8'] },
      ];
      const reply = await ec2.send(new sdk.DescribeInstanceTypesCommand({ Filters }));
      return reply.InstanceTypes?.map(({ InstanceType }) => InstanceType);
    },
  },
  {
    says: 'knows no instance type that there is not, nor the others asked for with it',
    aws: 'InvalidInstanceType',
    ask: ({ ec2 }) => {
      const InstanceTypes = ['m5.2xlarge', 'm5.enormous'] as sdk._InstanceType[];
      return codeOf(ec2.send(new sdk.DescribeInstanceTypesCommand({ InstanceTypes })));
    },
  },
  {
    says: 'holds 50 tags, no value over 256 characters, and none of its own',
    aws: ['TagLimitExceeded', 'InvalidParameterValue', 'InvalidParameterValue'],
    ask: async (backend) => {
      const Resources = [await running(backend)];
      const tag = (...Tags: sdk.Tag[]) =>
        codeOf(backend.ec2.send(new sdk.CreateTagsCommand({ Resources, Tags })));
      const many = Array.from({ length: 51 }, (_, at) => ({ Key: `k${String(at)}`, Value: '' }));
      return [
        await tag(...many),
        await tag({ Key: 'k', Value: 'v'.repeat(257) }),
        await tag({ Key: 'aws:k', Value: '' }),
      ];
    },
  },
  {
    says: 'moves an Elastic IP only where that is allowed',
    aws: ['Resource.AlreadyAssociated', true],
    ask: async (backend) => {
      const { AllocationId } = await backend.ec2.send(
        new sdk.AllocateAddressCommand({ Domain: 'vpc' }),
      );
      const [first, second] = [await running(backend), await running(backend)];
      const associate = (InstanceId: string, AllowReassociation: boolean) =>
        backend.ec2.send(
          new sdk.AssociateAddressCommand({ AllocationId, InstanceId, AllowReassociation }),
        );
      await associate(first, false);
      const refused = await codeOf(associate(second, false));
      await associate(second, true);
      const request = new sdk.DescribeAddressesCommand({ AllocationIds: [AllocationId ?? ''] });
      const { Addresses: [address] = [] } = await backend.ec2.send(request);
      return [refused, address?.InstanceId === second];
    },
  },
];
