/** Where a schedule stands: its next times, its last runs, and what keeps it from starting one. */
import type { ScheduleDescription } from '@temporalio/client';
import { isClosed } from '../../contract/run-status';
import type { Paint } from '../output';
import type { Temporal } from '../temporal/connect';
import { termsFound, whenText } from './terms';

/** A run that the schedule has started. */
export interface StartedRun {
  readonly workflowId: string;
  readonly startedAt: string;
  readonly status: string;
}

/** A schedule as `runbook schedules` tells it. */
export interface ScheduleStanding {
  readonly scheduleId: string;
  readonly when: string;
  readonly consistency: string;
  readonly paused: boolean;
  readonly note: string;
  readonly next: readonly string[];
  readonly last: readonly StartedRun[];
  /** Runs of the schedule that are open: as long as there is one, its times are skipped. */
  readonly open: readonly string[];
  readonly skipped: number;
  readonly missed: number;
}

const shown = 3;

/** Reads what the schedule has started. */
export async function describeSchedule(
  temporal: Temporal,
  schedule: ScheduleDescription,
): Promise<ScheduleStanding> {
  const { scheduleId, state, info } = schedule;
  const terms = termsFound(schedule);
  const recent = info.recentActions.slice(-shown).reverse();
  return {
    scheduleId,
    when: whenText(terms),
    consistency: terms['consistency'] ?? '',
    paused: state.paused,
    note: state.note ?? '',
    next: info.nextActionTimes.slice(0, shown).map((time) => time.toISOString()),
    last: await Promise.all(
      recent.map(async ({ takenAt, action: { workflow } }) => ({
        workflowId: workflow.workflowId,
        startedAt: takenAt.toISOString(),
        status: await statusOf(temporal, workflow.workflowId),
      })),
    ),
    open: info.runningActions.map(({ workflow }) => workflow.workflowId),
    skipped: info.numActionsSkippedOverlap,
    missed: info.numActionsMissedCatchupWindow,
  };
}

/** The run's own word for its end, or Temporal's where it has none. */
async function statusOf({ client }: Temporal, workflowId: string): Promise<string> {
  try {
    const { status, typedSearchAttributes } = await client.workflow
      .getHandle(workflowId)
      .describe();
    const own = typedSearchAttributes.getAll().find(({ key }) => key.name === 'RunbookStatus');
    const word = own === undefined ? '' : String(own.value);
    // A run that was terminated could not say so.
    const isStale = isClosed(status.name) && /^(running|waiting)$/.test(word);
    return word === '' || isStale ? status.name.toLowerCase() : word;
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return 'forgotten';
    throw error;
  }
}

/** A schedule as a block of lines. */
export function scheduleText(one: ScheduleStanding, paint: Paint): string {
  const { paused, note, next, last, open, skipped, missed } = one;
  const state = paused ? paint.warn(`paused${note === '' ? '' : `: ${note}`}`) : 'active';
  const lost = [
    ...(skipped > 0 ? [`${String(skipped)} because a run of it was open`] : []),
    ...(missed > 0 ? [`${String(missed)} because Temporal was down for longer than catchup`] : []),
  ];
  return [
    `${paint.bold(one.scheduleId)}  ${one.when}  ${one.consistency}  ${state}`,
    ...(paused ? [] : [`  next     ${next.join(', ') || 'never'}`]),
    ...last.map(
      ({ startedAt, status, workflowId }, index) =>
        `  ${index === 0 ? 'last' : '    '}     ${startedAt}  ${status}  ${workflowId}`,
    ),
    ...(last.length === 0 ? ['  last     none yet'] : []),
    ...(open.length > 0 ? [`  open     ${open.join(', ')}`] : []),
    ...(lost.length > 0 ? [`  skipped  ${lost.join('; ')}`] : []),
  ].join('\n');
}
