/** Lengths of time and moments, in the words of a person. */

const units = [
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const;
const day = 86_400;

/** `42 s`, `3 h 5 min`, `26 h`, `3 days 4 h`: the two largest parts that are not nothing. */
export function span(seconds: number): string {
  const whole = Math.floor(Math.max(0, seconds));
  // "26 h" of a limit of "26 h" is read at a glance; of more than two days only days are.
  const days = whole >= 2 * day ? Math.floor(whole / day) : 0;
  const parts = days > 0 ? [`${String(days)} days`] : [];
  let rest = whole - days * day;
  for (const [size, name] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${String(count)} ${name}`);
  }
  return parts.slice(0, 2).join(' ') || '0 s';
}

/** `2026-11-24T13:59:11.000Z` → `2026-11-24 13:59 UTC`. */
export function moment(iso: string): string {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return `at an unreadable time (${iso})`;
  const utc = new Date(at).toISOString();
  return `${utc.slice(0, 10)} ${utc.slice(11, 16)} UTC`;
}
