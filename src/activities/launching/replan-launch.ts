/**
 * Reads again how to launch: for a person who has corrected runbook.yaml and says `retry`. Image,
 * installation, region, user data and tags stay as they are planned.
 *
 * Looks at: runbook.yaml on the host of the worker, which keeps what it has read at its start for
 * everything else; machines with this run's tag. Changes: nothing. Safe to repeat because: it only
 * reads. Fails with: ConfigurationBroken, UnknownInstallation, MissingLaunchSetting, AwsUnavailable.
 */
import { refuse } from '../../contract/failures';
import type { LaunchPlan } from '../../contract/plan';
import {
  choiceText,
  launchChanges,
  launchInQuarantine,
  type ConfiguredLaunch,
  type LaunchChange,
  type PlannedLaunch,
} from '../../machine/launch/launch-settings';
import { tagNames } from '../../machine/backups/tags';
import type { World } from '../../world';
import type { Outcome } from '../frame/attempt';
import { isGone } from '../parts/instances/launch-once';
import { launchSettings } from '../parts/instances/launch-settings';

/** What is launched: its place in runbook.yaml. */
export type LaunchKind = 'restore' | 'spare' | 'drill';

export interface ReplanInput {
  readonly kind: LaunchKind;
  readonly plan: LaunchPlan & { readonly installation: string; readonly region: string };
  readonly firstRunId: string;
}

export interface Replanned extends Outcome, PlannedLaunch {
  readonly changes: readonly LaunchChange[];
}

export const replanLaunch =
  (world: World) =>
  async ({ kind, plan, firstRunId }: ReplanInput): Promise<Replanned> => {
    const { installation, region, launchBase } = plan;
    const made = await world.ec2(region).instances({ tags: { [tagNames.firstRun]: firstRunId } });
    const living = made.find((one) => !isGone(one));
    if (living) {
      const { launch, alternatives } = plan;
      const note = `${living.id} (${choiceText(living)}) was launched already: it is taken`;
      return { note, launch, alternatives, changes: [], notNeeded: true };
    }
    const { drill, configured } = configuredFor(world, kind, plan);
    const { launch: found, alternatives } = launchSettings(configured, launchBase ?? plan.launch);
    // A drill gets no right of the live machine.
    const launch = kind === 'drill' ? { ...found, instanceProfile: drill?.instanceProfile } : found;
    const changes = launchChanges(plan, { launch, alternatives });
    const note =
      changes.length === 0
        ? `runbook.yaml says the same of the launch of ${installation}`
        : changes.map((one) => `${one.setting}: ${one.before} → ${one.after}`).join('; ');
    return { note, launch, alternatives, changes, notNeeded: changes.length === 0 };
  };

type Installation = ReturnType<World['installationAnew']>;

function configuredFor(
  world: World,
  kind: LaunchKind,
  { installation: name, region }: ReplanInput['plan'],
): { readonly configured: ConfiguredLaunch; readonly drill: Installation['drill'] } {
  const { launch, spare, drill } = world.installationAnew(name, region);
  if (kind === 'restore') return { configured: launch, drill };
  const place = kind === 'spare' ? spare : drill;
  if (place !== undefined && (place.region ?? world.installationAnew(name).region) === region) {
    return { configured: launchInQuarantine(launch, place), drill };
  }
  throw refuse(
    'MissingLaunchSetting',
    `runbook.yaml has no \`${kind}\` for ${name} in ${region} any more, where this run began to make ` +
      'one. Put it back, then retry; for another region abort and start again.',
  );
}
