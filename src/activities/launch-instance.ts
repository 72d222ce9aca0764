/**
 * 1. Launch a fresh EC2 instance using the image.
 *
 * Looks at: what each ClientToken of this run already stands for. Changes: launches one instance,
 * tagged from its first moment. Safe to repeat because: the tokens come from the run, not from the
 * attempt, so a repeated call gets the same instance back.
 * Fails with: InstanceLost, InstanceNotHealthy, AwsUnavailable, AwsDenied.
 */
import { createHash } from 'node:crypto';
import { codeOf } from '../contract/aws-code';
import { refuse } from '../contract/failures';
import type { RestorePlan } from '../contract/plan';
import type { World } from '../world';
import type { Ec2, Instance } from '../world/ec2';
import type { Outcome, Say } from './attempt';
import { tagNames } from './tags';
import { until } from './until';

export interface LaunchInput {
  readonly plan: RestorePlan;
  /** Workflow id and its first run id: a reset changes the run id, but not the first one. */
  readonly run: { readonly workflowId: string; readonly firstRunId: string };
  /** How many machines of this run a person has given up: raised by `retry` only. */
  readonly generation: number;
}

export interface Launched extends Outcome {
  readonly instanceId: string;
  readonly privateAddress: string;
  readonly publicAddress?: string;
}

export const launchInstance =
  (world: World) =>
  async (input: LaunchInput, say: Say): Promise<Launched> => {
    const { installation, region, existingInstanceId } = input.plan;
    const { launch: limitSeconds, poll: pollSeconds } = world.installation(installation).limits;
    const ec2 = world.ec2(region);
    const id = existingInstanceId ?? (await launchOnce(ec2, input));
    let state = 'pending';
    const healthy = await until({ limitSeconds, pollSeconds }, async () => {
      const [instance] = await ec2.instances({ ids: [id] });
      // For some minutes after a launch EC2 may not know the instance yet.
      if (instance === undefined) return undefined;
      refuseLost(instance);
      const health = await ec2.health(id);
      state = `${instance.state}, status checks ${health}`;
      say(`${id} is ${state}`);
      return health === 'ok' ? instance : undefined;
    });
    if (healthy?.privateAddress === undefined) {
      throw refuse(
        'InstanceNotHealthy',
        `${id} did not pass its status checks within ${String(limitSeconds)} s; last seen: ${state}. ` +
          'Look at its console output in EC2, then retry to go on waiting.',
      );
    }
    const { privateAddress, publicAddress } = healthy;
    return {
      note: existingInstanceId
        ? `${id} exists already and is taken up again`
        : `${id} from ${input.plan.imageId}, private address ${privateAddress}`,
      notNeeded: existingInstanceId !== undefined,
      instanceId: id,
      privateAddress,
      publicAddress,
    };
  };

/**
 * Gets the instance that this run's tokens stand for. Generation 0 comes first even when a person
 * retried: its token tells for certain whether that launch took place, and only a machine that is
 * gone lets the next token be used. So there is never a second living machine.
 */
async function launchOnce(ec2: Ec2, { plan, run, generation }: LaunchInput): Promise<string> {
  const { imageId, launch } = plan;
  const tags = tagsOf(plan, run.workflowId);
  const launchOf = (current: number): Promise<Instance> =>
    ec2
      .runInstance({ imageId, launch, clientToken: clientTokenOf(run, current), tags })
      .catch((error: unknown) => launchedOtherwise(ec2, run.workflowId, error));
  let instance = await launchOf(0);
  for (let next = 1; isGone(instance) && next <= generation; next += 1) {
    instance = await launchOf(next);
  }
  if (isGone(instance)) throw lostInstance(instance);
  return instance.id;
}

/** A token that was used with other settings: a reset run made another plan than the run before. */
async function launchedOtherwise(ec2: Ec2, run: string, error: unknown): Promise<Instance> {
  if (codeOf(error) !== 'IdempotentParameterMismatch') throw error;
  const launched = await ec2.instances({ tags: { [tagNames.run]: run } });
  const gone = launched.find(isGone);
  if (gone && launched.every(isGone)) return gone;
  const ids = launched.map(({ id, state, imageId }) => `${id} (${state}, from ${imageId})`);
  throw refuse(
    'LaunchedOtherwise',
    `This run launched ${ids.join(', ') || 'an instance'} before it was reset, with other settings ` +
      'than the plan has now. Take it up with restore {"installation":"…","instance":"i-…"}, or ' +
      'terminate it, then retry.',
  );
}

/** At most 64 characters, the same for every attempt of this run and generation. */
function clientTokenOf(run: LaunchInput['run'], generation: number): string {
  const text = `${run.workflowId}\n${run.firstRunId}\n${String(generation)}`;
  return `runbook-${createHash('sha256').update(text).digest('hex').slice(0, 48)}`;
}

function tagsOf(plan: RestorePlan, workflowId: string): Record<string, string> {
  const { installation, imageId, replaces } = plan;
  return {
    Name: `${installation}_services`,
    [tagNames.installation]: installation,
    [tagNames.kind]: 'restore',
    [tagNames.run]: workflowId,
    [tagNames.image]: imageId,
    [tagNames.state]: 'restoring',
    ...(replaces
      ? { [tagNames.replaces]: [replaces.private, replaces.public].filter(Boolean).join(' ') }
      : {}),
  };
}

function isGone({ state }: Instance): boolean {
  return state === 'terminated' || state === 'shutting-down';
}

function refuseLost(instance: Instance): void {
  if (isGone(instance) || instance.state === 'stopped' || instance.state === 'stopping') {
    throw lostInstance(instance);
  }
}

function lostInstance(instance: Instance): ReturnType<typeof refuse> {
  return refuse(
    'InstanceLost',
    `${instance.id} is ${instance.state}${instance.stateReason ? ` (${instance.stateReason})` : ''}. ` +
      (isGone(instance)
        ? 'Find out who or what ended it; retry launches one new machine in its place.'
        : 'Start it in EC2, then retry.'),
  );
}
