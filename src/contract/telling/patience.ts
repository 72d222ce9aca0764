/**
 * How long apart the tries of one message are, and when a gate is told again. Pure: durations in
 * seconds.
 */

/** One stretch of tries, which Temporal repeats by itself: the first pause doubles up to the longest. */
export interface Stretch {
  readonly firstPause: number;
  readonly longestPause: number;
  /** How long the stretch lasts, at most. */
  readonly lasts: number;
  /** How many tries there are, at most. */
  readonly attempts?: number;
}

const quarter = 15 * 60;
const day = 86_400;

/**
 * The stretches of a message that nobody takes. After each of them the run knows, and shows, who has
 * not taken it: soon at first, then once a day, so that its history stays short.
 */
export function stretch(
  index: number,
  { retryAfter, attempts }: { readonly retryAfter: number; readonly attempts: number },
): Stretch {
  const longestPause = Math.min(quarter, 180 * retryAfter);
  if (index === 0) return { firstPause: retryAfter, longestPause, lasts: 60, attempts };
  const firstPause = Math.min(longestPause, 6 * retryAfter * 5 ** (index - 1));
  return { firstPause, longestPause, lasts: [quarter, 4 * 3600][index - 1] ?? day };
}

/** When a gate that waits is told again. */
export interface Reminding {
  readonly after: number;
  readonly beforeEnd: number;
  readonly appStopped: number;
}

/** Two reminders are no closer than a minute, or a twentieth of a short gate. */
const apart = (gateSeconds: number): number => Math.min(60, gateSeconds / 20);

/** Times since the gate was opened at which it is told again, in order. */
export function remindersOf(gateSeconds: number, { after, beforeEnd }: Reminding): number[] {
  const wanted = [after, gateSeconds / 2, gateSeconds - beforeEnd]
    .filter((at) => at > 0 && at < gateSeconds)
    .sort((a, b) => a - b);
  const kept: number[] = [];
  for (const at of wanted) if (at - (kept.at(-1) ?? -Infinity) >= apart(gateSeconds)) kept.push(at);
  return kept;
}

/** After so many reminders that an app is stopped, people have heard: then every hour. */
const often = 192;

/**
 * The next time a gate is told again, after `now`; undefined: not any more. Both are seconds since
 * it was opened; `given` is how many reminders there were.
 */
export function nextReminder(
  {
    gateSeconds,
    now,
    given,
  }: { readonly gateSeconds: number; readonly now: number; readonly given: number },
  isAppStopped: boolean,
  reminding: Reminding,
): number | undefined {
  const regular = remindersOf(gateSeconds, reminding).find((at) => at > now);
  if (!isAppStopped) return regular;
  const pause = given < often ? reminding.appStopped : Math.max(3600, reminding.appStopped);
  const soon = (Math.floor(now / pause) + 1) * pause;
  const next = Math.min(soon, regular ?? Infinity);
  return next < gateSeconds ? next : undefined;
}
