/** Runs restic on the machine apart from the connection, and follows it to its end. */
import { refuse } from '../../../contract/failures';
import type { Machine } from '../../../contract/plan';
import { stateFolder, type Command } from '../../../machine/shell/commands';
import type { ResticPlace } from '../../../machine/storage/object-storage';
import { parseProgress } from '../../../machine/storage/restic';
import {
  forgetResticOutcome,
  openRepository,
  readResticProgress,
  readResticVersion,
  type ResticOrder,
} from '../../../machine/storage/storage-commands';
import type { World } from '../../../world';
import type { Say } from '../../frame/attempt';
import type { Remote } from '../../frame/on-machine';
import { until } from '../../frame/until';

/** One work of restic on a machine. */
export interface ResticWork {
  readonly machine: Machine;
  readonly remote: Remote;
  readonly say: Say;
  readonly order: ResticOrder;
  readonly start: Command;
  /** `backup of /data/…`, for messages. */
  readonly what: string;
  /** Whether restic's status 3 is an end to go on from: done, but some files could not be read. */
  readonly mayLackFiles?: boolean;
}

/** Where a run keeps log and outcome of a work on the machine. */
export function orderOf(
  { repository, passwordFile }: ResticPlace,
  machine: Machine,
  { kind, id }: { readonly kind: 'backup' | 'restore'; readonly id: string },
): ResticOrder {
  const restic = `${stateFolder(machine.instanceId)}/restic-`;
  return {
    repository,
    passwordFile,
    folder: restic + (kind === 'backup' ? id : `${kind}-${id}`),
    lock: `${restic}${kind}.lock`,
  };
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
 * fails. A work that failed before is begun anew: restic does not repeat what it has stored. While
 * another run's restic works on the machine, it waits. Tells whether files are lacking.
 */
export async function runRestic(
  world: World,
  work: ResticWork,
): Promise<{ readonly lacksFiles: boolean }> {
  const { machine, remote, say, order, what } = work;
  const { image: limitSeconds, poll: pollSeconds } = world.installation(
    machine.installation,
  ).limits;
  let hasBegun = false;
  let words = 'restic has begun';
  const end = await until({ limitSeconds, pollSeconds }, async () => {
    hasBegun ||= await begin(work);
    if (!hasBegun) {
      words = 'the restic of another run works on the machine';
      say(words);
      return undefined;
    }
    const progress = parseProgress(await remote.read(readResticProgress(order)));
    ({ words } = progress);
    say(words);
    return progress.state === 'running' ? undefined : progress;
  });
  if (end?.exitCode === 0) return { lacksFiles: false };
  if (end?.exitCode === 3 && work.mayLackFiles) return { lacksFiles: true };
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

/** Starts the work unless it runs or has ended; false while another run's restic works. */
async function begin({ remote, order, start, mayLackFiles }: ResticWork): Promise<boolean> {
  const state = await remote.read(start);
  const hasFailed = /^[1-9]\d*$/.test(state) && !(state === '3' && mayLackFiles);
  if (!hasFailed) return state !== 'busy';
  await remote.read(forgetResticOutcome(order));
  return (await remote.read(start)) !== 'busy';
}
