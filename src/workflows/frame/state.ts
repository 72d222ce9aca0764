/**
 * What a run knows of itself: status, journal, open gate and findings. Published on the run's
 * *User Metadata* page and by the query `standing` after every change.
 */
import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { EntryState, JournalEntry, OpenGate, RunStatus } from '../../contract/journal';
import { standingMarkdown } from '../../contract/report-markdown';
import type { Report, RunbookName, Standing } from '../../contract/reports';
import type { AppStopped } from '../../contract/telling/telling';
import { runbookInstallation, runbookStatus, runbookStep } from '../../contract/search-attributes';

/** What the steps found out; becomes part of the report. */
export interface Findings {
  /** What a run that takes the machine up again must be asked as well. */
  request: { readonly region?: string | undefined; readonly builds?: readonly string[] };
  imageId?: Report['imageId'];
  instanceId?: Report['instanceId'];
  record?: Report['record'];
  checks?: Report['checks'];
  verdict?: Report['verdict'];
  /** An app that this run has stopped and not yet started again. */
  appStopped?: AppStopped | undefined;
  builds?: Report['builds'];
  buildsAtBackup?: Report['buildsAtBackup'];
  readonly notes: string[];
  /** What becomes of the machine when the run is cancelled. */
  whenCancelled: string;
  /** What each line of the runbook would do, for the list of what is left. */
  changes: readonly { readonly step: string; readonly change: string }[];
}

/** Workflow time as ISO 8601; the SDK makes it deterministic. */
export function now(): string {
  return new Date().toISOString();
}

/** The state of one run. */
export class RunState {
  readonly startedAt = now();
  readonly journal: JournalEntry[] = [];
  readonly findings: Findings = {
    request: {},
    notes: [],
    changes: [],
    whenCancelled: 'the machine is left as it is',
  };
  status: RunStatus = 'running';
  gate: OpenGate | undefined;
  report: Report | undefined;
  #published: RunStatus | undefined;
  #isToShow = false;

  constructor(
    readonly runbook: RunbookName,
    readonly installation: string,
  ) {}

  /** Opens a line of the journal. */
  open(kind: JournalEntry['kind'], title: string, state: EntryState): JournalEntry {
    const entry: JournalEntry = { kind, title, state, startedAt: now() };
    this.journal.push(entry);
    this.publish();
    return entry;
  }

  /** Ends a line of the journal, or corrects one that stands open. */
  close(entry: JournalEntry, state: EntryState, more: Partial<JournalEntry> = {}): void {
    Object.assign(entry, more, { state, endedAt: now() });
    this.publish();
  }

  standing(): Standing {
    const lines = this.journal.filter((entry) => entry.kind !== 'message');
    return {
      runbook: this.runbook,
      installation: this.installation,
      status: this.status,
      step: lines.at(-1)?.title ?? '',
      gate: this.gate,
      imageId: this.findings.imageId,
      instanceId: this.findings.instanceId,
      journal: this.journal,
      report: this.report,
    };
  }

  publish(): void {
    if (this.status === 'running' || this.status === 'waiting') {
      this.status = this.gate ? 'waiting' : 'running';
    }
    this.#showSoon();
    // One event for each change of status, not for each step: the timeline stays readable.
    if (this.status !== this.#published) {
      this.#published = this.status;
      upsertSearchAttributes([
        { key: runbookInstallation, value: this.installation },
        { key: runbookStatus, value: this.status },
        { key: runbookStep, value: this.standing().step },
      ]);
    }
  }

  /**
   * Writes the page once for all that happens at the same moment: a flood of messages would else write
   * the whole journal for each of them, and hold up the run.
   */
  #showSoon(): void {
    if (this.#isToShow) return;
    this.#isToShow = true;
    void Promise.resolve().then(() => {
      this.#isToShow = false;
      setCurrentDetails(standingMarkdown(this.standing()));
    });
  }

  makeReport(summary: string): Report {
    const { workflowId, runId } = workflowInfo();
    const { notes, imageId, instanceId, record, checks, verdict, builds, buildsAtBackup } =
      this.findings;
    return {
      runbook: this.runbook,
      installation: this.installation,
      workflowId,
      runId,
      status: this.status,
      startedAt: this.startedAt,
      endedAt: now(),
      summary,
      notes,
      leftToDo: this.leftToDo(),
      imageId,
      instanceId,
      record,
      checks,
      verdict,
      builds,
      buildsAtBackup,
      journal: this.journal,
    };
  }

  /** Every line of the runbook that was not done, with what it would change. */
  private leftToDo(): string[] {
    // The last word on a line counts: one that stood for settled may have proved false.
    const last = new Map(this.journal.map(({ title, state }) => [title, state]));
    const isSettled = (title: string): boolean =>
      ['done', 'not needed', 'approved'].includes(last.get(title) ?? '');
    const left = this.findings.changes
      .filter(({ step }) => !isSettled(step))
      .map(({ step, change }) => `${step}: ${change}`);
    const { instanceId } = this.findings;
    if (left.length > 0 && this.runbook === 'restore' && instanceId) {
      const { region, builds } = this.findings.request;
      const request = JSON.stringify({
        installation: this.installation,
        instance: instanceId,
        ...(region === undefined ? {} : { region }),
        ...(builds && builds.length > 0 ? { builds } : {}),
      });
      left.push(`To let the runbook do what is left on this machine: restore ${request}`);
    }
    const failed = this.findings.builds?.filter(({ outcome }) => outcome === 'failed') ?? [];
    if (failed.length > 0) {
      const again = { installation: this.installation, builds: failed.map(({ url }) => url) };
      left.push(`Delete abnormal build records: cleanUpBuilds ${JSON.stringify(again)}`);
    }
    return left;
  }
}
