/** Starts the app of a machine, and waits until it is up. */
import { refuse } from '../../../contract/failures';
import {
  lacksImage,
  isTransitioning,
  isReady,
  isComingUp,
  type AppStatus,
} from '../../../machine/app/app-status';
import type { World } from '../../../world';
import type { Outcome } from '../../frame/attempt';
import { type AppPlace, lookAtApp } from './app';
import { dialectOf, byDialect } from '../machine/dialect';
import { until } from '../../frame/until';

/** What came of a start. */
interface Started extends Outcome {
  /** Somebody else had started it: it was up, or on its way, before. */
  readonly wasUp: boolean;
}

/** The start that lacks an image is repeated once; one that was not taken, a few times. */
const maxStarts = 4;

function hasFailed(status: AppStatus): boolean {
  return status.kind === 'app' && !status.isTransitioning && status.error !== '';
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
