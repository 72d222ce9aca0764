/**
 * Temporal's own development server as a child process whose id we hold, so that it can be ended,
 * and killed and restarted on its database file in tests. Its database, namespace retention and
 * search attributes outlive it.
 */
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { freePort, startChild, type Child } from '../children';
import { prepareNamespace } from './prepare-namespace';

/** Where the server is to run and what it keeps. */
export interface DevServerOptions {
  readonly cliPath: string;
  readonly dbFile: string;
  /** Free ports are chosen for those that are not given. */
  readonly port?: number;
  readonly uiPort?: number;
  readonly logFile: string;
  /** Values of its dynamic configuration. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** A development server that answers. */
export interface DevServer {
  readonly address: string;
  readonly uiUrl: string;
  readonly pid: number;
  /** Settles when the process has ended, by us or by itself. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

const healthyWithinMs = 60_000;

/** The server itself chooses more ports, and may take one of ours just before it listens there. */
const maxStarts = 5;

/** Starts the server, waits until it answers, and prepares its namespace. */
export async function startTemporal(options: DevServerOptions): Promise<DevServer> {
  for (const file of [options.dbFile, options.logFile]) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  }
  for (let starts = 1; ; starts += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (!(error instanceof PortTaken) || starts === maxStarts) throw error;
    }
  }
}

/** A port that was free a moment ago is not any more. */
class PortTaken extends Error {}

async function startOnce(options: DevServerOptions): Promise<DevServer> {
  const port = options.port ?? (await freePort());
  const uiPort = options.uiPort ?? (await freePort());
  const child = startChild({
    name: 'Temporal server',
    command: options.cliPath,
    args: [...serverArguments({ port, uiPort, dbFile: options.dbFile }), ...more(options)],
  });
  const log = createWriteStream(options.logFile, { flags: 'a' });
  let taken: string | undefined;
  child.onOutput((text) => {
    log.write(text);
    taken ??= /listen tcp \S+ bind: address already in use/.exec(text)?.[0];
  });
  const address = `127.0.0.1:${String(port)}`;
  try {
    const connection = await whenHealthy(address, child);
    try {
      await prepareNamespace(connection, 'default');
    } finally {
      await connection.close();
    }
  } catch (error) {
    await child.stop();
    log.end();
    if (taken === undefined) throw error;
    throw new PortTaken(
      `The Temporal server could not start: ${taken}. End what listens there, or choose other ports.`,
    );
  }
  return {
    address,
    uiUrl: `http://127.0.0.1:${String(uiPort)}`,
    pid: child.pid,
    ended: child.ended.then(() => undefined),
    stop: async () => {
      await child.stop();
      log.end();
    },
  };
}

function serverArguments(place: {
  readonly port: number;
  readonly uiPort: number;
  readonly dbFile: string;
}): string[] {
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1'],
    ...['--port', String(place.port), '--ui-port', String(place.uiPort)],
    ...['--db-filename', place.dbFile, '--log-level', 'error'],
    // One shard's transfer queue is polled 20 times a second by default: 104 ms a step.
    ...['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=2000'],
  ];
}

function more({ settings = {} }: DevServerOptions): string[] {
  return Object.entries(settings).flatMap(([key, value]) => [
    '--dynamic-config-value',
    `${key}=${JSON.stringify(value)}`,
  ]);
}

async function whenHealthy(address: string, child: Child): Promise<Connection> {
  const { Connection } = await import('@temporalio/client');
  const until = Date.now() + healthyWithinMs;
  let last: unknown;
  while (Date.now() < until) {
    if (child.exit !== undefined) {
      throw new Error(`The Temporal server ended by itself (${child.exit}):\n${child.tail()}`);
    }
    try {
      return await Connection.connect({ address, connectTimeout: 2000 });
    } catch (error) {
      last = error;
      await sleep(100);
    }
  }
  const why = last instanceof Error ? last.message : '';
  throw new Error(`The Temporal server did not answer within 60 seconds: ${why}\n${child.tail()}`);
}
