/** The failure for an answer that nobody here can read: what was seen is shown, and a person asked. */
import { refuse } from '../../contract/failures';
import { saidShortly } from '../../machine/text/said';
import type { CommandResult } from '../../world/ssh';

/** `what` names the question, as people call it. */
export function unreadable(
  what: string,
  { stdout, stderr, exitCode }: CommandResult,
): ReturnType<typeof refuse> {
  return refuse(
    'AnswerUnreadable',
    `${what} has answered in a shape that is not known here (status ${String(exitCode)}), so nothing ` +
      'is done on a guess. Run it on the machine, take out of the way what it prints besides, then ' +
      `retry. It said: ${saidShortly(`${stderr} ${stdout}`)}`,
  );
}
