/** Text from outside, made safe to look at. */

// Control characters, and those that change how others are shown: directions, widths, line ends.
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;

/** Whether every character of the text shows as itself, in one line. */
export function isPrintable(value: string): boolean {
  return value.search(unseen) === -1;
}

/** The text in one line, in which what would not show as itself is written as `\u{1b}`. */
export function printable(value: string): string {
  return value.replace(unseen, (one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The same over several lines: line breaks stay. */
export function visible(value: string): string {
  return value.split('\n').map(printable).join('\n');
}

/** JSON of the same value, in which what would not show as itself is escaped as JSON does it. */
export function printableJson(value: unknown): string {
  const escaped = (one: string): string =>
    one
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('');
  return JSON.stringify(value).replace(unseen, escaped);
}
