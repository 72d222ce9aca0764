/** One running sandbox: joined to its SSH connection, ended with its machine. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Duplex, Readable, Writable } from 'node:stream';
import type { Machine } from '../machine/machine';
import type { MountEntry } from '../machine/mounts';
import { disksInside, exportsInside } from './real-sandbox';

/** A sandbox that was started. */
export interface RunningSandbox {
  /** Resolves when its last process has ended. */
  readonly ended: Promise<void>;
  /** Mounts an export in the running sandbox, or takes it off. */
  change(mount: MountEntry, mounted: boolean): void;
  /** Kills it with everything in it. */
  end(): Promise<void>;
}

/** How a sandbox is started. */
export interface Invocation {
  /** Path of bubblewrap. */
  readonly program: string;
  readonly args: readonly string[];
  /** Path of the filter of system calls. */
  readonly filter: string;
}

const maxErrorCharacters = 2000;

/**
 * Starts a sandbox on a connection. Work that a session left behind goes on after the connection
 * has ended, as on any machine, and stops when the machine is switched off.
 */
export function startSandbox(
  invocation: Invocation,
  { machine, connection }: { machine: Machine; connection: Duplex },
): RunningSandbox {
  const child = start(invocation);
  const kill = (): void => void child.kill('SIGKILL');

  // The child may end before it has read, and the client may leave before it has answered.
  child.stdin.on('error', () => child.stdin.destroy());
  child.stdout.on('error', () => child.stdout.destroy());
  let sent = 0;
  child.stdout.on('data', (chunk: Buffer) => (sent += chunk.length));
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-maxErrorCharacters);
  });
  connection.pipe(child.stdin);
  child.stdout.pipe(connection);
  connection.once('close', () => {
    child.stdin.destroy();
    child.stdout.destroy();
  });

  const { power } = machine;
  power.addEventListener('abort', kill);

  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      complaint = String(error);
      resolve();
    });
    child.once('exit', () => resolve());
  }).then(() => {
    power.removeEventListener('abort', kill);
    connection.destroy();
    if (sent === 0 && complaint !== '') {
      machine.note('ssh', complaint.trim());
    }
  });

  return {
    ended,
    change: (mount, mounted) => {
      if (child.pid !== undefined) changeMount(child.pid, mount, mounted);
    },
    end: () => {
      kill();
      return ended;
    },
  };
}

/**
 * No program in a sandbox may mount, so the lab does it from outside, in the sandbox's own view of
 * the file system, which ends with it.
 */
function changeMount(pid: number, { target, folder }: MountEntry, mounted: boolean): void {
  if (folder === undefined) return;
  const [inside = ''] = readFileSync(
    `/proc/${String(pid)}/task/${String(pid)}/children`,
    'utf8',
  ).split(' ');
  // Exports and volumes lie in folders of those names, on the host as in the sandbox.
  const [, kind = '', rest = ''] = /\/(exports|disks)\/([^/]+.*)$/.exec(folder) ?? [];
  if (kind === '') return;
  const source = `${kind === 'disks' ? disksInside : exportsInside}/${rest}`;
  const work = mounted ? ['/usr/bin/mount', '--bind', source, target] : ['/usr/bin/umount', target];
  execFileSync('nsenter', ['--target', inside, '--mount', ...work], { timeout: 10_000 });
}

interface Streams {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

function start({ program, args, filter }: Invocation): ChildProcess & Streams {
  const handle = openSync(filter, 'r');
  try {
    // The filter becomes descriptor 3, where `sandboxArguments` says it is.
    const child = spawn(program, args, {
      env: {},
      cwd: '/',
      stdio: ['pipe', 'pipe', 'pipe', handle],
    });
    const { stdin, stdout, stderr } = child;
    if (stdin === null || stdout === null || stderr === null) {
      throw new Error(`${program} was started without its streams`);
    }
    return Object.assign(child, { stdin, stdout, stderr });
  } finally {
    closeSync(handle);
  }
}
