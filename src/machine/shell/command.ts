/** What is run on a machine, as data; commands.ts and its neighbours have the exact ones. */

/** One command line for the machine: a bash script, its arguments, and how to run it. */
export interface Command {
  /**
   * It only looks, and may do so beside anything. Without it a command is taken for one that changes
   * the machine: it runs alone there, and never for an attempt that is late (see fence.ts).
   */
  readonly readsOnly?: true;
  /** Its output holds secrets (DAEMON_TOKEN) and is never quoted in a message. */
  readonly confidential?: true;
  /** What people call a script of several lines; a command of one line speaks for itself. */
  readonly name?: string;
  /** Bash; `$1`, `$2` … are `args`. */
  readonly script: string;
  readonly args: readonly string[];
  /** For the script's standard input, one byte a character (latin1); without it, /dev/null. */
  readonly stdin?: string;
  /** Seconds until the caller gives up on the answer. */
  readonly timeoutSeconds: number;
}

/** A command of one line that only looks. */
export function reads(script: string, args: readonly string[] = [], timeoutSeconds = 30): Command {
  return { readsOnly: true, script, args, timeoutSeconds };
}

/** A command of one line that may change the machine. */
export function changes(
  script: string,
  args: readonly string[] = [],
  timeoutSeconds = 30,
): Command {
  return { script, args, timeoutSeconds };
}
