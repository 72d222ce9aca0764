/** Opens one SSH connection to a machine for one activity, and closes it in every case. */
import type { Machine } from '../../contract/plan';
import { refuse, tryAgain } from '../../contract/failures';
import { apart, together } from '../../machine/shell/batch';
import type { Command } from '../../machine/shell/commands';
import { saidLast } from '../../machine/text/said';
import { fenceOf } from './late';
import type { World } from '../../world';
import type { CommandResult, Connection, SshTarget } from '../../world/ssh';

/** A machine at the other end of a connection. */
export interface Remote {
  /** Runs the command and gives its exit code and output back. */
  run(command: Command): Promise<CommandResult>;
  /** Runs commands that only look, under one sudo; gives the result of each, in their order. */
  runAll<const All extends readonly Command[]>(commands: All): Promise<ResultsOf<All>>;
  /** Runs the command and refuses when it fails; gives its trimmed standard output back. */
  read(command: Command): Promise<string>;
  /** The trimmed standard output of a command that has run; refuses when it failed. */
  outputOf(command: Command, result: CommandResult): string;
}

/** The result of each command, at its place. */
export type ResultsOf<All extends readonly Command[]> = {
  readonly [At in keyof All]: CommandResult;
};

/** Where and as whom to log in, with the host keys that are trusted there. */
export function targetOf(world: World, machine: Machine, freshlyBooted = false): SshTarget {
  const { ssh } = world.installation(machine.installation, machine.region);
  const host = ssh.address === 'public' ? machine.publicAddress : machine.privateAddress;
  if (host === undefined) {
    throw refuse(
      'MachineUnreachable',
      `${machine.instanceId} has no public address, but the configuration says to log in there. ` +
        'Set ssh.address to private, or give the machine a public address.',
    );
  }
  const { bastion } = ssh;
  return {
    host,
    port: ssh.port,
    user: ssh.user,
    pins: machine.hostKeys,
    sha1Pins: ssh.sha1Keys,
    credentials: { keyFile: ssh.key, agent: ssh.agent },
    bastion: bastion && {
      host: bastion.host,
      port: bastion.port,
      user: bastion.user,
      keyFile: bastion.key,
      agent: bastion.agent,
      pins: bastion.hostKeys,
      sha1Pins: bastion.sha1Keys,
    },
    freshlyBooted,
    fence: fenceOf(machine.instanceId),
  };
}

/** Runs the work over one connection to the machine. */
export async function onMachine<T>(
  world: World,
  machine: Machine,
  work: (remote: Remote) => Promise<T>,
): Promise<T> {
  return over(await world.ssh.connect(targetOf(world, machine)), machine, work);
}

/** The same for a machine that boots: it may refuse a login until cloud-init has let us in. */
export async function onBootingMachine<T>(
  world: World,
  machine: Machine,
  work: (remote: Remote) => Promise<T>,
): Promise<T> {
  return over(await world.ssh.connect(targetOf(world, machine, true)), machine, work);
}

async function over<T>(
  connection: Connection,
  machine: Machine,
  work: (remote: Remote) => Promise<T>,
): Promise<T> {
  const outputOf = (command: Command, result: CommandResult): string => {
    if (result.exitCode === 0) return result.stdout.trim();
    throw commandFailed(machine, command, result);
  };
  try {
    return await work({
      run: (command) => connection.run(command),
      runAll: async (commands) => {
        const mark = crypto.randomUUID();
        const all = together(commands, mark);
        const result = await connection.run(all);
        const answers = apart(result, commands.length, mark);
        if (answers === undefined) throw commandFailed(machine, all, result);
        return answers as unknown as ResultsOf<typeof commands>;
      },
      read: async (command) => outputOf(command, await connection.run(command)),
      outputOf,
    });
  } finally {
    connection.close();
  }
}

/** The failure for a command that failed: reason first, bounded output last. */
export function commandFailed(
  machine: Machine,
  command: Command,
  result: CommandResult,
): ReturnType<typeof tryAgain> {
  const what = command.name ?? `"${command.script}"`;
  const { stderr, stdout } = result;
  const said = saidLast(command.confidential ? stderr : `${stderr}\n${stdout}`, 600);
  return tryAgain(
    'CommandFailed',
    `${what} ended with status ${String(result.exitCode)} on ${machine.instanceId} ` +
      `(${machine.privateAddress}). Look at the machine, mend it, then retry. It said: ${said}`,
  );
}
