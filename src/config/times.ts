/** The parts of runbook.yaml about time: durations, and when Temporal starts a run by itself. */
import { msToNumber } from '@temporalio/common/lib/time';
import type { Duration } from '@temporalio/common';
import { z } from 'zod';
import { readCron } from '../contract/cron';

/** A duration such as `15 minutes`; parsed to seconds. */
export const duration = z.union([z.string(), z.number()]).transform((value, context) => {
  const milliseconds = toMilliseconds(value);
  if (Number.isFinite(milliseconds) && milliseconds > 0) return milliseconds / 1000;
  context.addIssue({
    code: 'custom',
    message: `"${String(value)}" is no duration: write for example "15 minutes"`,
  });
  return z.NEVER;
});

/** The same with what holds when it is left out. */
export const seconds = (fallback: string) => duration.prefault(fallback);

function toMilliseconds(value: string | number): number {
  if (typeof value === 'number') return value * 1000;
  try {
    return msToNumber(value as Duration);
  } catch {
    return Number.NaN;
  }
}

/** A clock that Temporal's server knows: it takes names as the time zone database spells them. */
const timezone = z.string().superRefine((name, context) => {
  const known = [...Intl.supportedValuesOf('timeZone'), 'UTC'];
  const meant = known.find((one) => one.toLowerCase() === name.toLowerCase());
  if (meant === name || (meant === undefined && isTimezone(name))) return;
  const instead = meant ?? 'UTC" or "Europe/Berlin';
  context.addIssue({
    code: 'custom',
    message: `"${name}" is no time zone: write for example "${instead}"`,
  });
});

/** Older names, such as `US/Pacific`, are not listed but taken; an offset is no name. */
function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).format();
    return /^[A-Z]/.test(name);
  } catch {
    return false;
  }
}

const day = 86_400;

/** When Temporal starts a run by itself. */
export const schedule = z.strictObject({
  cron: z.string().superRefine((text, context) => {
    const problem = readCron(text);
    if (typeof problem !== 'string') return;
    context.addIssue({ code: 'custom', message: `"${text}" ${problem}` });
  }),
  timezone: timezone.default('UTC'),
  jitter: duration.optional(),
  catchup: seconds('1 hour').refine((late) => late >= 10 && late <= 31 * day, {
    message: 'is between 10 seconds (Temporal takes no less) and 31 days',
  }),
});
