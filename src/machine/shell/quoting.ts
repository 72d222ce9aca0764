/** How a command travels over SSH: quoted for the shell, framed so that its answer can be cut out. */
import type { Command } from './commands';
import {
  fenceScript,
  fenceWord,
  fenceWords,
  type Fence,
  type FenceWord,
  type Manner,
} from './fence';

/** Quotes a value for bash, exactly; throws RangeError for NUL, which no argument can hold. */
export function quote(value: string): string {
  if (value.includes('\0')) {
    throw new RangeError('a command cannot carry a NUL character');
  }
  return `'${value.replaceAll("'", "'\\''")}'`;
}

/** How a command stands to the machine's fence; see fence.ts. */
export interface AtFence {
  readonly fence: Fence;
  readonly manner: Manner;
}

// The nonce reaches printf as an argument: a shell that echoes this text prints no marker by it.
// The script runs in a bash of its own, so that its `exit`, `set -e` and `trap` end there.
function frame(input: string, manner: Manner | undefined): string {
  const begin = 'nonce=$1 script=$2; shift 2; printf "%s-begin\\n" "$nonce"; ';
  const gate = manner === undefined ? '' : `${fenceScript(manner)}\n`;
  // The lock ends with the command itself, not with what that leaves running.
  const locked = manner === undefined || manner === 'look' ? '' : ' 9>&-';
  return (
    `${begin}${gate}/bin/bash -c "$script" runbook "$@"${input}${locked}; code=$?; ` +
    'printf "\\n%s-end %s\\n" "$nonce" "$code"; exit "$code"'
  );
}

/** The exact text for SSH `exec`: the command as root, its output between lines with the nonce. */
export function render(command: Command, nonce: string, at?: AtFence): string {
  const script = frame(command.stdin === undefined ? ' </dev/null' : '', at?.manner);
  const gate = at === undefined ? [] : fenceWords(at.fence, at.manner);
  const words = [nonce, command.script, ...gate, ...command.args].map(quote).join(' ');
  return `sudo -n -- /bin/bash -c ${quote(script)} runbook ${words}`;
}

/** The line that a command prints before anything else of it runs. */
export function beginMark(nonce: string): string {
  return `${nonce}-begin\n`;
}

/** What a framed command printed, and how it ended. */
export interface Unframed {
  readonly output: string;
  readonly exitCode: number;
  /** The machine's fence did not let it run. */
  readonly refusal?: FenceWord;
}

/**
 * Cuts the answer of a framed command out of whatever the login shell prints around it; undefined
 * when the end line is missing, so that the outcome is unknown.
 */
export function unframe(stdout: string, nonce: string): Unframed | undefined {
  const begin = beginMark(nonce);
  const end = `\n${nonce}-end `;
  const from = stdout.indexOf(begin);
  const to = from < 0 ? -1 : stdout.indexOf(end, from + begin.length);
  if (to < 0) {
    return undefined;
  }
  const [, code, said] = /^(\d+)(?: (.*))?\n/.exec(stdout.slice(to + end.length)) ?? [];
  if (code === undefined) return undefined;
  const refusal = said === undefined ? undefined : fenceWord(said);
  const output = stdout.slice(from + begin.length, to);
  return { output, exitCode: Number(code), ...(refusal && { refusal }) };
}
