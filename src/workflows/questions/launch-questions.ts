/** What the gates say of a launch. Markdown; pure. */
import type { Settings } from '../../contract/plan';
import {
  choiceText,
  launchesOf,
  type LaunchChange,
  type PlannedLaunch,
} from '../../machine/launch/launch-settings';
import type { Approval } from '../frame/runbook';

/** `If AWS refuses that: m5.4xlarge in subnet-1, then …`; empty where there is nothing else to try. */
export function aboutAlternatives(plan: PlannedLaunch): string {
  const [, ...others] = launchesOf(plan);
  if (others.length === 0) return '';
  const order = others.map((one) => `**${choiceText(one)}**`).join(', then ');
  return `If AWS refuses that, or has none, it is tried as ${order}; never as two at once.`;
}

/** The settings have changed in runbook.yaml since they were approved. */
export function toLaunchOtherwise(
  { imageId, imageName }: { readonly imageId: string; readonly imageName: string },
  after: PlannedLaunch & { readonly changes: readonly LaunchChange[] },
  settings: Settings,
): Approval {
  const changes = after.changes.map((one) => `- ${one.setting}: ${one.before} → **${one.after}**`);
  const { launch } = after;
  const details = [
    'runbook.yaml says otherwise by now how to launch the machine:',
    changes.join('\n'),
    `Launch one **${launch.instanceType}** from **${imageId}** (${imageName}) in ` +
      `${launch.subnetId}, security groups ${launch.securityGroupIds.join(', ')}.`,
    aboutAlternatives(after),
    'Nothing else of the plan changes. If it is still not right, correct the file and approve: it is ' +
      'read again first, and what differs is asked anew.',
  ].filter((paragraph) => paragraph !== '');
  return {
    name: 'changed-launch',
    details: details.join('\n\n'),
    notNeeded: settings.approvals.launch === 'waived' ? 'waived in runbook.yaml' : undefined,
  };
}
