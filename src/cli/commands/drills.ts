/** `runbook drills`: the drills there were, and whether they get better or worse. */
import type { Report } from '../../contract/reports';
import { commandRow } from '../command-row';
import { readConfig } from '../configured';
import { drillLines, drillsTable, trendOf } from '../drills/trend';
import { CliError, exitStatus, messageOf } from '../exit-status';
import { readResult } from '../runs';
import { withTemporal } from '../temporal/connect';
import { findRuns } from './list';

const wanted = 50;

export const drills = commandRow({
  usage: 'drills [installation]',
  summary: 'list the drills, with verdict and times, and say whether they get better or worse',
  example: 'runbook drills prod',
  run: async ({ args, out }) => {
    const [installation] = args;
    const { reports: folder, installations } = await readConfig();
    if (installation !== undefined && installations[installation] === undefined) {
      throw new CliError('WrongUsage', `The configuration has no installation "${installation}".`);
    }
    const { findReports } = await import('../../world/files/reports.js');
    const kept = await findReports(folder, 'drill');
    const { told, unknown } = await fromTemporal(installation);
    const lines = drillLines([...kept, ...told]).filter(
      (line) => installation === undefined || line.installation === installation,
    );
    const names = [...new Set(lines.map((line) => line.installation))];
    const trend = names.map((name) => trendOf(lines.filter((line) => line.installation === name)));
    const text = lines.length === 0 ? 'No drills.' : [drillsTable(lines), ...trend].join('\n');
    const parts = [text, ...(unknown === undefined ? [] : [unknown])];
    out.result(parts.join('\n'), { drills: lines, trend });
    return exitStatus.done;
  },
});

/** Also what ended where another worker keeps its reports. */
async function fromTemporal(
  installation: string | undefined,
): Promise<{ readonly told: readonly Report[]; readonly unknown?: string }> {
  try {
    return await withTemporal(async (temporal) => {
      const limits = { limit: wanted, ...(installation === undefined ? {} : { installation }) };
      const runs = await findRuns(temporal, { runbook: 'drill', ...limits });
      const results = await Promise.all(
        runs.map(({ workflowId }) => readResult(temporal.client.workflow.getHandle(workflowId))),
      );
      return { told: results.filter((report) => report !== undefined) };
    });
  } catch (error) {
    if (!(error instanceof CliError) || error.name !== 'Unreachable') throw error;
    const [first = ''] = messageOf(error).split('\n');
    return { told: [], unknown: `Only what is kept in the folder of reports: ${first}` };
  }
}
