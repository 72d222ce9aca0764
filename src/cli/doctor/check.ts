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

const denied = 'add it to the role of the worker: docs/operate/permissions.md has the policy';

/** Asks by a dry run; what is denied is a finding that says what to do. */
export function ask(what: string, answer: () => Promise<boolean>): Promise<Finding> {
  return check(`${what} (dry run)`, denied, async () => {
    if (await answer()) return 'permitted';
    return { level: 'FAIL', what: `${what} is denied`, todo: denied };
  });
}
