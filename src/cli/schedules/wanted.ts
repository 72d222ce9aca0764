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

/** What a schedule starts. */
type Scheduled = 'backup' | 'drill';
const scheduled: readonly Scheduled[] = ['backup', 'drill'];

/**
 * The id of an installation's schedule. The task queue is part of it, as it is of a claim's: names
 * of installations mean something only to the workers that share a configuration.
 */
function scheduleId(runbook: Scheduled, installation: string, taskQueue: string): string {
  return `${runbook}-${installation}@${taskQueue}`;
}

/** The installation whose schedule this is; undefined for a schedule that we did not make. */
export function installationOf(
  { scheduleId: id, memo }: Pick<ScheduleDescription, 'scheduleId' | 'memo'>,
  taskQueue: string,
): string | undefined {
  const { madeBy, installation } = memo ?? {};
  if (madeBy !== maker || typeof installation !== 'string') return undefined;
  const ids = scheduled.map((runbook) => scheduleId(runbook, installation, taskQueue));
  return ids.includes(id) ? installation : undefined;
}

/** The schedules of each installation that has some in the configuration. */
export function wantedSchedules(config: Config, taskQueue: string): readonly Wanted[] {
  return Object.entries(config.installations).flatMap(([installation, { schedule, drill }]) => {
    const place = { installation, taskQueue };
    const backups =
      schedule &&
      wantedSchedule('backup', schedule, {
        ...place,
        input: { consistency: schedule.consistency },
      });
    const drills = drill?.schedule && wantedSchedule('drill', drill.schedule, place);
    return [backups, drills].filter((one) => one !== undefined);
  });
}

/** When it comes, as both kinds of schedules are configured. */
type Times = NonNullable<NonNullable<Config['installations'][string]['drill']>['schedule']>;

function wantedSchedule(
  runbook: Scheduled,
  { cron, timezone, jitter, catchup }: Times,
  {
    installation,
    taskQueue,
    input = {},
  }: { readonly installation: string; readonly taskQueue: string; readonly input?: object },
): Wanted {
  const id = scheduleId(runbook, installation, taskQueue);
  return {
    installation,
    scheduleId: id,
    spec: {
      cronExpressions: [cronOf(cron)],
      timezone,
      ...(jitter === undefined ? {} : { jitter: Math.round(jitter * 1000) }),
    },
    action: {
      type: 'startWorkflow',
      workflowType: runbook,
      taskQueue,
      // Temporal adds the time. Another queue's run of the same name must not be in its way.
      workflowId: `${runbook}-${installation}-scheduled@${taskQueue}`,
      args: [{ installation, ...input, unattended: true }],
      staticSummary: `Started by schedule ${id}`,
    },
    policies: {
      overlap: 'SKIP',
      catchupWindow: Math.round(catchup * 1000),
      // One bad night must not end all those after it.
      pauseOnFailure: false,
    },
    memo: { madeBy: maker, installation, taskQueue },
  };
}

/** The expression in plain figures, and as a comment, which the UI shows, the way it was written. */
function cronOf(text: string): string {
  const cron = readCron(text);
  if (typeof cron === 'string') throw new Error(`"${text}" ${cron}`);
  return `${cronText(cron)} # ${text.trim()}`;
}
