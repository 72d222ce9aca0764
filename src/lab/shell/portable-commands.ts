/**
 * What of bash and of process handling just-bash lacks: a bash within a bash, sudo, traps, locks
 * and processes that outlive their connection.
 */
import {
  latin1FromBytes,
  type ExecResult,
  type IFileSystem,
  type ResolvedCommandContext,
} from 'just-bash';
import { quote } from '../../machine/shell/quoting';
import type { Machine } from '../machine/machine';
import type { CommandOutput } from '../shapes';
import type { Locks } from './portable-locks';

/** What all processes of one exec line have in common. */
export interface Session {
  readonly machine: Machine;
  readonly files: IFileSystem;
  readonly locks: Locks;
  /** Whether a terminal is attached. */
  readonly tty: boolean;
  /** Fires when the machine loses power, or the lab ends. */
  readonly power: AbortSignal;
}

/** What a process is given to run. */
export interface Given {
  readonly args?: readonly string[];
  /** One character a byte. */
  readonly stdin?: string;
  readonly environment?: Record<string, string>;
}

/** A bash process as its commands see it. */
export interface ShellProcess {
  readonly session: Session;
  umask: string;
  trapExit(action: string, variables: Record<string, string>): void;
  spawn(): ShellProcess;
  run(script: string, given: Given): Promise<CommandOutput>;
}

/** One call of a command. */
export interface Call {
  readonly process: ShellProcess;
  readonly args: readonly string[];
  readonly context: ResolvedCommandContext;
}

/** A command of the portable shell itself. */
export type ShellCommand = (call: Call) => ExecResult | Promise<ExecResult>;

/** Success without a word. */
export const fine: ExecResult = { stdout: '', stderr: '', exitCode: 0 };

/** Success with an answer. */
export function print(stdout: string): ExecResult {
  return { stdout, stderr: '', exitCode: 0 };
}

/** Failure with its reason. */
export function fail(stderr: string, exitCode = 1): ExecResult {
  return { stdout: '', stderr: `${stderr}\n`, exitCode };
}

/** By name; each replaces a command of the same name. */
export const shellCommands: Readonly<Record<string, ShellCommand>> = {
  bash: runBash,
  sh: runBash,
  sudo: runAsRoot,
  setsid: detach,
  nohup: detach,
  trap: setTrap,
  umask: ({ process, args }) => {
    process.umask = args[0] ?? process.umask;
    return args.length === 0 ? print(`${process.umask}\n`) : fine;
  },
  flock: lock,
  id: ({ args }) => print(args.includes('-u') ? '0\n' : args.includes('-un') ? 'root\n' : identity),
  whoami: () => print('root\n'),
  kill: () => fine,
};

const identity = 'uid=0(root) gid=0(root) groups=0(root)\n';

/** `bash -c SCRIPT NAME ARG…` as a process of its own; any other form as just-bash has it. */
async function runBash({ process, args, context }: Call): Promise<ExecResult> {
  const at = args.findIndex((word) => /^-[a-z]*c$/.test(word));
  if (at < 0 || context.origCommand === undefined) {
    return context.origCommand?.([...args]) ?? fail('bash: not available', 127);
  }
  const flags = args
    .slice(0, at + 1)
    .join('')
    .replace(/[-cl]/g, '');
  const script = args[at + 1] ?? '';
  return process.spawn().run(flags === '' ? script : `set -${flags}\n${script}`, {
    args: args.slice(at + 3),
    stdin: latin1FromBytes(context.stdin),
    environment: { ...context.exportedEnv, PWD: context.cwd },
  });
}

async function runAsRoot({ process, args, context }: Call): Promise<ExecResult> {
  const start = args.findIndex((word) => !word.startsWith('-'));
  const words = start < 0 ? [] : args.slice(start);
  const { surroundings, state } = process.session.machine;
  const { sudoAsksPassword, sudoSeconds = 0 } = state.volatile.traps;
  if (sudoSeconds > 0) await surroundings.clock.sleep(sudoSeconds);
  if (sudoAsksPassword === true) return fail('sudo: a password is required');
  return (
    (await context.exec?.(words.map(quote).join(' '), {
      cwd: context.cwd,
      stdin: latin1FromBytes(context.stdin),
      stdinKind: 'bytes',
    })) ?? fine
  );
}

/** The command goes on by itself, whatever becomes of the connection. */
function detach({ process, args, context }: Call): ExecResult {
  const words = args.filter((word, index) => index > 0 || !word.startsWith('-'));
  const environment = { ...context.exportedEnv };
  void process
    .spawn()
    .run(words.map(quote).join(' '), { environment })
    .catch(
      // The machine has lost its power, and the process with it.
      () => undefined,
    );
  return fine;
}

function setTrap({ process, args, context }: Call): ExecResult {
  const [action = '', ...signals] = args;
  if (signals.some((signal) => signal === 'EXIT' || signal === '0')) {
    process.trapExit(action, Object.fromEntries(context.env));
  }
  return fine;
}

/** `flock [-n] [-u] [-w SECONDS] FD`: the descriptor's file is locked until the process ends. */
async function lock({ process, args, context }: Call): Promise<ExecResult> {
  const at = args.findIndex((word) => word === '-w' || word === '--timeout');
  const words = args.filter((word, index) => !word.startsWith('-') && index !== at + 1);
  const wanted = at < 0 ? args.at(-1) : words.at(-1);
  const target = context.fileDescriptors?.get(Number(wanted));
  if (target === undefined) {
    return fail(`flock: ${wanted ?? ''}: Bad file descriptor`, 65);
  }
  const isImpatient = args.includes('-n') || args.includes('--nonblock');
  const seconds = at < 0 ? (isImpatient ? 0 : 3600) : Number(args[at + 1]);
  const { machine, locks } = process.session;
  const { clock } = machine.surroundings;
  const path = `${String(machine.boots)}:${target}`;
  if (args.includes('-u')) {
    locks.release(process, path);
    return fine;
  }
  return (await locks.take(path, process, { clock, seconds })) ? fine : { ...fine, exitCode: 1 };
}
