/**
 * The machine of a drill: launches it in quarantine, says what it proved, and ends it.
 *
 * Looks at: what the run's ClientToken stands for, machines by the run's tags, states in EC2.
 * Changes: launches one instance that ends itself at its time; tags the image with the verdict;
 * terminates the machines of this run, and nothing else. Safe to repeat because: the token comes
 * from the run, the tag is the same each time, and what is gone is left alone.
 * Fails with: InstanceLost, LaunchedOtherwise, InstanceNotHealthy, AwsUnavailable, AwsDenied.
 */
import { refuse } from '../../contract/failures';
import type { DrillPlan } from '../../contract/plan';
import type { DrillVerdict } from '../../contract/reports';
import { provenTag } from '../../machine/backups/proven-restore';
import { tagNames } from '../../machine/backups/tags';
import type { World } from '../../world';
import type { Ec2, Instance } from '../../world/ec2';
import type { Outcome, Say } from '../frame/attempt';
import { isGone, launchOnce, type Launched, type LaunchBy } from '../parts/instances/launch-once';
import { until } from '../frame/until';
import { drillTags } from '../parts/instances/spares';

export interface LaunchDrillInput extends LaunchBy {
  readonly plan: DrillPlan;
}

export const launchDrill =
  (world: World) =>
  async ({ plan, ...by }: LaunchDrillInput): Promise<Launched> => {
    const { installation, region, imageId, userData, replaces, expires, disks } = plan;
    const launch = { ...plan.launch, ...by.choice };
    const { limits } = world.installation(installation);
    const tags = {
      Name: `${installation}_drill`,
      ...drillTags(installation),
      [tagNames.run]: by.run.workflowId,
      [tagNames.firstRun]: by.run.firstRunId,
      [tagNames.image]: imageId,
      [tagNames.expires]: expires,
      [tagNames.replaces]: [replaces.private, replaces.public].filter(Boolean).join(' '),
    };
    const { instanceId, note } = await launchOnce(
      { ec2: world.ec2(region), limits },
      // Switched off, also by its own timer, it is gone for good, and so are its volumes.
      { imageId, launch, userData, tags, shutdownBehavior: 'terminate', volatileDisks: disks },
      by,
    );
    const made = `${instanceId} from ${imageId}, in quarantine until ${expires}`;
    return { note: note ?? made, instanceId };
  };

export interface VerdictInput {
  readonly plan: DrillPlan;
  readonly instanceId: string;
  readonly verdict: DrillVerdict;
  /** ISO 8601: when the drill ended. */
  readonly at: string;
}

/** Whether the verdict was taken, or is none because the machine was ended by somebody else. */
export interface Told extends Outcome {
  readonly verdict: DrillVerdict;
}

export const tellVerdict =
  (world: World) =>
  async ({ plan, instanceId, verdict, at }: VerdictInput): Promise<Told> => {
    const { region, imageId } = plan;
    const { outcome, why } = verdict;
    const ec2 = world.ec2(region);
    const [machine] = await ec2.instances({ ids: [instanceId] });
    if (outcome === 'failed' && machine?.state !== 'running') {
      const seen = machine?.state ?? 'gone';
      const none = `${why}; but ${instanceId} is ${seen}, which says nothing of the backup`;
      return { note: none, verdict: { outcome: 'none', why: none } };
    }
    const value = provenTag(at, { passed: outcome === 'passed', why });
    await ec2.tag([imageId], { [tagNames.proven]: value });
    return { note: `${imageId}: ${value}`, verdict };
  };

export interface EndDrillInput {
  readonly plan: DrillPlan;
  readonly firstRunId: string;
  /** Absent when no launch has told its machine. */
  readonly instanceId?: string | undefined;
  /** Whether a launch was tried: then a machine may be there that EC2 does not show yet. */
  readonly wasTried: boolean;
}

/**
 * Looks this often before it believes that a launch without an answer has made nothing, or that a
 * machine whose id is known is gone from EC2's memory.
 */
const looksFor = { unanswered: 8, known: 40 };

export const endDrill =
  (world: World) =>
  async ({ plan, firstRunId, instanceId, wasTried }: EndDrillInput, say: Say): Promise<Outcome> => {
    const { installation, region } = plan;
    const { launch: limitSeconds, poll: pollSeconds } = world.installation(installation).limits;
    const ec2 = world.ec2(region);
    const wait = { limitSeconds, pollSeconds };
    let looks = 0;
    const seen = new Set<string>();
    const left = await until(wait, async () => {
      looks += 1;
      const machines = await machinesOf(ec2, { installation, firstRunId, instanceId });
      machines.forEach(({ id }) => seen.add(id));
      const living = machines.filter((one) => !isGone(one));
      for (const { id } of living) {
        say(`ending ${id}`);
        await ec2.terminateInstance(id);
      }
      const enough = instanceId === undefined ? looksFor.unanswered : looksFor.known;
      if (machines.length === 0 && wasTried && looks < enough) return undefined;
      return machines.every(({ state }) => state === 'terminated') ? true : undefined;
    });
    const ids = [...seen].join(', ');
    if (left) {
      if (ids !== '') return { note: `${ids} is gone` };
      return instanceId === undefined
        ? { note: 'no machine was launched', notNeeded: true }
        : { note: `EC2 does not know ${instanceId} any more` };
    }
    throw refuse(
      'InstanceNotHealthy',
      `${ids} was not terminated within ${String(limitSeconds)} s. Look at it in EC2; its own timer ` +
        `ends it at ${plan.expires}.`,
    );
  };

/** The machines of this run, also one that tags do not find yet. */
async function machinesOf(
  ec2: Ec2,
  {
    installation,
    firstRunId,
    instanceId,
  }: Pick<EndDrillInput, 'firstRunId' | 'instanceId'> & {
    readonly installation: string;
  },
): Promise<Instance[]> {
  const tags = { ...drillTags(installation), [tagNames.firstRun]: firstRunId };
  const tagged = await ec2.instances({ tags });
  if (instanceId === undefined || tagged.some(({ id }) => id === instanceId)) return tagged;
  const known = await ec2.instances({ ids: [instanceId] });
  // One that bears the labels of something else is somebody else's by now.
  const isOurs = ({ tags: now }: Instance): boolean =>
    Object.entries(tags).every(([key, value]) => (now[key] ?? value) === value);
  return [...tagged, ...known.filter(isOurs)];
}
