/** `runbook schedules`: the backups and drills that Temporal starts by itself, and making them as configured. */
import { taskQueue, withTemporal } from '../temporal/connect';
import type { Temporal } from '../temporal/connect';
import type { Call } from '../command-row';
import { commandRow } from '../command-row';
import { readConfig } from '../configured';
import type { ExitStatus } from '../exit-status';
import { CliError, exitStatus } from '../exit-status';
import { changeText, difference, staysText, type Change } from '../schedules/difference';
import { carryOut, readSchedule, readSchedules } from '../schedules/in-temporal';
import { describeSchedule, scheduleText } from '../schedules/standing';
import { wantedSchedules } from '../schedules/wanted';

interface SchedulesOptions {
  readonly dryRun?: boolean;
  readonly delete?: boolean;
}

export const schedules = commandRow<SchedulesOptions>({
  usage: 'schedules [apply]',
  summary: 'list the scheduled backups and drills; `apply` makes them as the configuration says',
  options: [
    ['--dry-run', 'with apply: show what would be changed, change nothing'],
    ['--delete', 'with apply: also delete schedules that are not in the configuration any more'],
  ],
  example: [
    'runbook schedules',
    'runbook schedules apply --dry-run',
    'runbook schedules apply',
    'runbook schedules apply --delete',
  ].join('\n'),
  run: async (call) => {
    const { args, options } = call;
    if (args[0] === 'apply') return await apply(call);
    if (args[0] !== undefined || options.dryRun === true || options.delete === true) {
      const forms = '`schedules`, or `schedules apply [--dry-run] [--delete]`';
      throw new CliError('WrongUsage', `write ${forms}`);
    }
    return await list(call);
  },
});

async function list({ out }: Call<SchedulesOptions>): Promise<ExitStatus> {
  const queue = taskQueue(process.env);
  return await withTemporal(async (temporal) => {
    const found = await readSchedules(temporal, queue);
    const described = await Promise.all(found.map((one) => describeSchedule(temporal, one)));
    const none = `Task queue ${queue} has no schedule. \`runbook schedules apply\` makes what the configuration says.`;
    const text = described.map((one) => scheduleText(one, out.paint)).join('\n\n');
    out.result(text === '' ? none : text, { schedules: described });
    return exitStatus.done;
  });
}

async function apply({ options, out }: Call<SchedulesOptions>): Promise<ExitStatus> {
  const queue = taskQueue(process.env);
  const wanted = wantedSchedules(await readConfig(), queue);
  return await withTemporal(async (temporal) => {
    const found = await readSchedules(temporal, queue, wanted);
    const { changes, foreign } = difference(wanted, found, queue);
    if (foreign.length > 0) {
      throw new CliError(
        'Failed',
        `Nothing was changed. There is already a schedule ${foreign.join(', ')}, which runbook did ` +
          'not make and does not touch. Delete it, or rename the installation.',
      );
    }
    const dryRun = options.dryRun === true;
    // The file may be another one, or lack an installation for an hour: that deletes nothing.
    const mayDelete = options.delete === true;
    const wantedChanges = changes.filter(({ action }) => mayDelete || action !== 'delete');
    const notDeleted = changes.filter((change) => !wantedChanges.includes(change));
    for (const change of wantedChanges) {
      out.line(changeText(change));
      if (dryRun) continue;
      await carryOut(temporal, change, wanted);
      if (change.action !== 'delete') out.line(await nextText(temporal, change));
    }
    for (const change of notDeleted) out.line(staysText(change));
    const text = applied(wantedChanges.length, dryRun);
    out.result(text, { dryRun, changes: wantedChanges, notDeleted });
    return exitStatus.done;
  });
}

function applied(changed: number, dryRun: boolean): string {
  if (changed === 0) return 'nothing to change';
  const count = `${String(changed)} schedule(s)`;
  return dryRun ? `Dry run: ${count} would be changed.` : `${count} changed.`;
}

/** The surest way to see that an expression does not say what was meant. */
async function nextText(temporal: Temporal, { scheduleId }: Change): Promise<string> {
  const made = await readSchedule(temporal, scheduleId);
  const [next] = made?.info.nextActionTimes ?? [];
  const paused = made?.state.paused === true ? ', but it is paused, and stays so' : '';
  return `          next: ${next?.toISOString() ?? 'never'}${paused}`;
}
