import { execFileSync, spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { Bash, defineCommand, latin1FromBytes } from 'just-bash';
import type { Command } from '../../../src/machine/shell/commands';
import { quote, render, unframe } from '../../../src/machine/shell/quoting';

const nonce = 'k3f9';
const asIs = (script: string, args: string[] = [], stdin?: string): Command => ({
  script,
  args,
  stdin,
  timeoutSeconds: 5,
});

describe('quoting', () => {
  test.each([
    ['prod', `'prod'`],
    ['', `''`],
    [`it's`, `'it'\\''s'`],
    ['$(id) `id` "x" \\ * ~', `'$(id) \`id\` "x" \\ * ~'`],
    ['two\nlines', `'two\nlines'`],
  ])('writes %j as one word', (value, expected) => {
    expect(quote(value)).toBe(expected);
  });

  test('refuses NUL, which no argument can hold', () => {
    expect(() => quote('a\0b')).toThrow(RangeError);
  });

  test('every text reaches bash as it was', () => {
    const text = fc
      .string({ unit: 'binary', maxLength: 40 })
      .filter((value) => !value.includes('\0'));
    const poison = fc.constantFrom('-n', '--help', "'", '\\', '\n', '$(id)', '${IFS}', '!!', '');
    fc.assert(
      fc.property(fc.array(fc.oneof(text, poison), { minLength: 1, maxLength: 30 }), (values) => {
        const script = `printf '%s\\0' ${values.map(quote).join(' ')}`;
        const printed = execFileSync('/bin/bash', ['-c', script], { encoding: 'utf8' });
        expect(printed.split('\0').slice(0, -1)).toEqual(values);
      }),
      { numRuns: 40 },
    );
  });

  test('every byte but NUL reaches bash as it was', () => {
    const bytes = String.fromCharCode(...Array.from({ length: 255 }, (_, index) => index + 1));
    const input = Buffer.from(`printf %s ${quote(bytes)}`, 'latin1');
    const env = { LC_ALL: 'C' };
    expect(spawnSync('/bin/bash', [], { input, env }).stdout.toString('latin1')).toBe(bytes);
  });
});

test('renders a command as root, with its arguments as words', () => {
  expect(render(asIs('echo "$1"', ["it's"]), nonce)).toMatchInlineSnapshot(
    `"sudo -n -- /bin/bash -c 'nonce=$1 script=$2; shift 2; printf "%s-begin\\n" "$nonce"; /bin/bash -c "$script" runbook "$@" </dev/null; code=$?; printf "\\n%s-end %s\\n" "$nonce" "$code"; exit "$code"' runbook 'k3f9' 'echo "$1"' 'it'\\''s'"`,
  );
});

test('leaves standard input open for a command that reads it', () => {
  expect(render(asIs('cat', [], 'x'), nonce)).toMatchInlineSnapshot(
    `"sudo -n -- /bin/bash -c 'nonce=$1 script=$2; shift 2; printf "%s-begin\\n" "$nonce"; /bin/bash -c "$script" runbook "$@"; code=$?; printf "\\n%s-end %s\\n" "$nonce" "$code"; exit "$code"' runbook 'k3f9' 'cat'"`,
  );
});

interface Answer {
  readonly stdout: string;
  readonly stderr: string;
}

// Both shells get the exact text; only sudo is replaced, by one that drops `-n --`.
async function realBash(text: string, stdin = ''): Promise<Answer> {
  const sudo = 'sudo() { shift 2; "$@"; }\n';
  const input = Buffer.from(stdin, 'latin1');
  const { stdout, stderr } = spawnSync('/bin/bash', ['-c', sudo + text], { input });
  return Promise.resolve({ stdout: stdout.toString(), stderr: stderr.toString() });
}

async function justBash(text: string, stdin = ''): Promise<Answer> {
  const sudo = defineCommand('sudo', async ([, , ...words], context) =>
    context.exec
      ? context.exec(words.map(quote).join(' '), {
          cwd: context.cwd,
          stdin: latin1FromBytes(context.stdin),
        })
      : { stdout: '', stderr: 'sudo: no shell\n', exitCode: 1 },
  );
  return new Bash({ customCommands: [sudo], defenseInDepth: false }).exec(text, { stdin });
}

describe.each([
  ['bash', realBash],
  ['just-bash', justBash],
])('a framed command in %s', (_, run) => {
  const answerOf = async (command: Command) => {
    const { stdout, stderr } = await run(render(command, nonce), command.stdin);
    return { ...unframe(stdout, nonce), stderr };
  };

  test.each([
    ['its output and status', 'echo one; echo two', 'one\ntwo\n', 0],
    ['output without a final newline', 'printf one', 'one', 0],
    ['no output', 'true', '', 0],
    ['a status', 'echo no; exit 65', 'no\n', 65],
    ['an end by set -e', 'set -eu\necho one\nfalse\necho two', 'one\n', 1],
    ['a command that is not there', 'nowhere-to-be-found', '', 127],
    ['empty standard input', 'cat; echo end', 'end\n', 0],
  ])('gives %s', async (_title, script, output, exitCode) => {
    expect(await answerOf(asIs(script))).toMatchObject({ output, exitCode });
  });

  test('gets its arguments exactly', async () => {
    const args = ['a b', "it's", '', '$(id)', '-n', 'two\nlines'];
    const script = 'echo "$#"; for word in "$@"; do echo "[$word]"; done';
    const output = `6\n${args.map((word) => `[${word}]\n`).join('')}`;
    expect(await answerOf(asIs(script, args))).toMatchObject({ output });
  });

  test('gets its standard input', async () => {
    expect(await answerOf(asIs('cat', [], 'a\nb'))).toMatchObject({ output: 'a\nb' });
  });

  test('still ends its frame after a syntax error, told on standard error', async () => {
    const answer = await answerOf(asIs('echo "unfinished'));
    expect(answer).toMatchObject({ output: '', exitCode: 2 });
    expect(answer.stderr).toMatch(/unexpected EOF/);
  });

  test('keeps standard error apart', async () => {
    const answer = await answerOf(asIs('echo out; echo err >&2'));
    expect(answer).toEqual({ output: 'out\n', exitCode: 0, stderr: 'err\n' });
  });
});

test('a trap of the script runs before the frame ends', async () => {
  const { stdout } = await realBash(render(asIs("trap 'echo bye' EXIT; exit 3"), nonce));
  expect(unframe(stdout, nonce)).toEqual({ output: 'bye\n', exitCode: 3 });
});

test('a login shell that prints the command it runs does not forge an answer', async () => {
  const text = render(asIs('echo real; exit 4'), nonce);
  const { stdout } = await realBash(text);
  const noisy = `Welcome!\n+ ${text}\n$ ${stdout}logout\n`;
  expect(unframe(noisy, nonce)).toEqual({ output: 'real\n', exitCode: 4 });
  expect(unframe(text, nonce)).toBeUndefined();
});

test.each([
  ['nothing arrived', ''],
  ['the command never began', 'sudo: a password is required\n'],
  ['the output broke off', 'k3f9-begin\nchan'],
  ['the end line broke off', 'k3f9-begin\nchanged\n\nk3f9-end'],
  ['the status may have more digits', 'k3f9-begin\nchanged\n\nk3f9-end 1'],
  ['another nonce ended', 'k3f9-begin\nchanged\n\nzzzz-end 0\n'],
])('the outcome is unknown when %s', (_, stdout) => {
  expect(unframe(stdout, nonce)).toBeUndefined();
});
