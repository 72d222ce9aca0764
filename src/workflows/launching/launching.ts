/** Launching a machine: exactly one, however often it is tried, and with whatever settings. */
import { isCancellation, workflowInfo } from '@temporalio/workflow';
import type { LaunchBy } from '../../activities/parts/instances/launch-once';
import type { LaunchKind } from '../../activities/launching/replan-launch';
import type { LaunchPlan, Machine } from '../../contract/plan';
import { isCapacityGone } from '../../machine/launch/aws-refusals';
import { launchesOf } from '../../machine/launch/launch-settings';
import {
  firstTokens,
  tokenFor,
  tokensAfter,
  type LaunchTokens,
} from '../../machine/launch/launch-tokens';
import * as acts from '../frame/acts';
import { troubleOf, type Trouble } from '../frame/failures';
import { toLaunchOtherwise } from '../questions/launch-questions';
import type { Run } from '../frame/runbook';

interface Plan extends LaunchPlan {
  readonly installation: string;
  readonly region: string;
  readonly imageId: string;
  readonly imageName: string;
  /** A machine that is there already: nothing is launched. */
  readonly existingInstanceId?: string;
}

interface Launch<P extends Plan> {
  readonly title: string;
  readonly kind: LaunchKind;
  /** Begins the launch by the plan as it is by now. */
  readonly begin: (plan: P, by: LaunchBy) => Promise<{ readonly instanceId: string }>;
  /** Looks, before a launch and after each answer to one that failed, whether it may begin. */
  readonly ready?: () => Promise<unknown>;
  /** Whether nobody is asked: what goes wrong ends the run. */
  readonly unasked?: boolean;
}

/** A machine that runs, and the plan that a person has approved for it at last. */
export interface Running<P extends Plan> {
  readonly instanceId: string;
  readonly privateAddress: string;
  readonly publicAddress?: string;
  readonly plan: P;
}

/** The line after a launch, in every runbook that launches. */
export const waitingForChecks = 'Wait for its status checks';
const readingAgain = 'Read the launch settings again';
const approvingAgain = 'Approve the changed launch';

/**
 * Launches by the plan, what it names first first. What AWS refuses of it is passed over; when all
 * is refused, or the machine is lost before it runs, only a person's `retry` goes on, by
 * runbook.yaml as it is by then.
 */
export async function launchUntilItRuns<P extends Plan>(
  run: Run,
  planned: P,
  launch: Launch<P>,
): Promise<Running<P>> {
  const { workflowId, firstExecutionRunId: firstRunId, runId } = workflowInfo();
  let tokens = firstTokens(runId !== firstRunId);
  let plan = planned;
  await launch.ready?.();
  for (let tried = 0; ;) {
    const choices = launchesOf(plan);
    const settings = choices[tried] ?? plan.launch;
    tokens = tokenFor(tokens, JSON.stringify([plan.imageId, settings]));
    const isNotLast = tried < choices.length - 1;
    const by: LaunchBy = {
      run: { workflowId, firstRunId },
      generation: tokens.generation,
      looks: tokens.looks,
      isNotLast,
      ...(tried === 0 ? {} : { choice: choiceOf(settings) }),
    };
    const outcome = await tryOnce(run, { plan, launch, by });
    if ('privateAddress' in outcome) return { ...outcome, plan };
    const { title, trouble } = outcome;
    tokens = afterTrouble(tokens, trouble);
    if (isNotLast && isNext(trouble)) {
      run.passOver(title);
      tried += 1;
      continue;
    }
    if (launch.unasked) throw outcome.error;
    await run.askAboutFailure(title, trouble, false);
    // A machine that lives is asked for again as it was launched: its token gives it back.
    if (trouble.launch !== 'lives' && plan.existingInstanceId === undefined) {
      plan = await replanned(run, plan, launch.kind);
      tried = 0;
    }
    // The answer may have taken days.
    await launch.ready?.();
  }
}

interface Failed {
  readonly title: string;
  readonly trouble: Trouble;
  readonly error: unknown;
}

/** Launches and waits until it runs; or tells what went wrong, and at which line. */
async function tryOnce<P extends Plan>(
  run: Run,
  { plan, launch, by }: { readonly plan: P; readonly launch: Launch<P>; readonly by: LaunchBy },
): Promise<Omit<Running<P>, 'plan'> | Failed> {
  const { installation, region, imageId } = plan;
  let { title } = launch;
  try {
    const { instanceId } = await launch.begin(plan, by);
    // From here on every end of the run knows of this machine.
    run.findings.imageId = imageId;
    run.findings.instanceId = instanceId;
    title = waitingForChecks;
    const wasThere = plan.existingInstanceId !== undefined;
    const place = { installation, region, instanceId, ...(wasThere ? { wasThere } : {}) };
    return { instanceId, ...(await run.attempt(title, acts.awaitInstance, place)) };
  } catch (error) {
    if (isCancellation(error)) throw error;
    const trouble = troubleOf(error);
    // Whatever keeps it from its checks, a machine that was launched lives until EC2 says otherwise.
    const launched = title === waitingForChecks ? ({ launch: 'lives' } as const) : {};
    return { title, trouble: { ...launched, ...trouble }, error };
  }
}

function afterTrouble(tokens: LaunchTokens, { launch, attempts }: Trouble): LaunchTokens {
  return tokensAfter(tokens, {
    answered: launch === 'nothing' && attempts === 1,
    gone: launch === 'gone',
    lives: launch === 'lives',
  });
}

/** Whether the next type or subnet may do. */
function isNext({ isPassedOver, lostFor = '' }: Trouble): boolean {
  return isPassedOver === true || isCapacityGone(lostFor);
}

function choiceOf({ instanceType, subnetId }: LaunchPlan['launch']): LaunchBy['choice'] {
  return { instanceType, subnetId };
}

/** The plan as runbook.yaml has it now, once a person has approved what differs. */
async function replanned<P extends Plan>(run: Run, approved: P, kind: LaunchKind): Promise<P> {
  const { firstExecutionRunId: firstRunId } = workflowInfo();
  for (let plan = approved; ;) {
    const { launch, alternatives, launchBase, installation, region } = plan;
    const before = { launch, alternatives, launchBase, installation, region };
    const input = { kind, plan: before, firstRunId };
    const found = await run.step(readingAgain, acts.replanLaunch, input);
    if (found.changes.length === 0) return plan;
    await run.approval(approvingAgain, toLaunchOtherwise(plan, found, run.settings));
    // The file may have been corrected once more while the question waited: it is read again.
    plan = { ...plan, launch: found.launch, alternatives: found.alternatives };
  }
}

/** The same for a copy in quarantine, as a machine whose host key nobody knows yet. */
export async function launchCopy<P extends Plan>(
  run: Run,
  planned: P,
  launch: Launch<P>,
): Promise<{ readonly machine: Machine; readonly plan: P }> {
  const { plan, ...running } = await launchUntilItRuns(run, planned, launch);
  const { instanceId, privateAddress, publicAddress } = running;
  const { installation, region } = plan;
  const hostKeys: string[] = [];
  return {
    machine: { installation, region, instanceId, privateAddress, publicAddress, hostKeys },
    plan,
  };
}
