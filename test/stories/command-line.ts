/** The program as a person runs it: the built file, as a process of its own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** What a command said, and the status that it ended with. */
export interface Said {
  readonly out: string;
  readonly err: string;
  readonly status: number | null;
}

/** A command that runs. */
export interface Running {
  /** What it has printed so far. */
  out(): string;
  readonly ended: Promise<Said>;
}

type Environment = Readonly<Record<string, string>>;

/** Starts `runbook ARGS`, without a terminal. */
export function startRunbook(environment: Environment, ...args: readonly string[]): Running {
  const program = join(__dirname, '../../lib/cli/main.js');
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  const ended = new Promise<Said>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      resolve({ ...said, status });
    });
  });
  return { out: () => said.out, ended };
}

/** Runs `runbook ARGS` to its end. */
export function runbook(environment: Environment, ...args: readonly string[]): Promise<Said> {
  return startRunbook(environment, ...args).ended;
}

/** The newest command with that verb that a run shows as its answer, as a person would paste it. */
export function answerIn(text: string, verb: string): string[] {
  const lines = [...text.matchAll(new RegExp(`^ +runbook (${verb} .+)$`, 'gm'))];
  return (lines.at(-1)?.[1] ?? '').replace('YOUR-NAME', 'ana').split(' ');
}
