/** What the program's exit status means, and which error leads to which status. */

export const exitStatus = {
  done: 0,
  failed: 1,
  usage: 2,
  waits: 3,
  unreachable: 4,
  stale: 5,
} as const;

/** One of the six statuses that `--help` lists. */
export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];

/** The statuses in the words of `--help`. */
export const exitStatusHelp = [
  'Exit status:',
  '  0  done',
  '  1  failed, or ended by a person before it was done',
  '  2  wrong usage',
  '  3  the run waits for a person',
  '  4  cannot reach Temporal; of `check`: cannot tell, because AWS did not answer',
  '  5  of `check`: a backup is missing or too old',
].join('\n');

/** An end of a command that its caller should hear about in one message. */
export class CliError extends Error {
  constructor(
    override readonly name: 'Failed' | 'WrongUsage' | 'WaitsForPerson' | 'Unreachable',
    message: string,
  ) {
    super(message);
  }
}

/** Maps an error to the exit status; the only place that does. */
export function statusOf(error: unknown): ExitStatus {
  const name = error instanceof Error ? error.name : '';
  switch (name) {
    case 'WrongUsage':
    case 'CommanderError':
    case 'InvalidArgumentError':
      return exitStatus.usage;
    case 'WaitsForPerson':
      return exitStatus.waits;
    case 'Unreachable':
      return exitStatus.unreachable;
    // A gRPC error of a server that was there when the connection was made.
    case 'ServiceError':
      return isUnavailable(error) ? exitStatus.unreachable : exitStatus.failed;
    default:
      return exitStatus.failed;
  }
}

/** The message for a person: the error's own, and its cause where Temporal wraps the real one. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? messageOf(error.cause) : '';
  return cause === '' || error.message.includes(cause)
    ? error.message
    : `${error.message}: ${cause}`;
}

function isUnavailable(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  // 14 is gRPC's UNAVAILABLE.
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 14;
}
