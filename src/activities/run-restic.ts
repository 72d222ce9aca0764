/** Runs restic on the machine apart from the connection, and follows it to its end. */
import { refuse } from '../contract/failures';
import type { Machine } from '../contract/plan';
import { stateFolder, type Command } from '../machine/commands';
import type { ResticPlace } from '../machine/object-storage';
import { parseProgress } from '../machine/restic';
import {
  forgetResticOutcome,
  openRepository,
  readResticProgress,
  readResticVersion,
  type ResticOrder,
} from '../machine/storage-commands';
import type { World } from '../world';
import type { Say } from './attempt';
import type { Remote } from './on-machine';
import { until } from './until';

/** One work of restic on a machine. */
export interface ResticWork {
  readonly machine: Machine;
  readonly remote: Remote;
  readonly say: Say;
  readonly order: ResticOrder;
  readonly start: Command;
  /** `backup of /data/…`, for messages. */
  readonly what: string;
}

/** Where a run keeps log and outcome of a work on the machine. */
export function orderOf(
  { repository, passwordFile }: ResticPlace,
  machine: Machine,
  work: string,
): ResticOrder {
  return { repository, passwordFile, folder: `${stateFolder(machine.instanceId)}/restic-${work}` };
}

/** Refuses when restic is not installed or its repository does not open. */
export async function checkRestic(
  remote: Remote,
  machine: Machine,
  order: ResticOrder,
): Promise<void> {
  if ((await remote.read(readResticVersion)) === '') {
    throw refuse(
      'ResticFailed',
      `restic is not installed on ${machine.instanceId}. Install it there (apt-get install restic), ` +
        'then retry.',
    );
  }
  const opened = await remote.run(openRepository(order));
  if (opened.exitCode === 0) return;
  throw refuse(
    'ResticFailed',
    `restic on ${machine.instanceId} cannot open its repository ${order.repository}. A new one is ` +
      'made by `restic init` once, by hand; then retry. It said: ' +
      opened.stderr.trim().slice(-600),
  );
}

/**
 * Starts the work unless it runs already or has ended well, and waits for its end; refuses when it
 * fails. A work that failed before is begun anew: restic does not repeat what it has stored.
 */
export async function runRestic(world: World, work: ResticWork): Promise<void> {
  const { machine, remote, say, order, start, what } = work;
  const { image: limitSeconds, poll: pollSeconds } = world.installation(
    machine.installation,
  ).limits;
  const before = await remote.read(start);
  if (/^[1-9]\d*$/.test(before)) {
    await remote.read(forgetResticOutcome(order));
    await remote.read(start);
  }
  let words = 'restic has begun';
  const end = await until({ limitSeconds, pollSeconds }, async () => {
    const progress = parseProgress(await remote.read(readResticProgress(order)));
    ({ words } = progress);
    say(words);
    return progress.state === 'running' ? undefined : progress;
  });
  if (end?.exitCode === 0) return;
  const how =
    end === undefined
      ? `has not ended after ${String(limitSeconds)} s (${words})`
      : end.exitCode === undefined
        ? `was cut off (${words})`
        : `ended with status ${String(end.exitCode)}`;
  throw refuse(
    'ResticFailed',
    `restic ${what} on ${machine.instanceId} ${how}. Its log is in ${order.folder}; mend what it ` +
      `says, then retry. It said: ${end?.said ?? ''}`,
  );
}
