/**
 * The portable shell: an SSH server for each machine, whose exec lines run in a bash interpreter
 * over the machine's folder. It needs nothing of the host and never starts a program of it.
 */
import { setMaxListeners } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { Server, type AuthContext, type Connection, type ServerChannel } from 'ssh2';
import { modelOf } from '../appliance/model';
import { readPrivateHostKeys } from '../machine/host-keys';
import type { Machine } from '../machine/machine';
import type { CommandOutput, Shell } from '../shapes';
import { openSession, Process } from './portable-process';
import { holdsKey } from './public-key';

/** Serves SSH connections without any help of the host. */
export function portableShell(): Shell {
  const open = new Set<Duplex>();
  const shell = new AbortController();
  setMaxListeners(0, shell.signal);
  return {
    name: 'portable',
    serve(simulated, connection) {
      const machine = modelOf(simulated);
      if (!machine.answers) {
        connection.destroy();
        return;
      }
      const drop = (): void => {
        connection.destroy();
      };
      const { power } = machine;
      power.addEventListener('abort', drop);
      open.add(connection);
      connection.on('error', () => undefined);
      connection.on('close', () => {
        // What the connection has started goes on without it, as on a real machine.
        power.removeEventListener('abort', drop);
        open.delete(connection);
      });
      accept(machine, connection, shell.signal);
    },
    run: (simulated, script) =>
      runLine(modelOf(simulated), { text: script, tty: false, shell: shell.signal }, ''),
    stop() {
      shell.abort();
      open.forEach((connection) => connection.destroy());
      open.clear();
      return Promise.resolve();
    },
  };
}

function accept(machine: Machine, connection: Duplex, shell: AbortSignal): void {
  const hostKeys = readPrivateHostKeys(machine.root);
  const bySha1 = { algorithms: { serverHostKey: ['ssh-rsa' as const] } };
  const proof = machine.state.durable.provesBySha1 ? bySha1 : {};
  const server = new Server({ hostKeys, ...proof }, (client) => {
    client.on('error', () => undefined);
    client.on('authentication', (attempt) => {
      authenticate(machine, attempt);
    });
    client.on('ready', () => {
      answerSessions(machine, client, shell);
    });
  });
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- the server asks of a socket no more than any duplex stream has
  server.injectSocket(connection as Socket);
}

function authenticate(machine: Machine, attempt: AuthContext): void {
  const { username } = attempt;
  if (holdsKey(attempt, authorizedKeys(machine.root, username))) {
    attempt.accept();
    return;
  }
  // Clients begin with `none`, to learn what they may try.
  if (attempt.method !== 'none') {
    machine.note('ssh', `${username} is refused`);
  }
  attempt.reject(['publickey']);
}

function authorizedKeys(root: string, user: string): string[] {
  const isName = /^[a-z_][a-z0-9_-]*$/.test(user);
  const home = user === 'root' ? 'root' : join('home', user);
  const path = join(root, home, '.ssh/authorized_keys');
  return isName && existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
}

function answerSessions(machine: Machine, client: Connection, shell: AbortSignal): void {
  client.on('session', (acceptSession) => {
    const session = acceptSession();
    let tty = false;
    session.on('pty', (acceptPty) => {
      tty = true;
      acceptPty();
    });
    session.on('exec', (acceptExec, _reject, { command }) => {
      const channel = acceptExec();
      channel.on('error', () => undefined);
      void serveExec(machine, channel, { text: command, tty, shell }).then((isLost) => {
        if (isLost) {
          client.end();
        }
      });
    });
  });
}

interface ExecLine {
  readonly text: string;
  readonly tty: boolean;
  /** Fires when the shell is stopped. */
  readonly shell: AbortSignal;
}

/** Runs one line and answers; true when its answer shall be lost. */
async function serveExec(
  machine: Machine,
  channel: ServerChannel,
  line: ExecLine,
): Promise<boolean> {
  machine.note('command', line.text, { tty: line.tty });
  const { power } = machine;
  await machine.surroundings.atBarrier('exec', line.text);
  const stdin = await readInput(channel);
  const { loginSays } = machine.state.volatile.traps;
  const output =
    loginSays === undefined
      ? await runLine(machine, line, stdin)
      : { stdout: loginSays, stderr: '', exitCode: 1 };
  if (power.aborted || line.shell.aborted) {
    return false;
  }
  if (!channel.destroyed) {
    channel.write(bytesOf(output.stdout));
    channel.stderr.write(bytesOf(output.stderr));
  }
  await machine.surroundings.atBarrier('exec-end', line.text);
  if (takeLostReply(machine)) {
    return true;
  }
  if (!channel.destroyed) {
    channel.exit(output.exitCode);
    channel.end();
  }
  return false;
}

async function runLine(machine: Machine, line: ExecLine, stdin: string): Promise<CommandOutput> {
  const session = openSession(machine, line.tty, line.shell);
  try {
    return await new Process(session).run(line.text, { stdin });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { stdout: '', stderr: `bash: ${why}\n`, exitCode: 1 };
  }
}

function takeLostReply(machine: Machine): boolean {
  const { traps } = machine.state.volatile;
  const left = traps.loseReplies ?? 0;
  if (left > 0) {
    traps.loseReplies = left - 1;
    machine.state.save();
  }
  return left > 0;
}

// The interpreter wants all input at once; a caller that never ends its input has none to give.
const patienceMs = 1000;

/** All that the caller sends until it ends its input, one character a byte. */
function readInput(channel: ServerChannel): Promise<string> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).toString('latin1'));
    };
    const timer = setTimeout(finish, patienceMs);
    channel.on('data', (chunk: Buffer) => {
      clearTimeout(timer);
      chunks.push(chunk);
    });
    channel.on('end', finish);
    channel.on('close', finish);
  });
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'utf8');
}
