/**
 * Which dialect a machine's Replicated speaks: told by what it answers, since versions were
 * repackaged and a wrapper may be there whose daemon knows nothing of it.
 */
import { parseAppStatus } from '../app/app-status';
import type { Command } from '../shell/commands';
import { saidShortly } from '../text/said';
import type { Dialect, DialectName } from './dialect';
import { old } from './with-replicated';
import { inspect, status } from './with-replicatedctl';

/** By their names. */
export const dialects: Readonly<Record<DialectName, Dialect>> = { status, inspect, old };

/**
 * Asks in each dialect until one is answered. Prints `NAME STATUS` and what was said, each line of
 * it after `| `. An answer of the newest dialect ends the asking at once.
 */
export const askForDialect: Command = {
  readsOnly: true,
  name: 'the look at which commands Replicated knows',
  script: [
    'ask() {',
    '  name=$1; shift',
    '  if [ ! -x "$1" ]; then echo "$name 127"; return; fi',
    // The wrapper calls sudo, which may look names up for 20 s, and says so where it finds none.
    '  said=$(timeout 45 "$@" </dev/null 2>&1); code=$?',
    `  said=$(printf '%s\\n' "$said" | grep -v '^sudo: unable to resolve host' || true)`,
    // What a sudo refuses is no answer of Replicated's.
    `  if [ "$code" != 0 ] && printf '%s\\n' "$said" | grep -q '^sudo: '; then`,
    `    printf '%s\\n' "$said" >&2; exit "$code"`,
    '  fi',
    '  echo "$name $code"',
    `  printf '%s\\n' "$said" | head -c 1500 | sed 's/^/| /'`,
    '  echo',
    '  case "$said" in "["*) exit 0;; esac',
    '}',
    'ask status /usr/local/bin/replicatedctl app status --output json',
    'ask inspect /usr/local/bin/replicatedctl app status inspect --output json',
    'ask old /usr/local/bin/replicated apps',
  ].join('\n'),
  args: [],
  timeoutSeconds: 150,
};

/** What came of the asking. */
export type Choice =
  | { readonly kind: 'dialect'; readonly dialect: Dialect }
  /** Replicated did not answer; it may be starting. */
  | { readonly kind: 'silent'; readonly said: string }
  /** It knows the words, and answers in no known shape; one that starts may do so for a moment. */
  | { readonly kind: 'unreadable'; readonly said: string }
  /** It answered, and no dialect that is known here fits. */
  | { readonly kind: 'unknown'; readonly said: string };

interface Said {
  readonly name: string;
  readonly exitCode: number;
  readonly text: string;
}

/** Reads what `askForDialect` printed. Never throws. */
export function chooseDialect(output: string): Choice {
  const answers = answersIn(output);
  for (const answer of answers) {
    const dialect = understood(answer);
    if (dialect !== undefined) return { kind: 'dialect', dialect };
    // A failure that is not about the words is one of the daemon: in no dialect would it answer.
    if (!lacksWords(answer) && !wantsLogin(answer)) {
      const kind = answer.exitCode === 0 ? 'unreadable' : 'silent';
      return { kind, said: short(answer.text) };
    }
  }
  const said = answers.map(
    ({ name, exitCode, text }) => `${asked[name] ?? name}: ${say(exitCode, text)}`,
  );
  return answers.length === 0
    ? { kind: 'silent', said: short(output) }
    : { kind: 'unknown', said: said.join('; ') };
}

const asked: Readonly<Record<string, string>> = {
  status: '`replicatedctl app status`',
  inspect: '`replicatedctl app status inspect`',
  old: '`replicated apps`',
};

function understood({ name, text }: Said): Dialect | undefined {
  if (name === 'old') return /^ID(\s|$)/m.test(text) && !wantsLogin({ text }) ? old : undefined;
  if (parseAppStatus(text).kind === 'unreadable') return undefined;
  return name === 'status' ? status : inspect;
}

/** No such file, no such program in the container, no such command, or help instead of an answer. */
function lacksWords({ exitCode, text }: Said): boolean {
  return (
    exitCode === 127 ||
    /unknown (command|flag|shorthand flag)|flag provided but not defined|^Usage:/im.test(text) ||
    /executable file not found|no such file or directory[^\n]{0,80}exec/i.test(text)
  );
}

/** The older command line wants the console's password where it has one. */
function wantsLogin({ text }: { readonly text: string }): boolean {
  return /not logged in|Unauthorized/i.test(text);
}

function answersIn(output: string): Said[] {
  const sections = output.split(/^(?=(?:status|inspect|old) \d+$)/m);
  return sections.flatMap((section) => {
    const [, name, code] = /^(status|inspect|old) (\d+)$/m.exec(section) ?? [];
    if (name === undefined) return [];
    const lines = [...section.matchAll(/^\| (.*)$/gm)].map(([, line = '']) => line);
    return [{ name, exitCode: Number(code), text: lines.join('\n').trim() }];
  });
}

function say(exitCode: number, text: string): string {
  return exitCode === 127 && text === ''
    ? 'not there'
    : short(text) || `status ${String(exitCode)}`;
}

function short(text: string): string {
  return text.trim() === '' ? '' : saidShortly(text, 160);
}
