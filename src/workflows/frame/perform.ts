/** Running an activity under its limits: the one place where a workflow calls any. */
import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities';
import type { OfRun } from '../../activities/frame/late';
import type { Settings } from '../../contract/plan';
import { queueOf, type Act } from './acts';

export type Input<A extends keyof Activities> = Parameters<Activities[A]>[0];
export type Output<A extends keyof Activities> = Awaited<ReturnType<Activities[A]>>;
type Run<A extends keyof Activities> = (
  input: Input<A>,
  ofRun: OfRun | undefined,
) => Promise<Output<A>>;

/** Used before the configuration is read, and by steps that do not depend on it. */
const firstLimits = { heartbeat: 30, retryAfter: 1, attempts: 4 };

/** How an activity is run. */
export interface How {
  /** Its title in the timeline. */
  readonly summary: string;
  readonly settings?: Settings | undefined;
  /** Goes with the activity, so that machines know its late attempts; none where no machine is. */
  readonly ofRun: OfRun | undefined;
}

/** Runs an activity under its limits; no journal, no gate. */
export async function perform<A extends keyof Activities>(
  act: Act<A>,
  input: Input<A>,
  how: How,
): Promise<Output<A>> {
  const { activity, limit } = act;
  const taskQueue = queueOf(act, how.settings);
  const limits = { ...firstLimits, ...how.settings?.limits };
  const seconds =
    typeof limit === 'number' ? limit : how.settings ? limit(how.settings.limits) : 60;
  const proxy = proxyActivities<Activities>({
    // The activity ends by itself at its limit, with a message that says what it saw.
    startToCloseTimeout: `${String(seconds + 120)} seconds`,
    heartbeatTimeout: `${String(limits.heartbeat)} seconds`,
    // The default would let the activity go on after the run was cancelled.
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    retry: {
      initialInterval: `${String(limits.retryAfter)} seconds`,
      backoffCoefficient: 2,
      maximumInterval: '1 minute',
      maximumAttempts: limits.attempts,
    },
    summary: how.summary,
    ...(taskQueue === undefined ? {} : { taskQueue }),
  });
  // One generic call site for all activities: the pair (A, Input<A>) is checked by this signature.
  const run = proxy[activity] as unknown as Run<A>;
  return run(input, how.ofRun);
}
