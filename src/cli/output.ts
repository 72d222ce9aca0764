/** Where a command writes: lines for a person, or one JSON object for a program. */
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { printableJson, visible } from '../contract/printable';
import { exitStatus } from './exit-status';

/** The streams and the terminal that a command runs on. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether a person can be asked: both standard input and output are terminals. */
  readonly interactive: boolean;
  readonly colors: boolean;
}

/** What a command says; with `--json` lines go to standard error and the result alone to output. */
export interface Output {
  readonly json: boolean;
  readonly interactive: boolean;
  /** Whether `status` shows its line. */
  readonly live: boolean;
  readonly paint: Paint;
  /** A line of progress. */
  line(text: string): void;
  /** A line that the next `status` replaces on a terminal; nothing elsewhere. */
  status(text: string): void;
  /** The command's result: `text` for a person, `data` for a program. */
  result(text: string, data: unknown): void;
}

/** Colors that vanish where the output is not a terminal. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly bad: (text: string) => string;
}

/** The process's own terminal. NO_COLOR is honoured. */
export function processTerminal(): Terminal {
  const interactive = process.stdout.isTTY && process.stdin.isTTY;
  for (const stream of [process.stdout, process.stderr]) stream.on('error', cannotWrite);
  return {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    interactive,
    colors: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
  };
}

/** Who reads has gone, as `head` does: nothing is left to say. A full disk is told, where it can be. */
function cannotWrite(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit();
  try {
    const why = error.code === 'ENOSPC' ? 'no space is left on the disk' : error.message;
    writeSync(2, `The output could not be written: ${why}. What the command did is done.\n`);
  } catch {
    // Standard error is on the same disk.
  }
  process.exit(exitStatus.failed);
}

/** Makes the output of one command. */
export function openOutput(terminal: Terminal, json: boolean): Output {
  const say = json ? terminal.err : terminal.out;
  let held = false;
  const clear = (): void => {
    if (held) say('\r\u001b[2K');
    held = false;
  };
  return {
    json,
    interactive: terminal.interactive && !json,
    live: terminal.colors && !json,
    paint: paint(terminal.colors && !json),
    line: (text) => {
      clear();
      say(`${shown(text)}\n`);
    },
    status: (text) => {
      if (!terminal.colors || json) return;
      clear();
      if (text === '') return;
      say(shown(text));
      held = true;
    },
    result: (text, data) => {
      clear();
      if (json) terminal.out(`${printableJson(data)}\n`);
      else if (text !== '') terminal.out(`${shown(text)}\n`);
    },
  };
}

/** Nobody outside can know it: what has it in front is a color of our own. */
const own = `\u0001${randomBytes(8).toString('hex')}`;

/** A text as a terminal may have it: control characters are shown, and do nothing. */
function shown(text: string): string {
  const [first = '', ...painted] = text.split(own);
  return visible(first) + painted.map((part) => `\u001b${visible(part)}`).join('');
}

function paint(colors: boolean): Paint {
  const wrap =
    (code: number) =>
    (text: string): string =>
      colors ? `${own}[${String(code)}m${text}${own}[0m` : text;
  return { bold: wrap(1), dim: wrap(2), good: wrap(32), warn: wrap(33), bad: wrap(31) };
}
