/** What the gates say of a launch. Markdown; pure. */
import { joined, list, prose, nothing, paragraphs, type Markdown } from '../../contract/markdown';
import type { Settings } from '../../contract/plan';
import {
  choiceText,
  launchesOf,
  type LaunchChange,
  type PlannedLaunch,
} from '../../machine/launch/launch-settings';
import type { Approval } from '../frame/runbook';

/** `If AWS refuses that: m5.4xlarge in subnet-1, then …`; empty where there is nothing else to try. */
export function aboutAlternatives(plan: PlannedLaunch): Markdown {
  const [, ...others] = launchesOf(plan);
  if (others.length === 0) return nothing;
  const order = joined(
    others.map((one) => prose`**${choiceText(one)}**`),
    ', then ',
  );
  return prose`If AWS refuses that, or has none, it is tried as ${order}; never as two at once.`;
}

/** The settings have changed in runbook.yaml since they were approved. */
export function toLaunchOtherwise(
  { imageId, imageName }: { readonly imageId: string; readonly imageName: string },
  after: PlannedLaunch & { readonly changes: readonly LaunchChange[] },
  settings: Settings,
): Approval {
  const changes = after.changes.map(
    (one) => prose`${one.setting}: ${one.before} → **${one.after}**`,
  );
  const { launch } = after;
  const details = paragraphs(
    prose`runbook.yaml says otherwise by now how to launch the machine:`,
    list(changes),
    prose`Launch one **${launch.instanceType}** from **${imageId}** (${imageName}) in
    ${launch.subnetId}, security groups ${launch.securityGroupIds.join(', ')}.`,
    aboutAlternatives(after),
    prose`Nothing else of the plan changes. If it is still not right, correct the file and approve: it is
read again first, and what differs is asked anew.`,
  );
  return {
    name: 'changed-launch',
    details,
    notNeeded: settings.approvals.launch === 'waived' ? 'waived in runbook.yaml' : undefined,
  };
}
