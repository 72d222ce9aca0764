/** `runbook list`: the open and the recent runs, from Temporal's visibility. */
import { runbookNames, type RunbookName } from '../../contract/reports';
import { commandRow } from '../command-row';
import { CliError, exitStatus } from '../exit-status';
import type { Output } from '../output';
import { table } from '../render/table';
import type { Temporal } from '../temporal/connect';
import { withTemporal } from '../temporal/connect';

interface RunLine {
  readonly workflowId: string;
  readonly runbook: string;
  readonly installation: string;
  readonly status: string;
  readonly step: string;
  readonly startedAt: string;
}

interface Wanted {
  readonly open?: boolean;
  readonly installation?: string;
  readonly limit?: number;
  /** Only runs of this one. */
  readonly runbook?: RunbookName;
}

export const list = commandRow<{
  readonly open?: boolean;
  readonly installation?: string;
  readonly limit?: string;
}>({
  usage: 'list',
  summary: 'list open and recent runs',
  options: [
    ['--open', 'only runs that have not ended'],
    ['--installation <name>', 'only runs of this installation'],
    ['--limit <n>', 'at most so many (default: 20)'],
  ],
  example: 'runbook list --open --installation prod',
  run: async ({ options, out }) => {
    const limit = Number(options.limit ?? '20');
    if (!Number.isInteger(limit) || limit < 1) {
      throw new CliError('WrongUsage', '--limit takes a whole number above 0');
    }
    return await withTemporal(async (temporal) => {
      printRuns(await findRuns(temporal, { ...options, limit }), out);
      return exitStatus.done;
    });
  },
});

/** The visibility query for the wanted runs. */
function visibilityQuery({ open, installation, runbook }: Wanted): string {
  const types = runbook === undefined ? runbookNames : [runbook];
  // A single quote would end the string in the query.
  if (installation !== undefined && !/^[a-z0-9-]+$/.test(installation)) {
    throw new CliError('WrongUsage', `"${installation}" is no name of an installation`);
  }
  return [
    `WorkflowType IN (${types.map((type) => `'${type}'`).join(', ')})`,
    ...(open === true ? ["ExecutionStatus = 'Running'"] : []),
    ...(installation === undefined ? [] : [`RunbookInstallation = '${installation}'`]),
  ].join(' AND ');
}

/** The newest runs that are wanted. */
export async function findRuns(temporal: Temporal, wanted: Wanted): Promise<readonly RunLine[]> {
  const runs: RunLine[] = [];
  const query = visibilityQuery(wanted);
  for await (const info of temporal.client.workflow.list({ query, pageSize: 50 })) {
    const attributes = new Map(
      info.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, String(value)]),
    );
    runs.push({
      workflowId: info.workflowId,
      runbook: info.type,
      installation: attributes.get('RunbookInstallation') ?? '',
      status: attributes.get('RunbookStatus') ?? info.status.name.toLowerCase(),
      step: attributes.get('RunbookStep') ?? '',
      startedAt: info.startTime.toISOString(),
    });
    if (runs.length >= (wanted.limit ?? 20)) break;
  }
  return runs;
}

/** Prints runs as a table, or as one JSON object. */
export function printRuns(runs: readonly RunLine[], out: Output): void {
  const lines = table(
    ['Run', 'Installation', 'Status', 'Step', 'Started'],
    runs.map((run) => [run.workflowId, run.installation, run.status, run.step, run.startedAt]),
  );
  out.result(runs.length === 0 ? 'No runs.' : lines.join('\n'), { runs });
}
