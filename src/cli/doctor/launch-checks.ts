/**
 * The doctor's look at each type and subnet that a launch may try: is it offered there, does the
 * image run on it, and would the launch itself be taken? In need it would be too late to find out.
 */
import { fitOf } from '../../machine/launch/launch-fit';
import {
  choiceText,
  launchesOf,
  type LaunchChoice,
  type PlannedLaunch,
} from '../../machine/launch/launch-settings';
import type { LaunchSettings } from '../../machine/backups/backup-record';
import type { Ec2, Image, Subnet } from '../../world/ec2';
import { messageOf } from '../exit-status';
import { ask, unasked, type Finding } from './check';

/** A launch that is asked about, and what its findings begin with. */
export interface AskedLaunch {
  readonly what: string;
  readonly ec2: Ec2;
  readonly planned: PlannedLaunch;
  readonly image: Image;
  /** The type of the machine that the image was made of. */
  readonly sourceType?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** A finding on each combination, then the dry run of its launch. */
export async function examineLaunches(asked: AskedLaunch): Promise<readonly Finding[]> {
  const launches = launchesOf(asked.planned);
  const each = await Promise.all(launches.map((launch) => examineLaunch(asked, launch)));
  // One of several that will not do is passed over: that is told, and is no failure.
  const isOneGood = each.some((findings) => findings.every(({ level }) => level !== 'FAIL'));
  return each.flat().map((finding) => {
    const isOver = finding.level === 'FAIL' && isOneGood && launches.length > 1;
    return isOver ? { ...finding, level: 'warn' } : finding;
  });
}

async function examineLaunch(asked: AskedLaunch, launch: LaunchSettings): Promise<Finding[]> {
  const { what, ec2, image, tags } = asked;
  const offer = await examineOffer(asked, launch);
  const imageId = image.id;
  const dry = await ask(`${what}: ec2:RunInstances from ${imageId} as ${choiceText(launch)}`, () =>
    ec2.permitted('RunInstances', { imageId, launch, tags }),
  );
  return [offer, dry];
}

const todo =
  'name another instanceType or subnet in the configuration: a list is tried in its order';
const rights =
  'nothing but the doctor needs ec2:DescribeInstanceTypeOfferings, ec2:DescribeInstanceTypes, ' +
  'ec2:DescribeSubnets and ec2:DescribeSecurityGroups: docs/operate/permissions.md';

async function examineOffer(asked: AskedLaunch, launch: LaunchSettings): Promise<Finding> {
  const name = `${asked.what}: ${choiceText(launch)}`;
  try {
    return await judgeOffer(name, asked, launch);
  } catch (error) {
    // That it may not be asked says nothing against the launch.
    return unasked(`${name}: what is offered`, messageOf(error), rights);
  }
}

async function judgeOffer(
  name: string,
  { ec2, image, sourceType }: AskedLaunch,
  launch: LaunchSettings,
): Promise<Finding> {
  const [zones, subnet, specs, source] = await Promise.all([
    ec2.zonesWith(launch.instanceType),
    ec2.subnet(launch.subnetId),
    ec2.specs(launch.instanceType),
    sourceType === undefined ? undefined : ec2.specs(sourceType),
  ]);
  const { httpTokens } = launch;
  const { misfits, warnings } = specs
    ? fitOf(image.system ?? { hasEna: true }, specs, { httpTokens, source })
    : { misfits: [], warnings: [] };
  const apart = subnet && (await groupsElsewhere(ec2, subnet, launch));
  const problems = [...inPlace(zones, subnet, launch), ...(apart ?? []), ...misfits];
  if (problems.length > 0) {
    return { level: 'FAIL', what: `${name}: ${problems.join('; ')}`, todo };
  }
  if (warnings.length > 0) {
    const look = 'try it in a drill, or name a type like that of the source';
    return { level: 'warn', what: `${name}: ${warnings.join('; ')}`, todo: look };
  }
  const room = `${String(subnet?.freeAddresses ?? 0)} free addresses`;
  return { level: 'ok', what: `${name}: offered in ${zones.join(', ')}; ${room}` };
}

function inPlace(
  zones: readonly string[],
  subnet: Subnet | undefined,
  { instanceType, subnetId }: LaunchChoice,
): string[] {
  const offered = zones.join(', ') || 'no zone of this region';
  if (subnet === undefined) return [`there is no ${subnetId}`];
  return [
    zones.includes(subnet.zone)
      ? ''
      : `${instanceType} is not offered in ${subnet.zone}, but in ${offered}`,
    subnet.freeAddresses > 0 ? '' : `${subnetId} has no free address`,
  ].filter((problem) => problem !== '');
}

/** EC2 takes no group of another VPC than the subnet's. */
async function groupsElsewhere(
  ec2: Ec2,
  { id, vpcId }: Subnet,
  { securityGroupIds }: LaunchSettings,
): Promise<string[]> {
  const groups = await ec2.securityGroups(securityGroupIds);
  return securityGroupIds.flatMap((wanted) => {
    const group = groups.find((one) => one.id === wanted);
    if (group === undefined) return [`there is no ${wanted}`];
    return group.vpcId === vpcId
      ? []
      : [
          `${wanted} is of ${group.vpcId}, but ${id} of ${vpcId}: each subnet needs groups of its VPC`,
        ];
  });
}
