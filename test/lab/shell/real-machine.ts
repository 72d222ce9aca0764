/** A machine of the lab behind the real shell, and an SSH client that talks to it. */
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Client, type ClientChannel } from 'ssh2';
import { whyNoSandbox } from '../../../src/lab/shell/real-sandbox';
import { realShell } from '../../../src/lab/shell/real';
import type { Commands } from '../../../src/lab/shell/real-socket';
import type { MachineProfile } from '../../../src/lab/shapes';
import { needs } from '../../requirements';
import { SmallLab } from '../machine/small-lab';

/** `describe` where this host can make sandboxes; else the tests are skipped, and a line says so. */
export function describeReal(): jest.Describe {
  if (!needs('bwrap', '/usr/sbin/sshd', '/usr/bin/perl')) {
    return describe.skip;
  }
  const why = whyNoSandbox();
  if (why === undefined) {
    return describe;
  }
  if (process.env['REQUIRE_ALL'] === '1') {
    throw new Error(why);
  }
  process.stderr.write(`skipped: ${why}\n`);
  return describe.skip;
}

/** Waits until something holds; an error when it never does. */
export async function eventually(holds: () => boolean, seconds = 10): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!holds()) {
    if (Date.now() > end) {
      throw new Error('it did not come true in time');
    }
    await setTimeout(20);
  }
}

export interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: string | undefined;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly pty?: boolean;
  /** Called with the channel as soon as the command has been accepted. */
  readonly onChannel?: (channel: ClientChannel) => void;
}

export interface Session {
  run(line: string, options?: RunOptions): Promise<Answer>;
  end(): void;
}

/** How a test's machine differs from the usual one. */
export interface Wishes extends Partial<MachineProfile> {
  /** A folder below the lab's for the shell's own files. */
  readonly below?: string;
}

/** Serves a machine of the lab from a real shell on a free port of the loopback. */
export async function serveMachine(commands: Commands, { below = '', ...profile }: Wishes = {}) {
  const lab = new SmallLab();
  lab.clock.sleepsSkip = true;
  const machine = lab.install(profile);
  const shell = realShell({ dir: join(lab.folder, below), commands });
  const server = createServer((socket) => shell.serve(machine, socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const privateKey = lab.key.private;
  return {
    lab,
    dir: lab.folder,
    machine,
    root: machine.root,
    connect: (username = 'ubuntu') => connect({ port, username, privateKey }),
    stop: async () => {
      await shell.stop();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type Served = Awaited<ReturnType<typeof serveMachine>>;

async function connect(to: {
  port: number;
  username: string;
  privateKey: string;
}): Promise<Session> {
  const client = new Client();
  await new Promise<void>((resolve, reject) => {
    client.once('ready', resolve).once('error', reject);
    client.connect({ host: '127.0.0.1', ...to, readyTimeout: 10_000 });
  });
  client.on('error', () => undefined);
  client.setNoDelay(true);
  return { run: (line, options = {}) => run(client, line, options), end: () => client.destroy() };
}

function run(client: Client, line: string, options: RunOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    client.exec(line, { pty: options.pty ?? false }, (error, channel) => {
      if (error) {
        reject(error);
        return;
      }
      let stdout = '';
      let stderr = '';
      let code: number | null = null;
      let signal: string | undefined;
      channel.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
      channel.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      channel.on('exit', (status: number | null, name?: string) => {
        code = status;
        signal = name;
      });
      channel.on('close', () => resolve({ stdout, stderr, code, signal }));
      options.onChannel?.(channel);
      channel.end(options.stdin);
    });
  });
}

/** Processes of the host that live in a sandbox whose files lie under the folder. */
export function processesUnder(dir: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(`${dir}/`);
      } catch {
        return false;
      }
    });
}

/** How the sandboxes of the folder's machines were started. */
export function invocationsUnder(dir: string): string[][] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
      } catch {
        return [];
      }
    })
    .filter(
      (words) => words[0]?.endsWith('bwrap') === true && words.some((word) => word.startsWith(dir)),
    );
}
