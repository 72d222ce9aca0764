/** The doctor's look at the scheduled backups: whether they are as configured, and do come. */
import type { Config } from '../../config';
import { difference } from '../schedules/difference';
import { readSchedules } from '../schedules/in-temporal';
import { describeSchedule, type ScheduleStanding, type StartedRun } from '../schedules/standing';
import { wantedSchedules } from '../schedules/wanted';
import { taskQueue } from '../temporal/connect';
import type { Temporal } from '../temporal/connect';
import { messageOf } from '../exit-status';
import type { Finding } from './check';

/** Nothing where no schedule is configured and none is there. */
export async function examineSchedules(
  temporal: Temporal,
  config: Config,
): Promise<readonly Finding[]> {
  try {
    const queue = taskQueue(process.env);
    const wanted = wantedSchedules(config, queue);
    const found = await readSchedules(temporal, queue, wanted);
    const { changes, foreign } = difference(wanted, found, queue);
    const names = [...changes.map(({ scheduleId }) => scheduleId), ...foreign];
    const standings = await Promise.all(found.map((one) => describeSchedule(temporal, one)));
    return [
      ...names.map((name) => differs(name)),
      ...standings
        .filter(({ scheduleId }) => !names.includes(scheduleId))
        .map((one) => examineStanding(one)),
    ];
  } catch (error) {
    return [{ level: 'FAIL', what: `schedules: ${messageOf(error)}` }];
  }
}

function differs(name: string): Finding {
  const what = `schedule ${name} is not as the configuration says`;
  return { level: 'warn', what, todo: '`runbook schedules apply --dry-run` shows the difference' };
}

function examineStanding({
  scheduleId,
  when,
  paused,
  note,
  next,
  last,
}: ScheduleStanding): Finding {
  const what = `schedule ${scheduleId}`;
  if (paused) {
    const todo = `temporal schedule toggle --unpause --schedule-id ${scheduleId}`;
    return { level: 'warn', what: `${what} is paused: ${note || 'without a note'}`, todo };
  }
  const [newest] = last;
  if (newest !== undefined && !isFine(newest)) {
    const todo = `runbook status ${newest.workflowId}`;
    const since = `of ${newest.startedAt} is ${newest.status}`;
    return { level: 'warn', what: `${what}: the run ${since}`, todo };
  }
  return { level: 'ok', what: `${what}: ${when}, next ${next[0] ?? 'never'}` };
}

const dayMs = 86_400_000;

/** A run that is open for a day, because no worker takes it up, keeps the next ones from starting. */
function isFine({ status, startedAt }: StartedRun): boolean {
  return status === 'done' || (status === 'running' && Date.now() - Date.parse(startedAt) < dayMs);
}
