/**
 * The moment of a backup in which the app is stopped: stop it with a timer armed on the machine,
 * and start it again in every outcome.
 *
 * Looks at: the app's state, and what an earlier run has left armed. Changes: stops and starts the app;
 * arms and disarms the timer and the net under it.
 * Safe to repeat because: both look first, and arming again replaces what is armed.
 * Fails with: AppNotStopped, AppNotStarted, MachineUnreachable.
 */
import { Context } from '@temporalio/activity';
import type { Machine } from '../../contract/plan';

import { armStartTimer, disarmStartTimer, readStartTimer } from '../../machine/shell/commands';
import {
  armStartNet,
  disarmStartNet,
  parseStartNet,
  readStartNet,
  type NetSeen,
} from '../../machine/app/start-net';
import type { World } from '../../world';
import { lookAtApp, isDown } from '../parts/app/app';
import type { Outcome, Say } from '../frame/attempt';
import { dialectOf } from '../parts/machine/dialect';
import { onMachine, type Remote } from '../frame/on-machine';
import { markStopped, unmarkStopped } from '../parts/app/mark-stopped';
import { startOn } from '../parts/app/start';
import { stopOn } from '../parts/app/stop';

export interface StoppedForImage extends Outcome {
  /** Somebody had stopped the app before: then it is not ours to start. */
  readonly staysStopped: boolean;
  /** What an earlier run had left stopped, and how it came up. */
  readonly earlier?: string;
}

export const stopAppForImage =
  (world: World) =>
  ({ machine }: { readonly machine: Machine }, say: Say): Promise<StoppedForImage> =>
    onMachine(world, machine, async (remote) => {
      const { stoppedForImage } = world.installation(machine.installation).limits;
      const app = await lookAtApp(remote);
      const net = await lookAtNet(remote, machine);
      if (isDown(app) && !net.isArmed) {
        const note = `somebody had stopped it before (${app.seen}); it stays stopped`;
        return { note, notNeeded: true, staysStopped: true };
      }
      const seconds = Math.ceil(stoppedForImage);
      const arm = await armingOf(remote, machine, seconds);
      if (isDown(app)) await arm();
      const untold = await markStopped(world, machine, seconds);
      // Armed before each stop that is sent: a terminated run or a dead worker cannot leave the app
      // stopped, also where an app that was starting takes the stop late.
      const { note } = await stopOn(world, { machine, remote, say, beforeStop: arm });
      const earlier = net.fired ?? (isDown(app) ? `stopped by ${net.armedBy ?? 'this run'}` : '');
      return {
        note:
          `${note}; the machine starts it by itself in ${String(seconds)} s` +
          (earlier === '' ? '' : `; ${earlier}`) +
          untold,
        staysStopped: false,
        ...(net.fired === undefined ? {} : { earlier: net.fired }),
      };
    });

/** What is armed by us: by the net's own file, or by a timer of an earlier version that waits. */
async function lookAtNet(
  remote: Remote,
  { instanceId }: Machine,
): Promise<NetSeen & { readonly isArmed: boolean }> {
  const seen = parseStartNet(await remote.read(readStartNet(instanceId)));
  const isArmed = seen.armedBy !== undefined || (await remote.read(readStartTimer)) === 'active';
  return { ...seen, isArmed };
}

/**
 * Arms both: the timer acts on time, the net tries every minute until the app is up, and across a
 * reboot. In the words that the machine's Replicated knows.
 */
async function armingOf(
  remote: Remote,
  machine: Machine,
  seconds: number,
): Promise<() => Promise<unknown>> {
  const speaks = await dialectOf(remote);
  const start = speaks.startWords(speaks.readAppId ? await remote.read(speaks.readAppId) : '');
  const words = { status: speaks.readAppStatus.script, start };
  const by = Context.current().info.workflowExecution?.workflowId ?? 'a run';
  return async () => {
    await remote.read(armStartNet(machine, { seconds, by, words }));
    await remote.read(armStartTimer(seconds, start));
  };
}

export interface StartInput {
  readonly machine: Machine;
  /** False when the stop failed, so that nobody knows whether it took place. */
  readonly isStopSure: boolean;
}

export interface StartedAgain extends Outcome {
  /** The app was up or on its way before: the machine's timer or a person started it. */
  readonly wasUp: boolean;
}

export const startAppAgain =
  (world: World) =>
  ({ machine, isStopSure }: StartInput, say: Say): Promise<StartedAgain> =>
    onMachine(world, machine, async (remote) => {
      const app = isStopSure ? undefined : await lookAtApp(remote);
      const net = await lookAtNet(remote, machine);
      // Armed before the stop: an app that is stopped without was stopped by somebody else.
      if (app && isDown(app) && !net.isArmed) {
        return { note: `not stopped by this run (${app.seen}): it stays stopped`, wasUp: false };
      }
      const outcome = await startOn(world, { machine, remote, say });
      // Disarmed last: until the app is up, the machine's own stays the safety net.
      await remote.read(disarmStartTimer);
      await remote.read(disarmStartNet(machine.instanceId));
      const untold = await unmarkStopped(world, machine);
      const note = net.fired === undefined ? outcome.note : `${outcome.note}; ${net.fired}`;
      return { ...outcome, note: note + untold, notNeeded: false };
    });
