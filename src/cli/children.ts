/** Child processes of ours: each in its own group, ended by its id, never by a name. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What to start. */
export interface ChildSpec {
  /** For messages: `worker`, `lab`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Changes this process's environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** A running child. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  /** `exit 1`, `SIGKILL`; undefined while it runs. */
  readonly exit: string | undefined;
  readonly ended: Promise<string>;
  /** Hears both of its streams. */
  onOutput(listener: (text: string) => void): void;
  /** The last lines that it said, bounded. */
  tail(): string;
  /** Asks it to end, and kills it and its children when it has not after some seconds. */
  stop(graceSeconds?: number): Promise<void>;
}

const tailLength = 4000;
/** Every child that runs: an interrupted command ends also those that it was only starting. */
const running = new Set<Child>();
const ownGroups = process.platform !== 'win32';

/**
 * Starts a child with its own process group: Ctrl-C then reaches only us, and we end the
 * children in order.
 */
export function startChild(spec: ChildSpec): Child {
  const child = spawn(spec.command, spec.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: ownGroups,
    windowsHide: true,
    env: { ...process.env, ...spec.env },
    ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
  });
  let said = '';
  let exit: string | undefined;
  const listeners: ((text: string) => void)[] = [];
  const hear = (chunk: Buffer): void => {
    const text = chunk.toString('utf8');
    said = (said + text).slice(-tailLength);
    for (const listener of listeners) listener(text);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const ended = new Promise<string>((resolve) => {
    const end = (how: string): void => {
      exit = how;
      resolve(how);
    };
    child.once('error', (error) => {
      end(error.message);
    });
    child.once('exit', (code, signal) => {
      end(signal ?? `exit ${String(code)}`);
    });
  });
  const pid = child.pid ?? 0;
  const started: Child = {
    name: spec.name,
    pid,
    get exit() {
      return exit;
    },
    ended,
    onOutput: (listener) => listeners.push(listener),
    tail: () => said.trim(),
    stop: async (graceSeconds = 5) => {
      if (exit !== undefined || pid === 0) return;
      signalGroup(pid, 'SIGTERM');
      const patience = new AbortController();
      const slow = sleep(graceSeconds * 1000, 'slow', { signal: patience.signal });
      slow.catch(() => undefined);
      if ((await Promise.race([ended, slow])) === 'slow') signalGroup(pid, 'SIGKILL');
      patience.abort();
      await ended;
    },
  };
  running.add(started);
  void ended.then(() => running.delete(started));
  return started;
}

/** Ends every child that still runs. */
export async function stopEveryChild(): Promise<void> {
  await Promise.all([...running].map((child) => child.stop()));
}

/** Runs a short command to its end; resolves with its exit and the tail of what it said. */
export async function runChild(
  spec: ChildSpec,
  timeoutSeconds: number,
): Promise<{ readonly exit: string; readonly said: string }> {
  const child = startChild(spec);
  const timer = setTimeout(() => void child.stop(1), timeoutSeconds * 1000);
  const exit = await child.ended;
  clearTimeout(timer);
  return { exit, said: child.tail() };
}

/** A port of the loopback that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => {
        resolve(port);
      });
    });
  });
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(ownGroups ? -pid : pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
