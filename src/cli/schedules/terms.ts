/** A schedule as a flat list of terms, by which what is and what should be are compared. */
import type { ScheduleDescription } from '@temporalio/client';
import { cronText, type CronFields } from '../../contract/cron';
import type { Wanted } from './wanted';

/** What a schedule says, each term with its value as a person reads it. */
export type Terms = Readonly<Record<string, string>>;

type Calendar = NonNullable<ScheduleDescription['spec']['calendars']>[number];

const months =
  'JANUARY FEBRUARY MARCH APRIL MAY JUNE JULY AUGUST SEPTEMBER OCTOBER NOVEMBER DECEMBER';
const days = 'SUNDAY MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY';

/** What the configuration asks for. */
export function termsWanted({ spec, action, policies }: Wanted): Terms {
  const [cron = ''] = spec.cronExpressions ?? [];
  return {
    cron: cron.replace(/ #.*/, ''),
    timezone: spec.timezone ?? 'UTC',
    jitter: timeText(Number(spec.jitter ?? 0)),
    catchup: timeText(Number(policies?.catchupWindow ?? 0)),
    ...inputTerms(action.args),
    ...actionTerms(action),
    overlap: policies?.overlap ?? '',
    'pause on failure': String(policies?.pauseOnFailure === true),
    'other times': 'none',
    'actions left': 'unlimited',
  };
}

/** What Temporal has. Whether it is paused is no term: that is for a person to say. */
export function termsFound({ spec, action, policies, state }: ScheduleDescription): Terms {
  return {
    cron: (spec.calendars ?? []).map(calendarText).join(' and '),
    timezone: spec.timezone === undefined || spec.timezone === '' ? 'UTC' : spec.timezone,
    jitter: timeText(spec.jitter ?? 0),
    catchup: timeText(policies.catchupWindow),
    ...inputTerms(action.args),
    ...actionTerms(action),
    overlap: policies.overlap ?? '',
    'pause on failure': String(policies.pauseOnFailure),
    'other times': otherTimes(spec),
    'actions left':
      state.remainingActions === undefined ? 'unlimited' : String(state.remainingActions),
  };
}

/** When the schedule comes, in one line. */
export function whenText({ cron, timezone, jitter }: Terms): string {
  const spread = jitter === 'none' ? '' : `, up to ${jitter ?? ''} later`;
  return `${cron ?? ''} ${timezone ?? ''}${spread}`;
}

function inputTerms(args: readonly unknown[] | undefined): Terms {
  const [input, ...more] = args ?? [];
  if (typeof input !== 'object' || input === null || more.length > 0) {
    return { input: JSON.stringify(args ?? []) };
  }
  const terms = Object.entries(input).map(([key, value]) => [key, wordOf(value)]);
  return Object.fromEntries(terms) as Terms;
}

function wordOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function actionTerms(
  action: Pick<ScheduleDescription['action'], 'taskQueue' | 'workflowId' | 'staticSummary'> & {
    readonly workflowType: unknown;
  },
): Terms {
  return {
    workflow: wordOf(action.workflowType),
    'task queue': action.taskQueue,
    'workflow id': action.workflowId,
    summary: action.staticSummary ?? '',
  };
}

function calendarText(calendar: Calendar): string {
  const text = cronText({
    minute: valuesOf(calendar.minute),
    hour: valuesOf(calendar.hour),
    dayOfMonth: valuesOf(calendar.dayOfMonth),
    month: valuesOf(calendar.month, { names: months, first: 1 }),
    dayOfWeek: valuesOf(calendar.dayOfWeek, { names: days, first: 0 }),
  } satisfies CronFields);
  const second = valuesOf(calendar.second).join(',');
  const year = valuesOf(calendar.year).join(',');
  return `${text}${second === '0' ? '' : ` at second ${second}`}${year === '' ? '' : ` in ${year}`}`;
}

interface Names {
  readonly names: string;
  readonly first: number;
}

function valuesOf(
  ranges: readonly {
    readonly start: number | string;
    readonly end: number | string;
    step: number;
  }[],
  { names, first }: Names = { names: '', first: 0 },
): readonly number[] {
  const order = names.split(' ');
  const number = (value: number | string): number =>
    typeof value === 'number' ? value : order.indexOf(value) + first;
  const values = new Set<number>();
  for (const { start, end, step } of ranges) {
    for (let value = number(start); value <= Math.max(number(start), number(end)); value += step) {
      values.add(value);
    }
  }
  return [...values].sort((a, b) => a - b);
}

/** What only a person can have added in Temporal: intervals, exceptions, a first and a last day. */
function otherTimes({ intervals, skip, startAt, endAt }: ScheduleDescription['spec']): string {
  const others = [intervals ?? [], skip ?? []].filter((list) => list.length > 0);
  const limits = [startAt, endAt].filter((date) => date !== undefined);
  return [...others, ...limits].length === 0 ? 'none' : JSON.stringify([...others, ...limits]);
}

function timeText(milliseconds: number): string {
  if (milliseconds === 0) return 'none';
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1000],
  ] as const;
  const [unit, size] = units.find(([, each]) => milliseconds % each === 0) ?? ['millisecond', 1];
  const count = milliseconds / size;
  return `${String(count)} ${unit}${count === 1 ? '' : 's'}`;
}
