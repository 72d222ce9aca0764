import {
  DescribeInstanceTypeOfferingsCommand,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { seeded, seededElsewhere } from '../../../src/lab/region/seed';
import { inFakeLab } from './fake-lab';
import { codeOf } from './refusal';

const [first, second] = seeded.subnets;

function launch(changes: Partial<RunInstancesCommandInput> = {}): RunInstancesCommand {
  return new RunInstancesCommand({
    ImageId: seeded.baseImage,
    MinCount: 1,
    MaxCount: 1,
    InstanceType: 'm5.2xlarge',
    SubnetId: first,
    SecurityGroupIds: [seeded.servicesGroup],
    ...changes,
  });
}

test('what is not offered is refused, also by a dry run; what is sold out, only by the launch', () =>
  inFakeLab(async ({ ec2, lab }) => {
    const { market } = lab.region.state;
    market.retired = ['m4.2xlarge', `m5.2xlarge ${seeded.region}b`];
    market.soldOut = [`m5.2xlarge ${seeded.region}a`];
    const say = (changes: Partial<RunInstancesCommandInput>) => codeOf(ec2.send(launch(changes)));
    expect(await say({ InstanceType: 'm4.2xlarge' })).toBe('Unsupported');
    expect(await say({ InstanceType: 'm4.2xlarge', DryRun: true })).toBe('Unsupported');
    expect(await say({ SubnetId: second, DryRun: true })).toBe('Unsupported');
    expect(await say({ DryRun: true })).toBe('DryRunOperation');
    expect(await say({})).toBe('InsufficientInstanceCapacity');
    expect(await say({ InstanceType: 'm9.huge' as 'm5.large' })).toBe('InvalidParameterValue');
    market.full = [first];
    expect(await say({ InstanceType: 'm6i.2xlarge' })).toBe('InsufficientFreeAddressesInSubnet');
    expect([...lab.region.machines.keys()]).toEqual([seeded.servicesMachine]);
  }));

test('an image and a type that do not go together are refused', () =>
  inFakeLab(async ({ ec2, lab }) => {
    const image = lab.region.state.images[seeded.baseImage];
    if (!image) throw new Error('there is no base image');
    const say = (InstanceType: string) => codeOf(ec2.send(launch({ InstanceType } as object)));
    expect(await say('m6g.2xlarge')).toBe('InvalidParameterValue');
    image.isWithoutEna = true;
    expect(await say('m5.2xlarge')).toBe('InvalidParameterCombination');
    image.bootMode = 'uefi';
    expect(await say('m4.2xlarge')).toBe('InvalidParameterCombination');
  }));

test('a security group of another network than the subnet is refused', () =>
  inFakeLab(async ({ ec2, lab }) => {
    const group = lab.region.state.groups[seeded.servicesGroup];
    if (group) group.vpcId = seededElsewhere.vpc;
    expect(await codeOf(ec2.send(launch()))).toBe('InvalidParameter');
  }));

test('offerings tell the zones that have a type, and none for one that nobody knows', () =>
  inFakeLab(async ({ ec2, lab }) => {
    lab.region.state.market.retired = [`m5.2xlarge ${seeded.region}b`];
    const zones = async (type: string): Promise<unknown> => {
      const { InstanceTypeOfferings = [] } = await ec2.send(
        new DescribeInstanceTypeOfferingsCommand({
          LocationType: 'availability-zone',
          Filters: [{ Name: 'instance-type', Values: [type] }],
        }),
      );
      return InstanceTypeOfferings.map(({ Location }) => Location);
    };
    expect(await zones('m5.2xlarge')).toEqual([`${seeded.region}a`]);
    expect(await zones('m6i.2xlarge')).toEqual([`${seeded.region}a`, `${seeded.region}b`]);
    expect(await zones('m9.huge')).toEqual([]);
  }));

test('keys that were taken out of use are refused, each as it is told, and others go on', () =>
  inFakeLab(async ({ ec2, lab }) => {
    lab.faults.refuseLogins({ test: 'RequestExpired' });
    expect(await codeOf(ec2.send(launch({ DryRun: true })))).toBe('RequestExpired');
    lab.faults.refuseLogins({ other: 'AuthFailure' });
    expect(await codeOf(ec2.send(launch({ DryRun: true })))).toBe('DryRunOperation');
  }));
