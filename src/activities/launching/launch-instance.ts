/**
 * 1. Launch a fresh EC2 instance using the image.
 *
 * Looks at: machines with this run's tag, and what the ClientToken already stands for. Changes:
 * launches one instance, tagged from its first moment. Safe to repeat because: the token comes from
 * the run, not from the attempt, so a repeated call gets the same instance back.
 * Fails with: InstanceLost, LaunchedOtherwise, TypeUnavailable, SubnetUnavailable,
 * LaunchResourceGone, VolumeRefused, AwsQuotaReached, AwsTermsOpen, AwsAccountHeld,
 * AwsLoginRefused, AwsUnavailable, AwsDenied.
 */
import type { RestorePlan } from '../../contract/plan';
import { choiceText } from '../../machine/launch/launch-settings';
import { tagNames } from '../../machine/backups/tags';
import type { World } from '../../world';
import { launchOnce, type Launched, type LaunchBy } from '../parts/instances/launch-once';
import { takeOver } from '../parts/instances/take-over';

export interface LaunchInput extends LaunchBy {
  readonly plan: RestorePlan;
}

export const launchInstance =
  (world: World) =>
  async (input: LaunchInput): Promise<Launched> => {
    const { plan } = input;
    const { installation, region, existingInstanceId: existing, imageId } = plan;
    const { servicesMachine, limits } = world.installation(installation);
    // The tags by which the next backup finds the machine come first: ours win.
    const found = 'tags' in servicesMachine ? servicesMachine.tags : {};
    const tags = { Name: `${installation}_services`, ...found, ...tagsOf(input) };
    const ec2 = world.ec2(region);
    if (existing !== undefined && plan.spare !== undefined) {
      const groups = plan.spare.securityGroupIds;
      return takeOver({ ec2, limits }, { instanceId: existing, tags, groups });
    }
    if (existing !== undefined) {
      return { note: `${existing} is taken up again`, notNeeded: true, instanceId: existing };
    }
    const { userData } = plan;
    const launch = { ...plan.launch, ...input.choice };
    const order = { imageId, launch, tags, ...(userData === undefined ? {} : { userData }) };
    const { instanceId, note } = await launchOnce({ ec2, limits }, order, input);
    const sealed = userData === undefined ? ', not sealed' : ', sealed';
    const made = `${instanceId} from ${imageId}, ${choiceText(launch)}${sealed}`;
    return { note: note ?? made, instanceId };
  };

function tagsOf({ plan, run }: LaunchInput): Record<string, string> {
  const { installation, imageId, replaces } = plan;
  return {
    [tagNames.installation]: installation,
    [tagNames.kind]: 'restore',
    [tagNames.run]: run.workflowId,
    [tagNames.firstRun]: run.firstRunId,
    [tagNames.image]: imageId,
    [tagNames.state]: 'restoring',
    ...(replaces
      ? { [tagNames.replaces]: [replaces.private, replaces.public].filter(Boolean).join(' ') }
      : {}),
  };
}
