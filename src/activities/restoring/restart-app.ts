/**
 * 6. Restart the app in the Management Console.
 *
 * Looks at: `replicatedctl app status` until it is started and no longer in transition.
 * Changes: starts the app, and stops it before where it came up with an old hostname; once more when the first start lacks an image, as the vendor's page on
 * "Failure reported from operator: no such image" says. Safe to repeat because: an app that is up
 * is left alone. Fails with: AppNotStarted, MountsDiffer, QuarantineBroken.
 */
import type { Machine } from '../../contract/plan';
import { clearRestartDue, readRestartDue } from '../../machine/app/due-restart';
import type { World } from '../../world';
import { lookAtApp, isDown, type AppPlace } from '../parts/app/app';
import type { Outcome, Say } from '../frame/attempt';
import { requireMounts, type MountsExpected } from '../parts/machine/expected-mounts';
import { onMachine } from '../frame/on-machine';
import { requireClosedOff } from '../parts/app/quarantine';
import { stopOn } from '../parts/app/stop';
import { startOn } from '../parts/app/start';

export interface StartInput {
  readonly machine: Machine;
  /** Where the app's files must be when it starts. */
  readonly mounts?: MountsExpected;
  /** In a drill: the security groups behind which it happens. */
  readonly behind?: readonly string[];
}

export const restartApp =
  (world: World) =>
  ({ machine, mounts, behind }: StartInput, say: Say): Promise<Outcome> =>
    onMachine(world, machine, async (remote) => {
      if (behind !== undefined) await requireClosedOff(world, machine, behind);
      // What was compared before may have changed while a person was asked.
      if (mounts !== undefined) await requireMounts(remote, mounts);
      const place = { machine, remote, say };
      const stopped = await stopIfDue(world, place);
      const started = await startOn(world, place);
      return stopped === '' ? started : { ...started, note: `${stopped}; ${started.note}` };
    });

/** An app that came up before its new hostname was set would serve the old one. */
async function stopIfDue(world: World, place: AppPlace): Promise<string> {
  const { machine, remote } = place;
  if ((await remote.read(readRestartDue(machine.instanceId))) !== 'due') return '';
  let note = '';
  if (!isDown(await lookAtApp(remote))) {
    note = `it ran with its old hostname: ${(await stopOn(world, place)).note}`;
  }
  await remote.read(clearRestartDue(machine.instanceId));
  return note;
}
