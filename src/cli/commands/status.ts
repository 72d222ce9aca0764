/** `runbook status`: where a run stands. */
import { commandRow } from '../command-row';
import type { Call } from '../command-row';
import type { ExitStatus } from '../exit-status';
import { CliError, exitStatus } from '../exit-status';
import { follow } from '../follow';
import { reportText, standingText } from '../render/standing';
import { readResult, readStanding } from '../runs';
import type { Temporal } from '../temporal/connect';
import { withTemporal } from '../temporal/connect';
import { findRuns, printRuns } from './list';

interface StatusOptions {
  readonly watch?: boolean;
}

export const status = commandRow<StatusOptions>({
  usage: 'status [run]',
  summary: 'show where a run stands; without a name, the open runs',
  options: [['--watch', 'stay until the run ends']],
  example: 'runbook status restore-prod-20261124-1330-ab12 --watch',
  run: async (call) =>
    await withTemporal(async (temporal) => {
      const [run] = call.args;
      if (run === undefined) {
        const runs = await findRuns(temporal, { open: true });
        printRuns(runs, call.out);
        return exitStatus.done;
      }
      return await showRun(temporal, run, call);
    }),
});

async function showRun(
  temporal: Temporal,
  run: string,
  { options, out }: Call<StatusOptions>,
): Promise<ExitStatus> {
  const handle = temporal.client.workflow.getHandle(run);
  if (options.watch === true) return await follow(temporal, handle, { out, throughGates: true });
  const standing = await readStanding(temporal, handle);
  if (!standing) {
    const report = await readResult(handle);
    if (!report) {
      throw new CliError(
        'Failed',
        `No worker answers for ${run}: its journal cannot be read. Start one: runbook worker`,
      );
    }
    out.result(reportText(report, out.paint), { workflowId: run, report });
    return report.status === 'done' ? exitStatus.done : exitStatus.failed;
  }
  out.result(standingText(standing, run, out.paint), { workflowId: run, standing });
  if (standing.gate) return exitStatus.waits;
  return ['done', 'running'].includes(standing.status) ? exitStatus.done : exitStatus.failed;
}
