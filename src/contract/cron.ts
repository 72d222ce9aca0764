/**
 * Cron expressions of five fields, as Temporal's schedules take them. They are read here, and not
 * only by the server, so that a mistake is told before anything is sent, and so that a schedule in
 * Temporal, which keeps no expression but ranges, can be compared with the configuration.
 */

/** The values that each field stands for, ascending. */
export interface CronFields {
  readonly minute: readonly number[];
  readonly hour: readonly number[];
  readonly dayOfMonth: readonly number[];
  readonly month: readonly number[];
  /** Sunday is 0. */
  readonly dayOfWeek: readonly number[];
}

interface Field {
  readonly key: keyof CronFields;
  readonly title: string;
  readonly min: number;
  readonly max: number;
  /** Names of the values, the first for `min`. */
  readonly names?: readonly string[];
}

const monthNames = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');
const dayNames = 'SUN MON TUE WED THU FRI SAT'.split(' ');

const fields: readonly Field[] = [
  { key: 'minute', title: 'minute', min: 0, max: 59 },
  { key: 'hour', title: 'hour', min: 0, max: 23 },
  { key: 'dayOfMonth', title: 'day of the month', min: 1, max: 31 },
  { key: 'month', title: 'month', min: 1, max: 12, names: monthNames },
  { key: 'dayOfWeek', title: 'day of the week', min: 0, max: 6, names: dayNames },
];

const shorthands: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** The days of each month in a leap year. */
const longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Reads an expression; gives what is wrong with it as a text. */
export function readCron(text: string): CronFields | string {
  const parts = (shorthands[text.trim()] ?? text).trim().split(/\s+/);
  if (parts.length !== fields.length) {
    return (
      'is no cron expression: write minute, hour, day of the month, month, day of the week, ' +
      `such as "30 2 * * *", or one of ${Object.keys(shorthands).join(', ')}`
    );
  }
  const read: Partial<Record<keyof CronFields, readonly number[]>> = {};
  for (const [index, field] of fields.entries()) {
    const values = valuesOf(parts[index] ?? '', field);
    if (typeof values === 'string') return values;
    read[field.key] = values;
  }
  const cron = read as CronFields;
  const [firstDay = 1] = cron.dayOfMonth;
  const comes = cron.month.some((month) => firstDay <= (longest[month - 1] ?? 0));
  return comes ? cron : 'never comes: none of its months has such a day';
}

/** The same times always give the same text, however they were written. */
export function cronText(cron: CronFields): string {
  return fields.map((field) => fieldText(cron[field.key], field)).join(' ');
}

function valuesOf(text: string, field: Field): readonly number[] | string {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const range = rangeOf(part, field);
    if (typeof range === 'string') return range;
    // Sunday may be written as 7.
    const seven = field.key === 'dayOfWeek' ? 7 : Number.POSITIVE_INFINITY;
    for (let value = range.start; value <= range.end; value += range.step) {
      values.add(value % seven);
    }
  }
  return [...values].sort((a, b) => a - b);
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** A star, `5`, `1-5` or `MON-FRI`, each also with a step: `8-18/2`. */
function rangeOf(part: string, field: Field): Range | string {
  const { title, min, max, names = [] } = field;
  const [, from = '', to, by] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part) ?? [];
  const highest = field.key === 'dayOfWeek' ? 7 : max;
  const number = (word: string): number => {
    const named = names.indexOf(word.toUpperCase());
    if (named >= 0) return min + named;
    return /^\d+$/.test(word) ? Number(word) : Number.NaN;
  };
  const start = from === '*' ? min : number(from);
  // `5/15` goes on to the end of the field, as Temporal reads it.
  const open = from === '*' || by !== undefined;
  const end = to === undefined ? (open ? max : start) : from === '*' ? Number.NaN : number(to);
  const step = by === undefined ? 1 : Number(by);
  if (start >= min && end <= highest && start <= end && step >= 1) return { start, end, step };
  const kinds = names.length > 0 ? ` or ${names[0] ?? ''}-${names.at(-1) ?? ''}` : '';
  return `has "${part}" as ${title}, which takes ${String(min)}-${String(max)}${kinds}`;
}

function fieldText(values: readonly number[], { min, max }: Field): string {
  const span = max - min + 1;
  if (values.length === span) return '*';
  const step = span / values.length;
  if (values.length > 1 && values.every((value, at) => value === min + at * step)) {
    return `*/${String(step)}`;
  }
  const runs: number[][] = [];
  for (const value of values) {
    const run = runs.at(-1);
    if (run?.at(-1) === value - 1) run.push(value);
    else runs.push([value]);
  }
  return runs
    .flatMap((run) =>
      run.length > 2 ? [`${String(run[0])}-${String(run.at(-1))}`] : run.map(String),
    )
    .join(',');
}
