/**
 * 6. Restart the app in the Management Console.
 *
 * Looks at: `replicatedctl app status` until it is started and no longer in transition.
 * Changes: starts the app, and stops it before where it came up with an old hostname; once more when the first start lacks an image, as the vendor's page on
 * "Failure reported from operator: no such image" says. Safe to repeat because: an app that is up
 * is left alone. Fails with: AppNotStarted, MountsDiffer, QuarantineBroken.
 */
import { refuse } from '../../contract/failures';
import type { Machine } from '../../contract/plan';
import {
  isComingUp,
  isReady,
  isTransitioning,
  lacksImage,
  type AppStatus,
} from '../../machine/app/app-status';
import { clearRestartDue, readRestartDue } from '../../machine/app/due-restart';
import type { World } from '../../world';
import { lookAtApp, type AppPlace } from '../parts/app/app';
import type { Outcome, Say } from '../frame/attempt';
import { byDialect, dialectOf } from '../parts/machine/dialect';
import { requireMounts, type MountsExpected } from './compare-mounts';
import { onMachine } from '../frame/on-machine';
import { requireClosedOff } from '../parts/app/quarantine';
import { isDown, stopOn } from './stop-app';
import { until } from '../frame/until';

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

/** The start that lacks an image is repeated once; one that was not taken, a few times. */
const maxStarts = 4;

/** What came of a start. */
export interface Started extends Outcome {
  /** Somebody else had started it: it was up, or on its way, before. */
  readonly wasUp: boolean;
}

/** Starts the app over an open connection; the backup does the same after its moment. */
export async function startOn(world: World, { machine, remote, say }: AppPlace): Promise<Started> {
  const limits = world.installation(machine.installation).limits;
  const { startApp: limitSeconds, poll: pollSeconds } = limits;
  const before = await lookAtApp(remote);
  if (isReady(before.status)) {
    return { note: `already up: ${before.seen}`, notNeeded: true, wasUp: true };
  }
  const wasUp = isComingUp(before.status);

  let starts = 0;
  let looks = 0;
  const start = async (): Promise<void> => {
    await remote.run((await dialectOf(remote)).startApp);
    starts += 1;
    looks = 0;
  };
  if (!wasUp) await start();
  let { seen } = before;
  // Told whoever made the start that failed for it: this run, or the daemon before.
  let lackedImage = lacksImage(before.status);
  const ready = await until({ limitSeconds, pollSeconds }, async () => {
    const app = await lookAtApp(remote);
    seen = app.seen;
    say(seen);
    lackedImage ||= lacksImage(app.status);
    if (isReady(app.status)) return true;
    looks += 1;
    // A daemon that comes up may not have taken the start yet, and still shows its old state.
    if (isTransitioning(app.status) || looks < 4) return undefined;
    const isTaken = hasFailed(app.status);
    if (starts >= (isTaken && !lacksImage(app.status) ? 1 : maxStarts)) return false;
    await start();
    return undefined;
  });
  if (ready) {
    const how = lackedImage ? 'up; the first start lacked an image' : `up: ${seen}`;
    return { note: `${how}${await byDialect(remote)}`, wasUp };
  }
  throw refuse(
    'AppNotStarted',
    `The app on ${machine.instanceId} is not up after ${String(starts)} start(s): ${seen}. Look at ` +
      `the Management Console (https://${machine.privateAddress}:8800), then retry.`,
  );
}

function hasFailed(status: AppStatus): boolean {
  return status.kind === 'app' && !status.isTransitioning && status.error !== '';
}
