/**
 * Makes a spare machine: launches it in quarantine, proves that it is silent, puts it to rest, and
 * retires those before it.
 *
 * Looks at: what the run's ClientToken stands for, units and containers on the machine, states in
 * EC2. Changes: launches one instance, tagged and in quarantine from its first moment; stops it;
 * terminates earlier spares, and nothing else. Safe to repeat because: the token comes from the
 * run, and what is stopped or gone is left alone.
 * Fails with: InstanceLost, LaunchedOtherwise, QuarantineBroken, AwsUnavailable, AwsDenied.
 */
import { refuse } from '../../contract/failures';
import { printable } from '../../contract/printable';
import type { Machine, SparePlan } from '../../contract/plan';
import { tagNames } from '../../machine/backups/tags';
import type { World } from '../../world';
import type { Instance } from '../../world/ec2';
import type { Outcome, Say } from '../frame/attempt';
import {
  isGone,
  launchOnce,
  lostInstance,
  type Launched,
  type LaunchBy,
} from '../parts/instances/launch-once';
import { onMachine } from '../frame/on-machine';
import {
  readSounds,
  requireClosedOff,
  requireShut,
  requireUnshared,
} from '../parts/app/quarantine';
import { endSpare, isSpare, spareStates, sparesOf, spareTags } from '../parts/instances/spares';
import { until } from '../frame/until';

export interface LaunchSpareInput extends LaunchBy {
  readonly plan: SparePlan;
}

export const launchSpare =
  (world: World) =>
  async ({ plan, ...by }: LaunchSpareInput): Promise<Launched> => {
    const { installation, region, imageId, userData, replaces } = plan;
    const launch = { ...plan.launch, ...by.choice };
    const tags = {
      Name: `${installation}_spare`,
      ...spareTags(installation),
      [tagNames.run]: by.run.workflowId,
      [tagNames.firstRun]: by.run.firstRunId,
      [tagNames.image]: imageId,
      [tagNames.state]: spareStates.making,
      [tagNames.replaces]: [replaces.private, replaces.public].filter(Boolean).join(' '),
    };
    const order = { imageId, launch, userData, tags };
    const { limits } = world.installation(installation);
    const { instanceId, note } = await launchOnce({ ec2: world.ec2(region), limits }, order, by);
    return { note: note ?? `${instanceId} from ${imageId}, in quarantine`, instanceId };
  };

export interface SilenceInput {
  readonly machine: Machine;
  /** The security groups that it must be in. */
  readonly groups: readonly string[];
  /** Its app is to start here: then nothing may lead out, and nothing of the live machine in. */
  readonly isTried?: boolean;
}

export const proveSilence =
  (world: World) =>
  ({ machine, groups, isTried = false }: SilenceInput): Promise<Outcome> =>
    onMachine(world, machine, async (remote) => {
      const closed = await requireClosedOff(world, machine, groups);
      if (isTried) {
        await requireShut(world, machine, groups);
        await requireUnshared(remote, machine);
      }
      const { isStill, seen } = await readSounds(remote, machine);
      if (isStill) return { note: `${closed}; ${seen}` };
      throw refuse(
        'QuarantineBroken',
        `${machine.instanceId} must be silent, but ${seen}. Terminate it in EC2, find out why its ` +
          'user data was not obeyed (/var/log/cloud-init-output.log), then start again.',
      );
    });

export interface RestInput {
  readonly plan: SparePlan;
  readonly machine: Machine;
}

export const restSpare =
  (world: World) =>
  async ({ plan, machine }: RestInput, say: Say): Promise<Outcome> => {
    const { installation, region, mode } = plan;
    const { launch: limitSeconds, poll: pollSeconds } = world.installation(installation).limits;
    const ec2 = world.ec2(region);
    const { instanceId: id, privateAddress, publicAddress } = machine;
    if (mode === 'stopped') {
      const stopped = await until({ limitSeconds, pollSeconds }, async () => {
        const [instance] = await ec2.instances({ ids: [id] });
        if (instance && isGone(instance)) throw lostInstance(instance);
        if (instance) requireSpare(instance);
        if (instance?.state === 'running') await ec2.stopInstance(id);
        say(`${id} is ${instance?.state ?? 'not visible'}`);
        return instance?.state === 'stopped' ? true : undefined;
      });
      if (!stopped) {
        throw refuse(
          'InstanceNotHealthy',
          `${id} did not stop within ${String(limitSeconds)} s. Look at it in EC2, then retry.`,
        );
      }
    }
    const [now] = await ec2.instances({ ids: [id] });
    if (now) requireSpare(now);
    // What its files carry now: an address that it gets when it starts is put in its place then.
    const carries = [privateAddress, publicAddress].filter(Boolean).join(' ');
    await ec2.tag([id], {
      [tagNames.replaces]: carries,
      [tagNames.ready]: new Date().toISOString(),
      [tagNames.state]: spareStates.ready,
    });
    return { note: `${id} is ready, ${mode}` };
  };

/** A restore may have taken it over meanwhile: it is production then. */
function requireSpare(instance: Instance): void {
  if (isSpare(instance)) return;
  const { id, tags } = instance;
  throw refuse(
    'Superseded',
    `${id} is no spare any more: the run ${printable(tags[tagNames.run] ?? 'unknown')} has taken it ` +
      `over (${printable(tags[tagNames.kind] ?? 'no kind')}). It is left as it is. Make another spare.`,
  );
}

export interface RetireInput {
  readonly plan: SparePlan;
  /** The new one, which stays. */
  readonly instanceId: string;
}

export const retireSpares =
  (world: World) =>
  async ({ plan, instanceId }: RetireInput, say: Say): Promise<Outcome> => {
    const ec2 = world.ec2(plan.region);
    // Looked for again: one that a restore has taken over meanwhile is no spare any more.
    const spares = await sparesOf(ec2, plan.installation);
    const old = spares.filter(({ id }) => id !== instanceId && plan.previous.includes(id));
    const ended: string[] = [];
    for (const one of old) {
      say(`ending ${one.id}`);
      if (await endSpare(ec2, one)) ended.push(one.id);
    }
    return ended.length === 0
      ? { note: 'there was no other', notNeeded: true }
      : { note: `${ended.join(', ')} ended` };
  };
