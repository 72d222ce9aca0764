/** Stops the app of a machine, and waits until it is down. */
import { dialectOf, byDialect } from '../machine/dialect';
import { until } from '../../frame/until';
import type { Outcome } from '../../frame/attempt';
import type { World } from '../../../world';
import { saidLast } from '../../../machine/text/said';
import { type StopSoFar, saysItStarts, afterLook, nextOfStop } from '../../../machine/app/app-stop';
import { lookAtApp, isDown, type AppPlace } from './app';
import { refuse } from '../../../contract/failures';
import type { Machine } from '../../../contract/plan';

interface StopPlace extends AppPlace {
  /** What must be so before each stop that is sent. */
  readonly beforeStop?: () => Promise<unknown>;
}

/** Stops the app over an open connection; the backup does the same for its moment. */
export async function stopOn(
  world: World,
  { machine, remote, say, beforeStop }: StopPlace,
): Promise<Outcome> {
  const limits = world.installation(machine.installation).limits;
  const before = await lookAtApp(remote);
  if (before.status.kind === 'none') throw noApp(machine);
  if (isDown(before)) return { note: `already stopped: ${before.seen}`, notNeeded: true };

  const began = performance.now();
  let so: StopSoFar = { now: 0, isSent: false, isForced: false };
  let { seen } = before;
  const refused = { times: 0, last: '', now: '' };
  const send = async (force: boolean): Promise<void> => {
    await beforeStop?.();
    const { forceStopApp, stopApp: plainStop } = await dialectOf(remote);
    const { exitCode, stderr } = await remote.run(force ? forceStopApp : plainStop);
    const said = saidLast(stderr);
    const isTaken = exitCode === 0 && !saysItStarts(said);
    so = { ...so, isSent: true, isForced: so.isForced || force };
    refused.now = isTaken ? '' : said || `status ${String(exitCode)}`;
    if (isTaken) so = { ...so, takenAt: so.takenAt ?? so.now };
    else Object.assign(refused, { times: refused.times + 1, last: refused.now });
  };
  const limitSeconds = limits.startApp + 2 * limits.stopApp;
  const end = await until({ limitSeconds, pollSeconds: limits.poll }, async () => {
    const app = await lookAtApp(remote);
    seen = app.seen;
    if (isDown(app)) return 'down';
    const now = (performance.now() - began) / 1000;
    so = afterLook(app.status, so, { now, answer: refused.now });
    const next = nextOfStop(app.status, so, limits);
    if (next === 'give up') return 'late';
    if (next !== 'wait') await send(next === 'force');
    say(saysItStarts(refused.now) ? `it starts, and takes no stop yet: ${refused.now}` : seen);
    return undefined;
  });
  const told = refused.times === 0 ? '' : toldRefusals(refused);
  if (end !== 'down') throw notStopped(machine, { so, seen, told });
  const how = `${so.isForced ? 'stopped by force' : 'stopped'}${await byDialect(remote)}`;
  return { note: `${how}; was ${before.seen}${told === '' ? '' : `; ${told}`}` };
}

interface Refused {
  readonly times: number;
  readonly last: string;
}

/** A daemon that is not up yet, or an app that starts, takes no stop: told as what it is. */
function toldRefusals({ times, last }: Refused): string {
  const what = saysItStarts(last)
    ? 'the app was starting and took no stop'
    : 'Replicated took no stop';
  return `${what} at first, ${String(times)} time(s), with "${last}"`;
}

interface NotStopped {
  readonly so: StopSoFar;
  readonly seen: string;
  readonly told: string;
}

function notStopped(
  { instanceId }: Machine,
  { so, seen, told }: NotStopped,
): ReturnType<typeof refuse> {
  const waited = `${String(Math.round(so.now))} s`;
  const how =
    so.takenAt === undefined
      ? `took no stop within ${waited}, and is not forced before it takes one`
      : `did not stop within ${waited}${so.isForced ? ', by force neither' : ''}`;
  return refuse(
    'AppNotStopped',
    `The app on ${instanceId} ${how}; last seen: ${seen}. Look at \`docker ps\` and the Management ` +
      `Console, then retry.${told === '' ? '' : ` What it said: ${told}`}`,
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
