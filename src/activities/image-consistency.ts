/**
 * The moment of a backup in which the app is stopped: stop it with a timer armed on the machine,
 * and start it again in every outcome.
 *
 * Looks at: the app's state. Changes: stops and starts the app; arms and disarms the timer.
 * Safe to repeat because: both look first, and arming again replaces the timer.
 * Fails with: AppNotStopped, AppNotStarted, MachineUnreachable.
 */
import type { Machine } from '../contract/plan';
import { armStartTimer, disarmStartTimer, readStartTimer } from '../machine/commands';
import type { World } from '../world';
import { lookAtApp } from './app';
import type { Outcome, Say } from './attempt';
import { dialectOf } from './dialect';
import { onMachine, type Remote } from './on-machine';
import { startOn } from './restart-app';
import { isDown, stopOn } from './stop-app';

export interface StoppedForImage extends Outcome {
  /** Somebody had stopped the app before: then it is not ours to start. */
  readonly staysStopped: boolean;
}

export const stopAppForImage =
  (world: World) =>
  ({ machine }: { readonly machine: Machine }, say: Say): Promise<StoppedForImage> =>
    onMachine(world, machine, async (remote) => {
      const { stoppedForImage } = world.installation(machine.installation).limits;
      const app = await lookAtApp(remote);
      // An armed timer is ours: then an earlier attempt has stopped it.
      const isOurs = (await remote.read(readStartTimer)) === 'active';
      if (isDown(app) && !isOurs) {
        const note = `somebody had stopped it before (${app.seen}); it stays stopped`;
        return { note, notNeeded: true, staysStopped: true };
      }
      const start = await startWords(remote);
      const arm = (): Promise<string> =>
        remote.read(armStartTimer(Math.ceil(stoppedForImage), start));
      if (isDown(app)) await arm();
      // Armed before each stop that is sent: a terminated run or a dead worker cannot leave the app
      // stopped, also where an app that was starting takes the stop late.
      const { note } = await stopOn(world, { machine, remote, say, beforeStop: arm });
      return {
        note: `${note}; the machine starts it by itself in ${String(stoppedForImage)} s`,
        staysStopped: false,
      };
    });

/** The app is started by the machine itself, in the words that its Replicated knows. */
async function startWords(remote: Remote): Promise<readonly string[]> {
  const speaks = await dialectOf(remote);
  return speaks.startWords(speaks.readAppId ? await remote.read(speaks.readAppId) : '');
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
      // The timer is armed before the stop: a stopped app without one was stopped by somebody else.
      if (app && isDown(app) && (await remote.read(readStartTimer)) !== 'active') {
        return { note: `not stopped by this run (${app.seen}): it stays stopped`, wasUp: false };
      }
      const outcome = await startOn(world, { machine, remote, say });
      // Disarmed last: until the app is up, the machine's own timer stays the safety net.
      await remote.read(disarmStartTimer);
      return { ...outcome, notNeeded: false };
    });
