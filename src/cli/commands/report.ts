/** `runbook report`: what a run leaves behind, from the run or from the reports folder. */
import { reportMarkdown } from '../../contract/report-markdown';
import type { Report } from '../../contract/reports';
import { commandRow } from '../command-row';
import { readConfig } from '../configured';
import { CliError, exitStatus, messageOf, statusOf } from '../exit-status';
import { readResult, readStanding } from '../runs';
import { withTemporal } from '../temporal/connect';

export const report = commandRow<{ readonly format?: string; readonly json?: boolean }>({
  usage: 'report <run>',
  summary: 'print the report of a run that has ended',
  options: [['--format <format>', 'md (default) or json']],
  example: [
    'runbook report restore-prod-20261124-1330-ab12',
    'runbook report restore-prod-20261124-1330-ab12 --format json',
  ].join('\n'),
  run: async ({ args, options, out }) => {
    const run = args[0] ?? '';
    const format = options.json === true ? 'json' : (options.format ?? 'md');
    if (format !== 'md' && format !== 'json') {
      throw new CliError('WrongUsage', `--format takes md or json, not "${format}"`);
    }
    const outcome = await fromRun(run);
    if ('report' in outcome) {
      const { report: found } = outcome;
      const text = format === 'md' ? reportMarkdown(found) : JSON.stringify(found, null, 2);
      out.result(text.trimEnd(), found);
      return exitStatus.done;
    }
    const { reports } = await readConfig().catch(() => ({ reports: undefined }));
    const { findReport } = await import('../../world/files/reports.js');
    const saved = reports === undefined ? undefined : await findReport(reports, run, format);
    if (saved === undefined) throw notFound(run, outcome, reports);
    if (out.json) {
      const parsed: unknown = JSON.parse(saved);
      out.result('', parsed);
    } else {
      out.result(saved.trimEnd(), undefined);
    }
    return exitStatus.done;
  },
});

type Outcome = { readonly report: Report } | { readonly why: string; readonly error?: unknown };

async function fromRun(run: string): Promise<Outcome> {
  try {
    return await withTemporal(async (temporal) => {
      const handle = temporal.client.workflow.getHandle(run);
      const standing = await readStanding(temporal, handle);
      if (standing?.report) return { report: standing.report };
      if (standing) return { why: `${run} has not ended: it is ${standing.status}` };
      const result = await readResult(handle);
      return result ? { report: result } : { why: `${run} ended without a report` };
    });
  } catch (error) {
    // Temporal may be gone, or have forgotten the run: that is what the folder is for.
    return { why: messageOf(error), error };
  }
}

function notFound(
  run: string,
  { why, error }: { readonly why: string; readonly error?: unknown },
  folder: string | undefined,
): CliError {
  const looked = folder ?? 'no folder of reports, because the configuration cannot be read';
  const name = statusOf(error) === exitStatus.unreachable ? 'Unreachable' : 'Failed';
  return new CliError(name, `No report of ${run}. ${why}\nAlso looked in: ${looked}.`);
}
