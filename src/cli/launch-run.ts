/** What `backup`, `restore` and `clean-up-builds` have in common: start, then follow. */
import type { Call } from './command-row';
import type { ExitStatus } from './exit-status';
import { exitStatus } from './exit-status';
import { follow } from './follow';
import type { RunRequest } from './request';
import { runId } from './request';
import { startRun } from './runs';
import { needWorker, taskQueue, withTemporal } from './temporal/connect';

/** The options of every command that starts a run. */
export interface LaunchOptions {
  readonly detach?: boolean;
  readonly watch?: boolean;
  readonly unattended?: boolean;
}

/** The same options as commander reads them. */
export const launchOptions = [
  ['--wait', 'stay until the run ends or waits for a person (the default)'],
  ['--watch', 'stay also while the run waits for a person'],
  ['--detach', 'start the run, print its name, leave'],
  ['--unattended', 'nobody watches: a gate expires after an hour instead of days'],
] as const;

/** Starts the run and, unless detached, prints its progress. */
export async function launchRun<O extends LaunchOptions>(
  request: RunRequest,
  { options, out }: Call<O>,
): Promise<ExitStatus> {
  const queue = taskQueue(process.env);
  return await withTemporal(async (temporal) => {
    await needWorker(temporal, queue);
    const workflowId = runId(request, new Date());
    const handle = await startRun(temporal, request, { workflowId, taskQueue: queue });
    const input = JSON.stringify(request.input);
    out.line(`${out.paint.bold(workflowId)} started: ${request.runbook} ${input}`);
    if (options.detach === true) {
      out.result(`Follow it with: runbook status ${workflowId} --watch`, { workflowId });
      return exitStatus.done;
    }
    out.line(out.paint.dim('Leaving with Ctrl-C does not stop the run.'));
    return await follow(temporal, handle, { out, throughGates: options.watch === true });
  });
}
