/** The schedules that the configuration asks for, as Temporal is asked for them. */
import type { ScheduleDescription, ScheduleOptions } from '@temporalio/client';
import type { Config } from '../../config';
import { cronText, readCron } from '../../contract/cron';

type StartWorkflow = ScheduleOptions['action'];

/** A schedule as configured. */
export interface Wanted extends ScheduleOptions {
  readonly installation: string;
  readonly action: StartWorkflow & { readonly workflowId: string };
}

const maker = 'runbook schedules apply';

/**
 * The id of an installation's schedule. The task queue is part of it, as it is of a claim's: names
 * of installations mean something only to the workers that share a configuration.
 */
function scheduleId(installation: string, taskQueue: string): string {
  return `backup-${installation}@${taskQueue}`;
}

/** The installation whose schedule this is; undefined for a schedule that we did not make. */
export function installationOf(
  { scheduleId: id, memo }: Pick<ScheduleDescription, 'scheduleId' | 'memo'>,
  taskQueue: string,
): string | undefined {
  const { madeBy, installation } = memo ?? {};
  if (madeBy !== maker || typeof installation !== 'string') return undefined;
  return id === scheduleId(installation, taskQueue) ? installation : undefined;
}

/** One schedule for each installation that has one in the configuration. */
export function wantedSchedules(config: Config, taskQueue: string): readonly Wanted[] {
  return Object.entries(config.installations).flatMap(([installation, { schedule }]) => {
    if (schedule === undefined) return [];
    const { timezone, consistency, jitter, catchup } = schedule;
    const id = scheduleId(installation, taskQueue);
    return [
      {
        installation,
        scheduleId: id,
        spec: {
          cronExpressions: [cronOf(schedule.cron)],
          timezone,
          ...(jitter === undefined ? {} : { jitter: Math.round(jitter * 1000) }),
        },
        action: {
          type: 'startWorkflow',
          workflowType: 'backup',
          taskQueue,
          // Temporal adds the time. Another queue's run of the same name must not be in its way.
          workflowId: `backup-${installation}-scheduled@${taskQueue}`,
          args: [{ installation, consistency, unattended: true }],
          staticSummary: `Started by schedule ${id}`,
        },
        policies: {
          overlap: 'SKIP',
          catchupWindow: Math.round(catchup * 1000),
          // One bad night must not end all the backups after it.
          pauseOnFailure: false,
        },
        memo: { madeBy: maker, installation, taskQueue },
      },
    ];
  });
}

/** The expression in plain figures, and as a comment, which the UI shows, the way it was written. */
function cronOf(text: string): string {
  const cron = readCron(text);
  if (typeof cron === 'string') throw new Error(`"${text}" ${cron}`);
  return `${cronText(cron)} # ${text.trim()}`;
}
