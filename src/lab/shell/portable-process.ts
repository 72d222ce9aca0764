/**
 * A bash process of the portable shell: just-bash over the machine's files, with the commands of
 * the appliance and those of GNU that it lacks. Nothing of the host is ever started.
 */
import {
  Bash,
  defineCommand,
  latin1FromBytes,
  type CommandName,
  type CustomCommand,
  type ResolvedCommandContext,
} from 'just-bash';
import { quote } from '../../machine/shell/quoting';
import { applianceCommands, commandNamesOn } from '../appliance';
import type { Machine } from '../machine/machine';
import type { CommandOutput, LabClock } from '../shapes';
import { shellCommands, type Given, type Session, type ShellProcess } from './portable-commands';
import { fileCommands } from './portable-coreutils';
import { filesOf, registeredName } from './portable-files';
import { Locks } from './portable-locks';

const gnuCommands = { ...shellCommands, ...fileCommands };

// just-bash brings many more, among them a database and a Python: a machine of 2018 needs none.
const builtIn: CommandName[] = [
  'awk',
  'base64',
  'basename',
  'cat',
  'chmod',
  'comm',
  'cp',
  'cut',
  'date',
  'diff',
  'dirname',
  'echo',
  'egrep',
  'env',
  'expr',
  'false',
  'fgrep',
  'find',
  'grep',
  'head',
  'ln',
  'ls',
  'md5sum',
  'mkdir',
  'mv',
  'od',
  'paste',
  'printenv',
  'printf',
  'pwd',
  'readlink',
  'rm',
  'rmdir',
  'sed',
  'seq',
  'sha1sum',
  'sha256sum',
  'sleep',
  'sort',
  'stat',
  'tail',
  'tee',
  'timeout',
  'touch',
  'tr',
  'true',
  'uniq',
  'wc',
  'which',
  'xargs',
  'bash',
  'sh',
  'tac',
];

const limits = {
  maxOutputSize: 16 * 1024 * 1024,
  maxExecutionTimeMs: 15 * 60 * 1000,
  maxCommandCount: 20_000,
  maxLoopIterations: 20_000,
};

const locksByMachine = new WeakMap<Machine, Locks>();

/** Opens the session of one exec line. */
export function openSession(machine: Machine, tty: boolean, shell: AbortSignal): Session {
  const gnu = Object.keys(gnuCommands);
  const files = filesOf(machine, [...builtIn, ...gnu, ...commandNamesOn(machine)]);
  const locks = locksByMachine.get(machine) ?? new Locks();
  locksByMachine.set(machine, locks);
  return { machine, files, locks, tty, power: AbortSignal.any([machine.power, shell]) };
}

let lastPid = 1000;

/** One process: its trap, its umask, and what it was given to run. */
export class Process implements ShellProcess {
  readonly pid: number;
  umask = '0022';
  private onExit:
    { readonly action: string; readonly variables: Record<string, string> } | undefined;

  constructor(readonly session: Session) {
    lastPid += 1;
    this.pid = lastPid;
  }

  /** Remembers what to do at the end, with the variables as they are now. */
  trapExit(action: string, variables: Record<string, string>): void {
    this.onExit = action === '' || action === '-' ? undefined : { action, variables };
  }

  spawn(): Process {
    return new Process(this.session);
  }

  /** Runs a script with its arguments; bytes in, bytes out (one character each). */
  async run(script: string, given: Given): Promise<CommandOutput> {
    const bash = this.makeBash(given.environment ?? loginEnvironment(this.session.machine));
    const options = { stdinKind: 'bytes', rawScript: true, signal: this.session.power } as const;
    const words = (given.args ?? []).map(quote).join(' ');
    try {
      const result = await bash.exec(`set -- ${words}\n${script}`, {
        ...options,
        stdin: given.stdin ?? '',
      });
      if (this.onExit === undefined) {
        return result;
      }
      const { action, variables } = this.onExit;
      // After `exit` the interpreter forgets the variables that were set since the trap.
      const last = await bash.exec(action, { ...options, env: { ...variables, ...result.env } });
      return {
        stdout: result.stdout + last.stdout,
        stderr: result.stderr + last.stderr,
        exitCode: result.exitCode,
      };
    } finally {
      this.session.locks.release(this);
    }
  }

  private makeBash(env: Record<string, string>): Bash {
    const { machine, files, power } = this.session;
    return new Bash({
      fs: files,
      cwd: env['PWD'] ?? '/',
      env,
      commands: builtIn,
      customCommands: this.customCommands(),
      executionLimits: limits,
      processInfo: { pid: this.pid, ppid: 1, uid: 0, gid: 0 },
      sleep: (milliseconds) => sleep(machine.surroundings.clock, milliseconds / 1000, power),
      // It guards against code that scripts bring along; no language runs here but bash, and it
      // would replace globals of the lab's own process while a script runs.
      defenseInDepth: false,
    });
  }

  private customCommands(): CustomCommand[] {
    const { machine, tty, power } = this.session;
    const appliance = commandNamesOn(machine).map((name) =>
      defineCommand(registeredName(name), async (args, context) => {
        power.throwIfAborted();
        const output = await applianceCommands[name]?.(machine, {
          args,
          stdin: textOf(context),
          tty,
        });
        power.throwIfAborted();
        return output ?? { stdout: '', stderr: '', exitCode: 127 };
      }),
    );
    const gnu = Object.entries(gnuCommands).map(([name, run]) =>
      defineCommand(name, async (args, context) => run({ process: this, args, context })),
    );
    return [...appliance, ...gnu];
  }
}

/** Sleeps in simulated time; fails at once when the power goes. */
function sleep(clock: LabClock, seconds: number, power: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (): void => {
      callOff();
      reject(new Error('the power is gone'));
    };
    const callOff = clock.after(seconds, () => {
      power.removeEventListener('abort', fail);
      resolve();
    });
    power.addEventListener('abort', fail, { once: true });
  });
}

function textOf(context: ResolvedCommandContext): string {
  return Buffer.from(latin1FromBytes(context.stdin), 'latin1').toString('utf8');
}

/** What sshd and sudo leave of an environment; sudo on CentOS knows no /usr/local/bin. */
function loginEnvironment(machine: Machine): Record<string, string> {
  const system = '/usr/sbin:/usr/bin:/sbin:/bin';
  const isRhel = machine.state.durable.distribution === 'rhel';
  return {
    PATH: isRhel ? system : `/usr/local/sbin:/usr/local/bin:${system}`,
    HOME: '/root',
    USER: 'root',
    LOGNAME: 'root',
    SHELL: '/bin/bash',
    LANG: 'C.UTF-8',
    HOSTNAME: machine.hostname,
  };
}
