/** Launching a machine: exactly one, however often it is tried. */
import { isCancellation, workflowInfo } from '@temporalio/workflow';
import type { Machine } from '../contract/plan';
import * as acts from './acts';
import { troubleOf } from './failures';
import type { Run } from './runbook';

/** What makes a launch of this run the same one when it is tried again. */
interface By {
  /** Workflow id and first run id, which a reset does not change. */
  readonly run: { readonly workflowId: string; readonly firstRunId: string };
  /** Raised only by a person's `retry` after a machine was lost. */
  readonly generation: number;
}

interface Launch {
  readonly title: string;
  /** Runs the step; `by` is to be asked anew at each try. */
  readonly step: (by: () => By) => Promise<{ readonly instanceId: string }>;
  /** Whether nobody is asked: what goes wrong ends the run. */
  readonly unasked?: boolean;
}

interface Place {
  readonly installation: string;
  readonly region: string;
  readonly imageId: string;
}

/** The line after a launch, in every runbook that launches. */
export const waitingForChecks = 'Wait for its status checks';

/** A machine that is lost before it runs is replaced only when a person says `retry`. */
export async function launchUntilItRuns(
  run: Run,
  { installation, region, imageId }: Place,
  { title, step, unasked = false }: Launch,
): Promise<{ instanceId: string; privateAddress: string; publicAddress?: string }> {
  const { workflowId, firstExecutionRunId: firstRunId } = workflowInfo();
  const by = (): By => ({
    run: { workflowId, firstRunId },
    generation:
      run.retriesOf(title, 'InstanceLost') + run.retriesOf(waitingForChecks, 'InstanceLost'),
  });
  for (;;) {
    const { instanceId } = await step(by);
    // From here on every end of the run knows of this machine.
    run.findings.imageId = imageId;
    run.findings.instanceId = instanceId;
    try {
      const place = { installation, region, instanceId };
      return { instanceId, ...(await run.attempt(waitingForChecks, acts.awaitInstance, place)) };
    } catch (error) {
      if (isCancellation(error) || unasked) throw error;
      await run.askAboutFailure(waitingForChecks, troubleOf(error), false);
    }
  }
}

/** The same for a copy in quarantine, as a machine whose host key nobody knows yet. */
export async function launchCopy(run: Run, plan: Place, launch: Launch): Promise<Machine> {
  const { installation, region } = plan;
  const { instanceId, privateAddress, publicAddress } = await launchUntilItRuns(run, plan, launch);
  return { installation, region, instanceId, privateAddress, publicAddress, hostKeys: [] };
}
