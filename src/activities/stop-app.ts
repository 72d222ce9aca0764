/**
 * 2. Stop the app in the Management Console, if it is already running.
 *
 * Looks at: `replicatedctl app status` and the running containers. Changes: stops the app; by
 * force after its time limit. Safe to repeat because: an app that is stopped is left alone.
 * Fails with: AppNotStopped, MachineUnreachable, ConnectionLost.
 */
import { refuse } from '../contract/failures';
import type { Machine } from '../contract/plan';
import { isStopped } from '../machine/app-status';
import { forceStopApp, stopApp as stopCommand } from '../machine/commands';
import type { World } from '../world';
import { lookAtApp, type App, type AppPlace } from './app';
import type { Outcome, Say } from './attempt';
import { onMachine } from './on-machine';
import { until } from './until';

export interface StopInput {
  readonly machine: Machine;
  /** Whether instructions 4 and 5 are done on this very machine: then its app may keep running. */
  readonly isReadied: boolean;
}

export const stopApp =
  (world: World) =>
  ({ machine, isReadied }: StopInput, say: Say): Promise<Outcome> =>
    isReadied
      ? Promise.resolve({ note: 'this machine is past it, its app may run', notNeeded: true })
      : onMachine(world, machine, (remote) => stopOn(world, { machine, remote, say }));

/** Stops the app over an open connection; the backup does the same for its moment. */
export async function stopOn(world: World, { machine, remote, say }: AppPlace): Promise<Outcome> {
  const { stopApp: limitSeconds, poll: pollSeconds } = world.installation(
    machine.installation,
  ).limits;
  const before = await lookAtApp(remote);
  if (before.status.kind === 'none') throw noApp(machine);
  if (isDown(before)) return { note: `already stopped: ${before.seen}`, notNeeded: true };

  let seen = before.seen;
  const awaitDown = (seconds: number): Promise<true | undefined> =>
    until({ limitSeconds: seconds, pollSeconds }, async () => {
      const app = await lookAtApp(remote);
      seen = app.seen;
      say(app.seen);
      return isDown(app) ? true : undefined;
    });

  await remote.run(stopCommand);
  if (await awaitDown(limitSeconds / 2)) return { note: `stopped; was ${before.seen}` };
  say('forcing the stop');
  await remote.run(forceStopApp);
  if (await awaitDown(limitSeconds / 2)) return { note: `stopped by force; was ${before.seen}` };
  throw refuse(
    'AppNotStopped',
    `The app on ${machine.instanceId} did not stop within ${String(limitSeconds)} s, by force ` +
      `neither; last seen: ${seen}. Look at \`docker ps\` and the Management Console, then retry.`,
  );
}

/** An image whose app is gone is the wrong image, or Replicated has lost its data. */
function noApp({ instanceId }: Machine): ReturnType<typeof refuse> {
  return refuse(
    'NotAServicesMachine',
    `Replicated on ${instanceId} says that no app is installed there. Look at the Management ` +
      'Console: is this the right image? If so, restore the app there, then retry.',
  );
}

/** Stopped for good, and none of its containers runs. */
export function isDown(app: App): boolean {
  return isStopped(app.status) && app.containers.length === 0;
}
