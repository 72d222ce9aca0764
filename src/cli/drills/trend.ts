/** Drills as a table, and in a sentence whether they get better or worse. Pure. */
import { lasting, verdictText } from '../../contract/report-markdown';
import type { DrillVerdict, Report } from '../../contract/reports';
import { timesOf, type Times } from '../../contract/times';
import { moment } from '../render/span';
import { table } from '../render/table';

/** One drill, as it is listed. */
export interface DrillLine {
  readonly installation: string;
  readonly workflowId: string;
  readonly endedAt: string;
  readonly verdict: DrillVerdict;
  readonly imageId?: string;
  readonly times: Times;
}

/** The drills of the reports, the newest first, each once. */
export function drillLines(reports: readonly Report[]): readonly DrillLine[] {
  const byRun = new Map(reports.map((report) => [report.runId, report]));
  return [...byRun.values()]
    .map((report) => ({
      installation: report.installation,
      workflowId: report.workflowId,
      endedAt: report.endedAt,
      verdict: report.verdict ?? { outcome: 'none' as const, why: report.summary },
      ...(report.imageId === undefined ? {} : { imageId: report.imageId }),
      times: timesOf(report),
    }))
    .sort((a, b) => b.endedAt.localeCompare(a.endedAt));
}

/** The drills as a table. */
export function drillsTable(lines: readonly DrillLine[]): string {
  const headings = [
    'Ended',
    'Installation',
    'In all',
    'AWS',
    'Machine',
    'Person',
    'Image',
    'Verdict',
  ];
  const body = lines.map(({ endedAt, installation, times, imageId = '', verdict }) => [
    moment(endedAt),
    installation,
    lasting(times.total),
    lasting(times.AWS),
    lasting(times.machine),
    lasting(times.person),
    imageId,
    verdictText(verdict),
  ]);
  return table(headings, body).join('\n');
}

/** What the drills of one installation, the newest first, tell together. */
export function trendOf(lines: readonly DrillLine[]): string {
  const judged = lines.filter(({ verdict }) => verdict.outcome !== 'none');
  const passed = judged.filter(({ verdict }) => verdict.outcome === 'passed');
  const [newest, ...before] = passed;
  const counted =
    `${lines[0]?.installation ?? ''}: ${String(passed.length)} of ${String(lines.length)} drills passed, ` +
    `${String(judged.length - passed.length)} failed`;
  if (newest === undefined) return `${counted}.`;
  // Waiting for people says nothing of how long a recovery takes at best.
  const lasted = lasting(workOf(newest));
  const usual = median(before.map(workOf));
  if (usual === undefined) return `${counted}; the last that passed took ${lasted} without people.`;
  const change = Math.round(((workOf(newest) - usual) / Math.max(1, usual)) * 100);
  const than =
    change === 0
      ? 'as before'
      : `${String(Math.abs(change))} % ${change > 0 ? 'longer' : 'shorter'}`;
  return (
    `${counted}; the last that passed took ${lasted} without people, ${than} ` +
    `(median of those before: ${lasting(usual)}).`
  );
}

function workOf({ times: { total, person } }: DrillLine): number {
  return total - person;
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) return undefined;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
