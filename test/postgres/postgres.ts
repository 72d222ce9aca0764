/** A PostgreSQL of our own: its data in a folder of ours, its process held by its id. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../stories/stage';
import { postgresProgram } from './programs';

/** A database server that can be killed and started again. */
export interface Postgres {
  readonly version: string;
  start(): Promise<void>;
  /** Ends it without a word, as a crash of its machine does. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

interface Place {
  readonly dir: string;
  readonly port: number;
  readonly password: string;
}

/** PostgreSQL refuses to run as root. */
function unprivileged(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number =>
    Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}

/** Makes a new database cluster, with the settings of the image's first start. */
export function createPostgres({ dir, port, password }: Place): Postgres {
  const user = unprivileged();
  const data = join(dir, 'postgres');
  mkdirSync(data, { mode: 0o700 });
  const passwordFile = join(data, '..', 'postgres-password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user !== undefined) {
    for (const path of [data, passwordFile]) chownSync(path, user.uid, user.gid);
  }
  const made = spawnSync(
    postgresProgram('initdb'),
    [
      ...['--pgdata', data, '--username', 'temporal', '--pwfile', passwordFile],
      ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C', '--data-checksums'],
    ],
    { ...user, cwd: data, encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}${String(made.error ?? '')}`);
  const version = spawnSync(postgresProgram('postgres'), ['--version'], { encoding: 'utf8' });
  return running({ data, port, user, version: version.stdout.trim() });
}

function running(facts: {
  readonly data: string;
  readonly port: number;
  readonly user: ReturnType<typeof unprivileged>;
  readonly version: string;
}): Postgres {
  const { data, port, user, version } = facts;
  const args = [
    ...['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1'],
    ...['-c', 'unix_socket_directories=', '-c', 'max_connections=100'],
  ];
  let server: ChildProcess | undefined;
  let log = '';
  const begin = (): void => {
    log = '';
    server = spawn(postgresProgram('postgres'), args, { ...user, cwd: data });
    const hear = (chunk: Buffer): void => {
      log += chunk.toString();
    };
    server.stderr?.on('data', hear);
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ending = server;
    if (ending?.exitCode !== null || ending.signalCode !== null) return;
    const ended = new Promise((resolve) => ending.once('exit', resolve));
    ending.kill(signal);
    await ended;
  };
  return {
    version,
    start: () => {
      begin();
      return eventually(`PostgreSQL accepts connections, but it says: ${log}`, 60, () => {
        if (log.includes('ready to accept connections')) return true;
        // The children of a server that was killed need a moment to notice.
        if (server?.exitCode !== null || server.signalCode !== null) begin();
        return undefined;
      }).then(() => undefined);
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGINT'),
  };
}
