import {
  AssociateAddressCommand,
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DisassociateAddressCommand,
  RunInstancesCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import { seeded } from '../../../src/lab/region/seed';
import { eventually, inFakeLab } from './fake-lab';
import { codeOf } from './refusal';

const AllocationId = seeded.elasticIp;
const timings = { visible: 0, run: 1, giveAddress: 30 };

function associate(ec2: EC2Client, InstanceId: string, AllowReassociation?: boolean) {
  return ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId, AllowReassociation }));
}

async function publicAddress(ec2: EC2Client, id: string = seeded.servicesMachine) {
  const reply = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  return reply.Reservations?.[0]?.Instances?.[0]?.PublicIpAddress;
}

async function secondInstance(ec2: EC2Client): Promise<string> {
  const reply = await ec2.send(
    new RunInstancesCommand({ ImageId: seeded.baseImage, MinCount: 1, MaxCount: 1 }),
  );
  const id = reply.Instances?.[0]?.InstanceId ?? '';
  await eventually(async () => {
    const described = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    expect(described.Reservations?.[0]?.Instances?.[0]?.State?.Name).toBe('running');
  });
  return id;
}

test('takes the assigned address away for good when an Elastic IP comes', () =>
  inFakeLab(
    async ({ ec2, lab }) => {
      const { AssociationId } = await associate(ec2, seeded.servicesMachine);
      expect(await publicAddress(ec2)).toBe(seeded.elasticAddress);
      expect(lab.region.machines.get(seeded.servicesMachine)?.publicAddress).toBe(
        seeded.elasticAddress,
      );
      expect(lab.region.machineAt(seeded.publicAddress)).toBeUndefined();
      expect(lab.region.machineAt(seeded.elasticAddress)?.instanceId).toBe(seeded.servicesMachine);

      const leave = () => ec2.send(new DisassociateAddressCommand({ AssociationId }));
      await leave();
      expect(await publicAddress(ec2)).toBeUndefined();
      expect(await codeOf(leave())).toBe('accepted');
      await eventually(async () => {
        expect(await publicAddress(ec2)).toBe('203.0.113.101');
      });
    },
    { speed: 100, timings },
  ));

test('moves from machine to machine only where that is allowed', () =>
  inFakeLab(
    async ({ ec2 }) => {
      const second = await secondInstance(ec2);
      const { AssociationId } = await associate(ec2, seeded.servicesMachine, false);
      expect((await associate(ec2, seeded.servicesMachine, false)).AssociationId).toBe(
        AssociationId,
      );
      expect(await codeOf(associate(ec2, second, false))).toBe('Resource.AlreadyAssociated');
      await associate(ec2, second, true);
      expect(await publicAddress(ec2, second)).toBe(seeded.elasticAddress);
      const { Addresses } = await ec2.send(
        new DescribeAddressesCommand({ AllocationIds: [AllocationId] }),
      );
      expect(Addresses).toMatchObject([
        { InstanceId: second, PrivateIpAddress: '10.0.1.57', PublicIp: seeded.elasticAddress },
      ]);
    },
    { timings },
  ));

test.each([
  ['an unknown one', 'eipalloc-0fffffffffffffff0', 'InvalidAllocationID.NotFound'],
  ['something else', 'address', 'InvalidAllocationID.Malformed'],
])('refuses %s', (_, id, code) =>
  inFakeLab(async ({ ec2 }) => {
    const request = new AssociateAddressCommand({
      AllocationId: id,
      InstanceId: seeded.servicesMachine,
    });
    expect(await codeOf(ec2.send(request))).toBe(code);
  }),
);
