/** One line of the doctor's findings. */
import { detailOf } from '../../contract/aws-code';
import type { ObstacleAt } from '../../world/ssh/failures';
import { messageOf } from '../exit-status';
import type { Paint } from '../output';
import { typeOf, verdictOn } from './dry-run';

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
    const obstacle = obstacleOf(error);
    if (obstacle !== undefined) return barredBy(what, obstacle);
    return { level: 'FAIL', what: `${what}: ${messageOf(error)}`, todo: todoAfter(error, todo) };
  }
}

// What AWS did not answer is no matter of rights or settings.
function todoAfter(error: unknown, todo: string): string {
  if (typeOf(error) === 'AwsUnavailable') return 'nothing was learned: ask again when AWS answers';
  return verdictOn(error) === 'credentials' ? renew : todo;
}

/** What keeps commands from running on a host that lets us in; it says itself what to do. */
export function obstacleOf(error: unknown): ObstacleAt | undefined {
  const type = typeOf(error);
  const isOne = type === 'LoginGetsNowhere' || type === 'SudoRefused';
  return isOne ? (detailOf(error) as ObstacleAt | undefined) : undefined;
}

function barredBy(what: string, { at, cause, line, todo }: ObstacleAt): Finding {
  const said = line === '' ? '' : ` ("${line}")`;
  return { level: 'FAIL', what: `${what}: the ${at} did not run it: ${cause}${said}`, todo };
}

/** `ok    what`, `warn  what  → what to do`. */
export function findingText({ level, what, todo }: Finding, paint: Paint): string {
  const color = { ok: paint.good, warn: paint.warn, FAIL: paint.bad }[level];
  return `${color(level.padEnd(4))}  ${what}${todo === undefined ? '' : `  → ${todo}`}`;
}

const denied = 'add it to the role of the worker: docs/operate/permissions.md has the policy';
const renew = 'renew the AWS credentials of this shell';

/** Asks by a dry run; what is denied is a finding that says what to do. */
export async function ask(what: string, answer: () => Promise<boolean>): Promise<Finding> {
  try {
    return (await answer())
      ? { level: 'ok', what: `${what} (dry run): permitted` }
      : { level: 'FAIL', what: `${what} is denied`, todo: denied };
  } catch (error) {
    return notAnswered(what, error);
  }
}

/** A question that cannot be put now. */
export function unasked(what: string, why: string, todo: string): Finding {
  return { level: 'warn', what: `${what} could not be asked: ${why}`, todo };
}

function notAnswered(what: string, error: unknown): Finding {
  const why = messageOf(error);
  switch (verdictOn(error)) {
    case 'unasked':
      return unasked(what, why, 'it says nothing of rights: ask again');
    case 'credentials':
      return { level: 'FAIL', what: `${what} (dry run): ${why}`, todo: renew };
    default: {
      const todo = 'correct what it names in the configuration; it says nothing of rights';
      return { level: 'FAIL', what: `${what} would be refused: ${why}`, todo };
    }
  }
}
