import { runInstancesInput } from '../../../src/world/ec2/requests';

const launch = {
  instanceType: 'm5.2xlarge',
  subnetId: 'subnet-1',
  securityGroupIds: ['sg-1'],
  httpTokens: 'optional',
  httpPutResponseHopLimit: 1,
  terminationProtection: false,
} as const;

test.each([
  [
    { device: '/dev/sda1', snapshotId: 'snap-1', sizeGib: 150, volumeType: 'gp2', iops: 450 },
    { SnapshotId: 'snap-1', VolumeSize: 150, VolumeType: 'gp2' },
  ],
  [
    { device: '/dev/sdf', snapshotId: 'snap-2', sizeGib: 500, volumeType: 'io1', iops: 4000 },
    { SnapshotId: 'snap-2', VolumeSize: 500, VolumeType: 'io1', Iops: 4000 },
  ],
  [
    { device: '/dev/sdg', sizeGib: 10, volumeType: 'gp3', iops: 3000, throughput: 125 },
    { VolumeSize: 10, VolumeType: 'gp3', Iops: 3000, Throughput: 125 },
  ],
  [{ device: '/dev/sdh' }, {}],
])('a volume that ends with its machine is asked for as the image has it: %j', (disk, ebs) => {
  const order = { imageId: 'ami-1', launch, clientToken: 't', tags: {}, volatileDisks: [disk] };
  expect(runInstancesInput(order).BlockDeviceMappings).toEqual([
    { DeviceName: disk.device, Ebs: { DeleteOnTermination: true, ...ebs } },
  ]);
});
