/** One line of the doctor's findings. */
import { messageOf } from '../exit-status';
import type { Paint } from '../output';

export interface Finding {
  readonly level: 'ok' | 'warn' | 'FAIL';
  readonly what: string;
  /** What a person should do; absent when all is well. */
  readonly todo?: string;
}

/** Runs one check; an error is a finding too, never the end of the examination. */
export async function check(
  what: string,
  todo: string,
  look: () => Promise<Finding | string>,
): Promise<Finding> {
  try {
    const found = await look();
    return typeof found === 'string' ? { level: 'ok', what: `${what}: ${found}` } : found;
  } catch (error) {
    return { level: 'FAIL', what: `${what}: ${messageOf(error)}`, todo };
  }
}

/** `ok    what`, `warn  what  → what to do`. */
export function findingText({ level, what, todo }: Finding, paint: Paint): string {
  const color = { ok: paint.good, warn: paint.warn, FAIL: paint.bad }[level];
  return `${color(level.padEnd(4))}  ${what}${todo === undefined ? '' : `  → ${todo}`}`;
}
