/**
 * Telling people: a message is tried until a receiver takes it, for as long as what it says is true.
 * Temporal repeats the tries: a stretch of them is one activity, so that neither the history nor the
 * timeline grows with a receiver that is down, and a reset takes them up again.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
} from '@temporalio/workflow';
import type { Activities } from '../../activities';
import type { Round } from '../../activities/parts/people/tell-once';
import { refuse } from '../../contract/failures';
import { stretch, type Stretch } from '../../contract/telling/patience';
import type { Settings } from '../../contract/plan';
import type { Message } from '../../contract/telling/telling';
import { toldText, type Heard, type Missed, type Told } from '../../contract/telling/told';
import { troubleOf } from './failures';

type Limits = Pick<Settings['limits'], 'retryAfter' | 'heartbeat' | 'attempts'>;

/** Used before the configuration is read. */
const firstLimits: Limits = { retryAfter: 5, heartbeat: 30, attempts: 4 };

/** Longer than a round of every receiver takes. */
const roundSeconds = 150;

/** How a message is told. */
export interface Telling {
  readonly message: Message;
  readonly told: Told;
  readonly summary: string;
  readonly limits: Limits | undefined;
  /** Those that have taken this very message before. */
  readonly reached?: readonly string[];
  /** Hears of each change of `told`. */
  readonly onChange: () => void;
}

/** Nobody has been told yet. */
export function untold(): Told {
  return { state: 'trying', heard: [], missed: [], reminders: 0 };
}

/** Tells the message until it is taken, or for so many seconds. A cancellation ends it. */
export async function tellUntilTaken(telling: Telling, atMostSeconds = Infinity): Promise<void> {
  const limits = telling.limits ?? firstLimits;
  const until = Date.now() + atMostSeconds * 1000;
  const reached = [...(telling.reached ?? [])];
  for (let index = 0; ; index += 1) {
    const left = (until - Date.now()) / 1000;
    if (left < 1) break;
    const tries = stretch(index, limits);
    if (await tellFor(telling, reached, { ...tries, lasts: Math.min(left, tries.lasts) })) return;
  }
  telling.told.state = 'given up';
  telling.onChange();
}

/** A few tries, while somebody waits for the outcome; whether it is enough. */
export async function tellBriefly(telling: Telling): Promise<boolean> {
  return tellFor(telling, [], { ...stretch(0, telling.limits ?? firstLimits), lasts: 30 });
}

/** One stretch of tries, anew after each that reached somebody. Whether it is enough. */
async function tellFor(telling: Telling, reached: string[], tries: Stretch): Promise<boolean> {
  const { message, told, onChange } = telling;
  const activity = proxyTell(telling, tries);
  for (;;) {
    try {
      const round = await activity({ message, heard: reached });
      reached.push(...round.heard.map(({ receiver }) => receiver));
      hear(told, round);
      if (round.isEnough) told.state = round.hasReceivers ? 'told' : 'no receiver';
      onChange();
      if (round.isEnough) return true;
    } catch (error) {
      if (isCancellation(error)) throw error;
      told.missed = missedOf(error);
      onChange();
      return false;
    }
  }
}

function proxyTell(
  { summary, limits = firstLimits }: Telling,
  { firstPause, longestPause, lasts, attempts }: Stretch,
): Activities['tellPeople'] {
  return proxyActivities<Pick<Activities, 'tellPeople'>>({
    startToCloseTimeout: `${String(roundSeconds)} seconds`,
    scheduleToCloseTimeout: `${String(lasts)} seconds`,
    heartbeatTimeout: `${String(limits.heartbeat)} seconds`,
    // What was taken while a gate closed is still in the journal.
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    retry: {
      initialInterval: `${String(firstPause)} seconds`,
      backoffCoefficient: 2,
      maximumInterval: `${String(longestPause)} seconds`,
      ...(attempts === undefined ? {} : { maximumAttempts: attempts }),
    },
    summary: summary.slice(0, 100),
  }).tellPeople;
}

/** Keeps for each receiver how often it has taken something of this, and when last. */
function hear(told: Told, { heard, missed }: Pick<Round, 'heard' | 'missed'>): void {
  for (const { receiver, at } of heard) {
    const before = told.heard.find((one) => one.receiver === receiver);
    const others = told.heard.filter((one) => one !== before);
    told.heard = [...others, { receiver, at, times: (before?.times ?? 0) + 1 }];
  }
  told.missed = [...missed];
}

function missedOf(error: unknown): Missed[] {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const details = cause instanceof ApplicationFailure ? (cause.details ?? []) : [];
  const found = details.find(
    (detail): detail is { readonly missed: Missed[] } =>
      typeof detail === 'object' && detail !== null && 'missed' in detail,
  );
  return found?.missed ?? [{ receiver: 'the worker', why: troubleOf(error).message }];
}

/** What goes on being told after its run has ended. */
export interface Rest {
  readonly message: Message;
  /** Those that have taken it. */
  readonly heard: readonly Heard[];
  readonly limits: Limits | undefined;
  readonly seconds: number;
}

/** The workflow that tells the end of a run which nobody has taken yet; it outlives the run. */
export async function tell({ message, heard, limits, seconds }: Rest): Promise<string> {
  const told: Told = { ...untold(), heard: [...heard] };
  const onChange = (): void => {
    setCurrentDetails(toldText(told));
  };
  const reached = heard.map(({ receiver }) => receiver);
  const telling = { message, told, summary: 'Tell people', limits, reached, onChange };
  await tellUntilTaken(telling, seconds);
  if (told.state !== 'given up') return toldText(told);
  throw refuse(
    'NotTaken',
    `The end of the run could not be told within ${String(seconds)} s: ${toldText(told)}. Look at ` +
      'notify in runbook.yaml and at the receiver.',
  );
}
