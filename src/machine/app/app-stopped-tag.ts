/**
 * The tag on an instance whose app a run has stopped: since when, for how long at most, and by which
 * run. Told by `runbook watch` also while Temporal is down. Pure.
 */

/** What the tag says. */
export interface AppStoppedMark {
  /** ISO 8601. */
  readonly since: string;
  readonly budgetSeconds: number;
  readonly by: string;
}

/** The value of the tag: `2026-11-24T03:10:00.000Z 1800 backup-prod`; EC2 holds 256 characters. */
export function appStoppedTag({ since, budgetSeconds, by }: AppStoppedMark): string {
  return `${since} ${String(Math.ceil(budgetSeconds))} ${by}`.slice(0, 255);
}

/** Reads it; undefined for what somebody else wrote there. */
export function parseAppStoppedTag(value: string): AppStoppedMark | undefined {
  const [, since = '', seconds = '', by = ''] = /^(\S{20,30}) (\d{1,9}) (.*)$/.exec(value) ?? [];
  if (Number.isNaN(Date.parse(since))) return undefined;
  return { since, budgetSeconds: Number(seconds), by };
}
