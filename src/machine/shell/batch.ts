/**
 * Several commands that only look, sent as one: a sudo that looks up names may take twenty seconds,
 * and it is paid for each command that is sent. Pure.
 */
import type { Command } from './commands';

/** What one command left behind. */
export interface Answer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

// Each in a bash of its own, so that its `exit` ends nothing else. The mark stands on both streams
// before each command, and on the output with its status after it. A failure is also the failure of
// the whole, as a sudo inside that refuses is told by both status and text.
const oneAfterTheOther = [
  'mark=$1; shift',
  'worst=0',
  'while [ "$#" -gt 0 ]; do',
  '  script=$1 count=$2; shift 2',
  '  printf "%s begins\\n" "$mark"; printf "%s begins\\n" "$mark" >&2',
  '  /bin/bash -c "$script" runbook "${@:1:$count}" </dev/null',
  '  code=$?',
  '  shift "$count"',
  '  printf "\\n%s ends %s\\n" "$mark" "$code"',
  '  if [ "$code" != 0 ]; then worst=$code; fi',
  'done',
  'exit "$worst"',
].join('\n');

/** The commands as one; `mark` is a text that none of them prints. */
export function together(commands: readonly Command[], mark: string): Command {
  return {
    name: commands.map(({ name, script }) => name ?? script.split('\n')[0]).join('; '),
    script: oneAfterTheOther,
    args: [mark, ...commands.flatMap(({ script, args }) => [script, String(args.length), ...args])],
    timeoutSeconds: commands.reduce((sum, { timeoutSeconds }) => sum + timeoutSeconds, 0),
    ...(commands.every(({ readsOnly }) => readsOnly) ? { readsOnly: true } : {}),
    ...(commands.some(({ confidential }) => confidential) ? { confidential: true } : {}),
    ...(commands.every(({ readsOnly }) => readsOnly) ? { readsOnly: true } : {}),
  };
}

/** The answer of each; undefined where not all of them are there. */
export function apart(
  { stdout, stderr }: Answer,
  count: number,
  mark: string,
): Answer[] | undefined {
  const begin = `${mark} begins\n`;
  const said = stderr.split(begin).slice(1);
  const answers = stdout
    .split(begin)
    .slice(1)
    .flatMap((text, index) => {
      const end = text.lastIndexOf(`\n${mark} ends `);
      const code = /^(\d+)\n$/.exec(text.slice(end + mark.length + 7))?.[1];
      if (end < 0 || code === undefined) return [];
      return [{ exitCode: Number(code), stdout: text.slice(0, end), stderr: said[index] ?? '' }];
    });
  return answers.length === count ? answers : undefined;
}
