/**
 * 2. Stop the app in the Management Console, if it is already running.
 *
 * Looks at: whether anything of Replicated runs; `replicatedctl app status` and the running
 * containers. Changes: stops the app; by force when a plain stop was taken and did not end within
 * half of its time limit. On a machine that is sealed and silent nothing, for nothing has started.
 * Safe to repeat because: an app that is stopped is left alone.
 * Fails with: AppNotStopped, DockerNotReady, MachineUnreachable, ConnectionLost.
 */
import { refuse } from '../../contract/failures';
import type { Machine } from '../../contract/plan';
import { afterLook, nextOfStop, saysItStarts, type StopSoFar } from '../../machine/app/app-stop';
import { isStopped } from '../../machine/app/app-status';
import { redact } from '../../machine/text/redact';
import { stopUnits } from '../../machine/app/seal';
import type { World } from '../../world';
import { lookAtApp, type App, type AppPlace } from '../parts/app/app';
import type { Outcome, Say } from '../frame/attempt';
import { byDialect, dialectOf } from '../parts/machine/dialect';
import { onMachine } from '../frame/on-machine';
import { readSounds } from '../parts/app/quarantine';
import { until } from '../frame/until';

export interface StopInput {
  readonly machine: Machine;
  /** Whether instructions 4 and 5 are done on this very machine: then its app may keep running. */
  readonly isReadied: boolean;
  /** Whether it was launched with the seal: one that does not hold is told. */
  readonly isSealed?: boolean;
}

export interface Stopped extends Outcome {
  /** Nothing of Replicated has started: its units start only on the new addresses. */
  readonly isSilent: boolean;
  /** What ran although the machine was sealed. */
  readonly broken?: string;
}

export const stopApp =
  (world: World) =>
  async ({ machine, isReadied, isSealed = false }: StopInput, say: Say): Promise<Stopped> => {
    if (isReadied) {
      const note = 'this machine is past it, its app may run';
      return { note, notNeeded: true, isSilent: false };
    }
    return onMachine(world, machine, async (remote) => {
      const { isStill, seal, daemonRuns, seen } = await readSounds(remote, machine);
      if (isStill) return { note: `it has not started: ${seen}`, notNeeded: true, isSilent: true };
      if (seal === 'sealed' && !daemonRuns) {
        // Nothing can be told to stop the app, and nothing has started it.
        await remote.read(stopUnits);
        const after = await readSounds(remote, machine);
        const note = `the seal did not hold in part (${seen}); now ${after.seen}`;
        if (after.isStill) return { note, isSilent: true, broken: seen };
      }
      const stopped = await stopOn(world, { machine, remote, say });
      if (!isSealed && seal !== 'sealed') return { ...stopped, isSilent: false };
      const note = `the seal did not hold (${seen}); ${stopped.note}`;
      return { ...stopped, note, isSilent: false, broken: seen };
    });
  };

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
    const said = redact(stderr.trim()).slice(-200);
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

/** Stopped for good, and none of its containers runs. */
export function isDown(app: App): boolean {
  return isStopped(app.status) && app.containers.length === 0;
}
