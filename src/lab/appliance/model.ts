/** How the appliance's commands reach the model, and how they answer. */
import { Machine } from '../machine/machine';
import type { CommandOutput, SimulatedMachine } from '../shapes';

/** The model behind a machine of the lab. */
export function modelOf(machine: SimulatedMachine): Machine {
  if (machine instanceof Machine) {
    return machine;
  }
  throw new TypeError(`${machine.instanceId} is not a machine of this lab`);
}

/** A command that went well. */
export function printed(stdout: string): CommandOutput {
  return { stdout, stderr: '', exitCode: 0 };
}

/** A command that failed, with what it says about it. */
export function failed(stderr: string, exitCode = 1): CommandOutput {
  return { stdout: '', stderr, exitCode };
}

/** A table with columns two blanks apart. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return rows.map((row) => `${line(row)}\n`).join('');
}

/** Options and words of a command line. */
export interface ParsedArguments {
  readonly words: readonly string[];
  /** Values by option name; a flag without value has an empty one. */
  readonly options: ReadonlyMap<string, string>;
}

/** Tells options from words; those named in `valued` take the next word as their value. */
export function parseArguments(
  args: readonly string[],
  valued: readonly string[],
): ParsedArguments {
  const words: string[] = [];
  const options = new Map<string, string>();
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    if (word === '--') {
      words.push(...rest.splice(0));
    } else if (equals > 0) {
      options.set(word.slice(0, equals), word.slice(equals + 1));
    } else if (word.startsWith('-') && word.length > 1) {
      options.set(word, valued.includes(word) ? (rest.shift() ?? '') : '');
    } else {
      words.push(word);
    }
  }
  return { words, options };
}
