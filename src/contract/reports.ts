/** What a run gives back: its standing while it is open, its report at the end. */
import type { BackupRecord } from '../machine/backups/backup-record';
import type { BuildsAtBackup } from '../machine/app/running-builds';
import type { JournalEntry, OpenGate, RunStatus } from './journal';

/** Every runbook, by its workflow type. */
export const runbookNames = [
  'backup',
  'restore',
  'cleanUpBuilds',
  'prune',
  'refreshSpare',
  'drill',
] as const;
export type RunbookName = (typeof runbookNames)[number];

/** One check of the restored app. */
export interface HealthCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly seen: string;
}

/** What became of one build record. */
export interface BuildOutcome {
  readonly url: string;
  readonly outcome: 'deleted' | 'failed';
  readonly said: string;
}

/** What a drill proved. */
export interface DrillVerdict {
  readonly outcome: 'passed' | 'failed' | 'none';
  /** Why it is not `passed`. */
  readonly why: string;
}

/** What a finished run leaves behind, the same for every end. */
export interface Report {
  readonly runbook: RunbookName;
  readonly installation: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly status: RunStatus;
  readonly startedAt: string;
  readonly endedAt: string;
  /** One sentence: what came out. */
  readonly summary: string;
  /** Facts and warnings worth a person's attention, one line each. */
  readonly notes: readonly string[];
  /** What a person still has to do, one line each; with commands where there are any. */
  readonly leftToDo: readonly string[];
  readonly imageId?: string;
  readonly instanceId?: string;
  readonly record?: BackupRecord;
  readonly checks?: readonly HealthCheck[];
  /** What a drill says of its backup; `none` when it says nothing of it. */
  readonly verdict?: DrillVerdict;
  readonly builds?: readonly BuildOutcome[];
  /** What ran when a backup began: the evidence for a clean-up after a restore. */
  readonly buildsAtBackup?: BuildsAtBackup;
  readonly journal: readonly JournalEntry[];
}

/** The answer of the query `standing`. */
export interface Standing {
  readonly runbook: RunbookName;
  readonly installation: string;
  readonly status: RunStatus;
  /** The line of the runbook that is under way. */
  readonly step: string;
  readonly gate?: OpenGate;
  readonly imageId?: string;
  readonly instanceId?: string;
  readonly journal: readonly JournalEntry[];
  readonly report?: Report;
}
