/** Follows a run: prints each line of its journal as it changes, until it ends or waits. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { JournalEntry } from '../contract/journal';
import type { Standing } from '../contract/reports';
import { lastTold } from '../contract/telling/told-section';
import type { ExitStatus } from './exit-status';
import { CliError, exitStatus } from './exit-status';
import type { Output } from './output';
import { gateText, journalLine, reportText } from './render/standing';
import { isOpen, readProgress, readResult, readStanding } from './runs';
import type { Temporal } from './temporal/connect';

/** How to follow: through gates or not, and how often to look. */
export interface FollowOptions {
  readonly out: Output;
  /** Stay when the run waits for a person. */
  readonly throughGates: boolean;
  readonly everyMs?: number;
  /** Hears each standing that differs from the one before; the demo answers gates here. */
  readonly onStanding?: (standing: Standing) => Promise<void>;
  /** Ends the following by an error; the run itself goes on. */
  readonly signal?: AbortSignal;
}

/** Prints the run's progress until its end (status 0 or 1) or its first gate (status 3). */
export async function follow(
  temporal: Temporal,
  handle: WorkflowHandle,
  { out, ...options }: FollowOptions,
): Promise<ExitStatus> {
  const told = new Map<number, string>();
  const tellLive = liveTeller();
  let toldGate = '';
  let toldPeople = '';
  let toldSilence = false;
  for (;;) {
    options.signal?.throwIfAborted();
    const open = await isOpen(handle);
    const standing = await readStanding(temporal, handle);
    if (standing) {
      toldSilence = false;
      tellJournal(standing, told, out);
      if (!open) return end(standing, handle, out);
      if (standing.gate && standing.gate.id !== toldGate) {
        toldGate = standing.gate.id;
        out.line(gateText(standing.gate, handle.workflowId, out.paint));
      }
      const people = standing.gate ? (lastTold(standing.journal) ?? '') : '';
      if (people !== toldPeople && people !== '') out.line(out.paint.dim(`  people: ${people}`));
      toldPeople = people;
      await options.onStanding?.(standing);
      if (standing.gate && !options.throughGates) {
        out.result('', { workflowId: handle.workflowId, standing });
        return exitStatus.waits;
      }
    } else if (!open) {
      return await endWithoutWorker(handle, out);
    } else if (!toldSilence) {
      toldSilence = true;
      out.line('No worker answers. The run is safe in Temporal and goes on with the next worker.');
    }
    tellLive(out, statusLine(standing, await readProgress(handle)));
    await sleep(options.everyMs ?? 1000);
  }
}

const silenceMs = 10_000;

/** Keeps the live line on a terminal; elsewhere prints it when it changes, and not too often. */
function liveTeller(): (out: Output, text: string) => void {
  let last = { text: '', at: Date.now() };
  return (out, text) => {
    out.status(text);
    if (out.live || text === '' || text === last.text) return;
    if (Date.now() - last.at < silenceMs) return;
    last = { text, at: Date.now() };
    out.line(text);
  };
}

function tellJournal(standing: Standing, told: Map<number, string>, out: Output): void {
  standing.journal.forEach((entry, index) => {
    if (entry.state === 'running' || entry.state === 'waiting') return;
    const line = journalLine(entry, out.paint);
    if (told.get(index) === line) return;
    told.set(index, line);
    out.line(line);
  });
}

function statusLine(standing: Standing | undefined, progress: string): string {
  const running = standing?.journal.findLast((entry: JournalEntry) => entry.state === 'running');
  if (!running) return '';
  const text = `… ${running.title}${progress === '' ? '' : `: ${progress}`}`;
  return text.slice(0, (process.stdout.columns || 100) - 1);
}

function end(standing: Standing, handle: WorkflowHandle, out: Output): ExitStatus {
  const { report } = standing;
  const text = report ? reportText(report, out.paint) : `ended: ${standing.status}`;
  out.result(text, { workflowId: handle.workflowId, standing });
  return standing.status === 'done' ? exitStatus.done : exitStatus.failed;
}

/** The worker is gone but the run is closed: its result is in Temporal's own record. */
async function endWithoutWorker(handle: WorkflowHandle, out: Output): Promise<ExitStatus> {
  const report = await readResult(handle);
  if (!report) throw new CliError('Failed', `${handle.workflowId} ended without a report`);
  out.result(reportText(report, out.paint), { workflowId: handle.workflowId, report });
  return report.status === 'done' ? exitStatus.done : exitStatus.failed;
}
