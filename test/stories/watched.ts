/** A program as a user runs it, and every process that comes of it: known by id, never by name. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { eventually } from './stage';

/** A program that runs, or has run. */
export interface Watched {
  /** What it has written so far. */
  said(): string;
  /** Waits until it has written this; fails when it has ended before. */
  says(pattern: RegExp, seconds?: number): Promise<void>;
  /** Waits for its exit status, or the signal that ended it. */
  ends(seconds: number): Promise<number | NodeJS.Signals>;
  /** Ctrl-C, as a terminal sends it: to the whole foreground group. */
  interrupt(): void;
  /** Every process that came of it and runs still, with its command line. */
  alive(): readonly string[];
  /** How many processes it has had, itself included. */
  count(): number;
  /** Kills what is left after a test that failed. */
  kill(): void;
}

interface Process {
  readonly parent: number;
  /** In ticks since the boot: an id that was given away again has another. */
  readonly startedAt: string;
}

/** Starts Node on the arguments, in a folder that is its cwd, its home and its TMPDIR alike. */
export function startWatched(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Watched {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    // A group of its own, as a shell makes for each command.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env, HOME: folder, TMPDIR: folder },
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${args.join(' ')} did not start`);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  }

  const family = new Map<number, string>();
  const look = (): ReadonlyMap<number, Process> => {
    const running = processes();
    let before: number;
    do {
      before = family.size;
      for (const [id, { parent, startedAt }] of running) {
        const known = family.get(parent);
        const isChild = known !== undefined && known === running.get(parent)?.startedAt;
        // Who has lost its parent is still known by the environment that it was given.
        if (id === pid || isChild || environmentOf(id).includes(`TMPDIR=${folder}`)) {
          family.set(id, startedAt);
        }
      }
    } while (family.size > before);
    return running;
  };
  const alive = (): number[] => {
    const running = look();
    return [...family].flatMap(([id, at]) => (running.get(id)?.startedAt === at ? [id] : []));
  };
  const watch = setInterval(look, 200);
  let exit: number | NodeJS.Signals | undefined;
  child.once('close', (code, signal) => {
    clearInterval(watch);
    exit = code ?? signal ?? undefined;
  });
  const tellAlive = (): string[] =>
    alive().map((id) => `${String(id)} ${read(id, 'cmdline').replaceAll('\0', ' ')}`);
  return {
    said: () => text,
    async says(pattern, seconds = 60) {
      await eventually(`it says ${String(pattern)}`, seconds, () => {
        if (pattern.test(text)) return true;
        return exit === undefined ? undefined : false;
      });
      if (!pattern.test(text)) throw new Error(`ended without ${String(pattern)}:\n${text}`);
    },
    ends: (seconds) =>
      eventually('it ends', seconds, () => exit).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${text}\nalive: ${tellAlive().join('\n')}`);
      }),
    interrupt: () => process.kill(-pid, 'SIGINT'),
    alive: tellAlive,
    count: () => family.size,
    kill: () => {
      for (const id of alive()) process.kill(id, 'SIGKILL');
    },
  };
}

/** Every process of the machine that is more than the record of its exit. */
function processes(): Map<number, Process> {
  const found = new Map<number, Process>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const id = Number(name);
    // The command's own name may hold spaces and brackets; the fields begin after the last one.
    const [state, parent, ...rest] = read(id, 'stat').split(') ').at(-1)?.split(' ') ?? [];
    const startedAt = rest[17];
    if (state !== 'Z' && parent !== undefined && startedAt !== undefined) {
      found.set(id, { parent: Number(parent), startedAt });
    }
  }
  return found;
}

function environmentOf(id: number): readonly string[] {
  return read(id, 'environ').split('\0');
}

/** A file of a process; empty when it has ended meanwhile or is not ours. */
function read(id: number, file: 'stat' | 'environ' | 'cmdline'): string {
  try {
    return readFileSync(`/proc/${String(id)}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
