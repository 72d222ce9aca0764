/**
 * 1. Launch a fresh EC2 instance using the image.
 *
 * Looks at: what each ClientToken of this run already stands for. Changes: launches one instance,
 * tagged from its first moment. Safe to repeat because: the tokens come from the run, not from the
 * attempt, so a repeated call gets the same instance back.
 * Fails with: InstanceLost, LaunchedOtherwise, AwsUnavailable, AwsDenied.
 */
import { codeOf } from '../contract/aws-code';
import { refuse } from '../contract/failures';
import type { RestorePlan } from '../contract/plan';
import { tagNames } from '../machine/tags';
import type { World } from '../world';
import type { Ec2, Instance } from '../world/ec2';
import type { Outcome } from './attempt';
import { clientTokenOf } from './client-token';
import { takeOver } from './take-over';

export interface LaunchInput {
  readonly plan: RestorePlan;
  /** Workflow id and its first run id: a reset changes the run id, but not the first one. */
  readonly run: { readonly workflowId: string; readonly firstRunId: string };
  /** How many lost machines of this run a person had replaced: raised by their `retry` only. */
  readonly generation: number;
}

export interface Launched extends Outcome {
  readonly instanceId: string;
}

export const launchInstance =
  (world: World) =>
  async (input: LaunchInput): Promise<Launched> => {
    const { plan } = input;
    const { installation, region, existingInstanceId: existing, imageId } = plan;
    const { servicesMachine } = world.installation(installation);
    // The tags by which the next backup finds the machine come first: ours win.
    const found = 'tags' in servicesMachine ? servicesMachine.tags : {};
    const tags = { Name: `${installation}_services`, ...found, ...tagsOf(input) };
    const ec2 = world.ec2(region);
    if (existing !== undefined && plan.spare !== undefined) {
      const { limits } = world.installation(installation);
      const groups = plan.spare.securityGroupIds;
      return takeOver({ ec2, limits }, { instanceId: existing, tags, groups });
    }
    if (existing !== undefined) {
      return { note: `${existing} is taken up again`, notNeeded: true, instanceId: existing };
    }
    const { launch, userData } = plan;
    const order = { imageId, launch, tags, ...(userData === undefined ? {} : { userData }) };
    const instanceId = await launchOnce(ec2, order, input);
    const sealed = userData === undefined ? ', not sealed' : ', sealed';
    return { note: `${instanceId} from ${imageId}${sealed}`, instanceId };
  };

/** What a run launches, as it stands in its history. */
export type LaunchOnce = Omit<Parameters<Ec2['runInstance']>[0], 'clientToken'>;

/**
 * Gets the instance that this run's tokens stand for. A living machine of this run is adopted;
 * else generation 0 comes first even when a person retried: its token tells for certain whether
 * that launch took place, and only a machine that is gone lets the next token be used.
 */
export async function launchOnce(
  ec2: Ec2,
  order: LaunchOnce,
  { run, generation }: Pick<LaunchInput, 'run' | 'generation'>,
): Promise<string> {
  const made = await ec2.instances({ tags: { [tagNames.firstRun]: run.firstRunId } });
  const living = made.find((instance) => !isGone(instance));
  if (living?.imageId === order.imageId) return living.id;
  if (living) throw launchedOtherwise(living);

  const launchOf = (current: number): Promise<Instance> =>
    ec2
      .runInstance({
        ...order,
        clientToken: clientTokenOf(run.workflowId, run.firstRunId, current),
      })
      .catch((error: unknown) => spentToken(error, made));
  let instance = await launchOf(0);
  for (let next = 1; isGone(instance) && next <= generation; next += 1) {
    instance = await launchOf(next);
  }
  if (isGone(instance)) throw lostInstance(instance);
  return instance.id;
}

/** A token that was used with other settings, for a machine that is gone, counts as spent. */
function spentToken(error: unknown, made: readonly Instance[]): Instance {
  const [gone] = made;
  if (codeOf(error) === 'IdempotentParameterMismatch' && gone) return gone;
  throw error;
}

/** A reset run made another plan than the run before, which has launched already. */
function launchedOtherwise({ id, imageId }: Instance): ReturnType<typeof refuse> {
  return refuse(
    'LaunchedOtherwise',
    `This run launched ${id} from ${imageId} before it was reset, and the plan has another image ` +
      `now. Terminate it, then retry; one of a restore can also be taken up: ` +
      `restore {"installation":"…","instance":"${id}"}.`,
  );
}

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

/** Whether the machine is over, or about to be. */
export function isGone({ state }: Instance): boolean {
  return state === 'terminated' || state === 'shutting-down';
}

/** The refusal for a machine that somebody else stopped or ended. */
export function lostInstance(instance: Instance): ReturnType<typeof refuse> {
  return refuse(
    'InstanceLost',
    `${instance.id} is ${instance.state}${instance.stateReason ? ` (${instance.stateReason})` : ''}. ` +
      (isGone(instance)
        ? 'Find out who or what ended it; retry launches one new machine in its place.'
        : 'Start it in EC2, then retry.'),
  );
}
