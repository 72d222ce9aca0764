/** Commands as a person types them: the same as those of the runbooks, with their values in them. */
import type { Command } from '../../machine/shell/commands';
import { quote } from '../../machine/shell/quoting';

/** A value as a word of bash; quoted where it has to be, because quotes are hard to read aloud. */
export function word(value: string): string {
  return /^[A-Za-z0-9/][A-Za-z0-9_.:/@+-]*$/.test(value) ? value : quote(value);
}

/**
 * A command of a runbook with its arguments in their places. `words` are bash, such as `"$NAME"`.
 * One that exits is put into a shell of its own: it would end the one that a person types into.
 */
export function byHand(
  command: Command,
  words: readonly string[] = command.args.map(word),
): string {
  // In one pass: a value may itself look like a parameter.
  const script = command.script.replace(/"\$([1-9@])"/g, (_, which: string) =>
    which === '@' ? words.join(' ') : (words[Number(which) - 1] ?? "''"),
  );
  return /\bexit\b/.test(script) ? `( ${script} )` : script;
}

/** One command over several lines: its name, then each option with its value on its own line. */
export function onLines(...parts: readonly string[]): string {
  return parts.join(' \\\n  ');
}
