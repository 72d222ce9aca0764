/** One night: perhaps a backup, a prune after it, and whatever goes wrong meanwhile. */
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createActivities, type Activities } from '../../src/activities';
import { record as sampleRecord } from '../machine/backups/sample-backups';
import { installation, restoreClaim, type Account } from './account';
import type { People } from './people';
import { Wire } from './wire';

const logger = new DefaultLogger('ERROR');

/** No Temporal is here to ask: every attempt is the one that is waited for. */
const isAwaited = (): Promise<void> => Promise.resolve();

/** What has happened in all, to see that the nights are bad enough. */
export const tally = {
  nights: 0,
  backups: 0,
  givenUp: 0,
  killed: 0,
  retried: 0,
  removed: 0,
  heldMeanwhile: 0,
};

/** The run ends without having done its work. */
class GivenUp extends Error {}

interface Weather {
  /** Probability that a call goes wrong. */
  readonly trouble: number;
  readonly people: People;
}

type Name = keyof Activities;

/** Runs an activity as Temporal would: again, until it succeeds or nothing more can be hoped for. */
async function perform<A extends Name>(
  account: Account,
  weather: Weather,
  [name, input]: readonly [A, Parameters<Activities[A]>[0]],
): Promise<Awaited<ReturnType<Activities[A]>>> {
  const { clock, random } = account;
  let heartbeatDetails: unknown;
  for (let attempt = 1; attempt <= account.configured.limits.attempts; attempt += 1) {
    const environment = new MockActivityEnvironment(
      { attempt, heartbeatDetails },
      { logger, client: account.temporal() },
    );
    environment.on('heartbeat', (details: unknown) => {
      heartbeatDetails = details;
    });
    const meanwhile = (action: string): void => {
      if (random.chance(weather.trouble / 40)) environment.cancel();
      if (!random.chance(action === 'CreateTags' ? weather.trouble * 2 : weather.trouble / 20))
        return;
      tally.heldMeanwhile += 1;
      weather.people.hold(true);
    };
    const wire = new Wire(clock, random, { trouble: weather.trouble, meanwhile });
    passTimeFor(environment, account);
    const activities = createActivities(account.world(wire), isAwaited);
    const activity = activities[name] as (given: typeof input) => ReturnType<Activities[A]>;
    try {
      const outcome = await environment.run(activity, input);
      if (!wire.killed) return outcome as Awaited<ReturnType<Activities[A]>>;
    } catch (error) {
      if (!wire.killed) giveUpUnlessRetryable(error);
    }
    if (wire.killed) tally.killed += 1;
    if (wire.killed && random.chance(0.3)) break;
    tally.retried += 1;
    clock.advance(wire.killed ? random.between(30, 300) : 5 * attempt);
  }
  throw new GivenUp();
}

/** Whoever waits makes time pass, instead of the other way round. */
function passTimeFor({ context }: MockActivityEnvironment, { clock }: Account): void {
  const sleep = async (ms: number): Promise<void> => {
    clock.advance(ms / 1000);
    if (context.cancellationSignal.aborted) await context.cancelled;
  };
  Object.assign(context, { sleep });
}

function giveUpUnlessRetryable(error: unknown): void {
  if (error instanceof CancelledFailure) throw new GivenUp();
  // What nobody foresaw is a defect, of the tool or of this simulation.
  if (!(error instanceof ApplicationFailure) || error.type === 'Unforeseen') throw error;
  if (error.nonRetryable === true) throw new GivenUp();
}

async function backUp(account: Account, weather: Weather): Promise<void> {
  const { home, away, clock } = account;
  tally.backups += 1;
  const id = String(tally.backups);
  const takenAt = clock.iso();
  const record = { ...sampleRecord, installation, run: `backup-${id}`, takenAt };
  const creating = { region: home.name, record, id };
  const { imageId } = await perform(account, weather, ['createImage', creating]);
  const place = { region: home.name, imageId };
  await perform(account, weather, ['awaitImage', { installation, ...place }]);
  await perform(account, weather, ['verifyImage', { ...place, volumes: 2 }]);
  const copying = { installation, ...place, volumes: 2, regions: [away.name], generation: 0 };
  await perform(account, weather, ['copyImage', copying]);
}

async function prune(account: Account, weather: Weather, isAsked: boolean): Promise<void> {
  const { backups, strays } = await perform(account, weather, ['planPrune', { installation }]);
  // A person thinks about it, and others go on meanwhile.
  if (isAsked) weather.people.act();
  const images = backups
    .filter(({ keep }) => !keep)
    .map(({ region, id }) => ({ region, imageId: id }));
  const run = `prune-${String(tally.nights)}`;
  const removal = { installation, restoreClaim, run, images, strays };
  const before = account.backups().length;
  try {
    await perform(account, weather, ['removeBackups', removal]);
  } finally {
    tally.removed += before - account.backups().length;
  }
}

async function unlessGivenUp(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (!(error instanceof GivenUp)) throw error;
    tally.givenUp += 1;
    return false;
  }
}

/** A night with whatever may happen in it. */
export async function liveThrough(account: Account, people: People): Promise<void> {
  const { random, clock, regions } = account;
  tally.nights += 1;
  clock.advance(86_400 * (random.chance(0.1) ? random.between(2, 9) : 1));
  clock.advance(random.between(-3600, 3600));
  for (const region of regions) region.isOff = random.chance(0.03);
  const trouble = random.pick([0, 0, 0, 0.02, 0.05, 0.2]) ?? 0;
  const weather = { trouble, people };
  people.act();
  for (let more = random.chance(0.9); more; more = random.chance(0.15)) {
    const isMade = await unlessGivenUp(backUp(account, weather));
    people.act();
    if (isMade) await unlessGivenUp(prune(account, weather, false));
  }
  if (random.chance(0.2)) await unlessGivenUp(prune(account, weather, true));
  people.settle();
}

/** A last prune with nobody and nothing in its way. */
export async function pruneUndisturbed(account: Account, people: People): Promise<void> {
  account.clock.advance(86_400);
  people.goHome();
  account.clock.advance(3_600);
  await prune(account, { trouble: 0, people }, false);
  account.clock.advance(3_600);
}
