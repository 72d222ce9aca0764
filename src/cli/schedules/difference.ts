/** What `apply` would do: pure, so that `--dry-run` and `doctor` say the same as it does. */
import type { ScheduleDescription } from '@temporalio/client';
import { termsFound, termsWanted, type Terms } from './terms';
import { installationOf, type Wanted } from './wanted';

/** A term that differs; `from` is absent where there was none, `to` where there is none any more. */
interface Field {
  readonly field: string;
  readonly from?: string;
  readonly to?: string;
}

/** One schedule that is not as configured. */
export interface Change {
  readonly action: 'create' | 'change' | 'delete';
  readonly scheduleId: string;
  readonly installation: string;
  readonly fields: readonly Field[];
}

/** What differs, and the schedules of other makers that bear a name of ours. */
export interface Difference {
  readonly changes: readonly Change[];
  readonly foreign: readonly string[];
}

/** Compares what is wanted with the schedules that Temporal has under any of our names. */
export function difference(
  wanted: readonly Wanted[],
  found: readonly ScheduleDescription[],
  taskQueue: string,
): Difference {
  const foreign: string[] = [];
  const changes: Change[] = [];
  for (const one of wanted) {
    const { scheduleId, installation } = one;
    const present = found.find((other) => other.scheduleId === scheduleId);
    if (present !== undefined && installationOf(present, taskQueue) === undefined) {
      foreign.push(scheduleId);
      continue;
    }
    const fields = fieldsOf(present ? termsFound(present) : {}, termsWanted(one));
    const action = present ? 'change' : 'create';
    if (fields.length > 0) changes.push({ action, scheduleId, installation, fields });
  }
  for (const one of found) {
    const { scheduleId } = one;
    const installation = installationOf(one, taskQueue);
    if (installation === undefined || wanted.some((other) => other.scheduleId === scheduleId)) {
      continue;
    }
    changes.push({
      action: 'delete',
      scheduleId,
      installation,
      fields: fieldsOf(termsFound(one), {}),
    });
  }
  return { changes, foreign };
}

/** What the configuration itself says of a schedule; the rest of a new one is always the same. */
const configured = ['cron', 'timezone', 'jitter', 'catchup', 'consistency'];

/** A change as text: a line for the schedule, a line for each term. */
export function changeText({ action, scheduleId, fields }: Change): string {
  if (action === 'delete') return `delete  ${scheduleId}: the configuration has no such schedule`;
  const told = action === 'create' ? fields.filter(({ field }) => isConfigured(field)) : fields;
  const width = Math.max(...told.map(({ field }) => field.length));
  const lines = told.map(({ field, from, to }) => {
    const values = action === 'create' ? (to ?? '') : `${from ?? 'none'} → ${to ?? 'none'}`;
    return `          ${field.padEnd(width)}  ${values}`;
  });
  return [`${action}  ${scheduleId}`, ...lines].join('\n');
}

/** A schedule that would be deleted, and how that is done. */
export function staysText({ scheduleId }: Change): string {
  return (
    `stays   ${scheduleId}: the configuration has no such schedule. It still starts runs; ` +
    '`runbook schedules apply --delete` deletes it'
  );
}

function isConfigured(field: string): boolean {
  return configured.includes(field);
}

function fieldsOf(from: Terms, to: Terms): readonly Field[] {
  const names = [...new Set([...Object.keys(to), ...Object.keys(from)])];
  return names
    .filter((field) => from[field] !== to[field])
    .map((field) => {
      const [before, after] = [from[field], to[field]];
      return {
        field,
        ...(before === undefined ? {} : { from: before }),
        ...(after === undefined ? {} : { to: after }),
      };
    });
}
