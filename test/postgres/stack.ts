/**
 * What docker-compose.yml describes, without containers: the same commands with the same variables,
 * the same configuration files, in the same order. Only addresses and ports are others, and the
 * programs come from this machine instead of the images.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Connection } from '@temporalio/client';
import { runChild, startChild, type Child } from '../../src/cli/children';
import { findTemporalCli } from '../../src/cli/temporal/find-cli';
import { commandOf, environmentOf, root, serviceNamed } from '../deploy/compose-file';
import { eventually } from '../stories/stage';
import { createPostgres, type Postgres } from './postgres';
import { provideProgram, temporalServer, temporalSqlTool } from './programs';

/** A production stack, without its worker. */
export interface Stack {
  readonly address: string;
  readonly postgres: Postgres;
  /** Runs a one-shot service of the compose file to its end; gives back what it said. */
  runOnce(name: 'schema' | 'namespace'): Promise<string>;
  startTemporal(): Promise<void>;
  /** Ends Temporal's server without a word. */
  killTemporal(): Promise<void>;
  stop(): Promise<void>;
}

// The frontend, history, matching and the server's own worker; see deploy/temporal/server.yaml.
const distances = [0, 1, 2, 6, -300, -299, -298, -294];

async function isFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** A port for the frontend, with all others at their distances free, too. */
async function freePorts(): Promise<{ readonly temporal: number; readonly postgres: number }> {
  for (;;) {
    // Below the ports that the system gives to outgoing connections.
    const temporal = randomInt(12_000, 32_000);
    const wanted = [...distances, 10].map((distance) => temporal + distance);
    const free = await Promise.all(wanted.map(isFree));
    if (free.every(Boolean)) return { temporal, postgres: temporal + 10 };
  }
}

/** A folder with the programs under the names that the images give them. */
async function programsIn(dir: string): Promise<string> {
  const folder = join(dir, 'bin');
  mkdirSync(folder);
  const link = (path: string, name: string): void => symlinkSync(path, join(folder, name));
  link(await provideProgram(temporalServer), temporalServer.name);
  link(await provideProgram(temporalSqlTool), temporalSqlTool.name);
  link(await findTemporalCli(), 'temporal');
  return folder;
}

/** Starts the database, sets up its schema, starts the server and prepares its namespace. */
export async function startStack(): Promise<Stack> {
  const dir = mkdtempSync(join(tmpdir(), 'runbook-production-'));
  // The database runs as another user, who must get through.
  chmodSync(dir, 0o711);
  const bin = await programsIn(dir);
  const ports = await freePorts();
  const password = randomBytes(12).toString('hex');
  const postgres = createPostgres({ dir, port: ports.postgres, password });
  const address = `127.0.0.1:${ports.temporal}`;
  const stack = stackOf({ dir, postgres, address, spec: specMaker({ bin, ports, password }) });
  try {
    await postgres.start();
    await stack.runOnce('schema');
    await stack.startTemporal();
    await stack.runOnce('namespace');
  } catch (error) {
    await stack.stop();
    throw error;
  }
  return stack;
}

type ServiceName = 'schema' | 'temporal' | 'namespace';

/** What to start for a service: the compose file's command and variables, on our ports. */
function specMaker(facts: {
  readonly bin: string;
  readonly ports: { readonly temporal: number; readonly postgres: number };
  readonly password: string;
}) {
  const { bin, ports, password } = facts;
  const here: Readonly<Record<string, string>> = {
    SQL_HOST: '127.0.0.1',
    SQL_PORT: String(ports.postgres),
    POSTGRES_HOST: '127.0.0.1',
    POSTGRES_PORT: String(ports.postgres),
    FRONTEND_IP: '127.0.0.1',
    TEMPORAL_PORT: String(ports.temporal),
    TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}`,
  };
  const inRepository = (text: string): string => text.replace(/^\/deploy/, join(root, 'deploy'));
  return (name: ServiceName) => {
    const service = serviceNamed(name);
    const [program = '', ...args] = commandOf(service).map(inRepository);
    const environment = environmentOf(service, { POSTGRES_PASSWORD: password });
    const env = Object.fromEntries(
      Object.entries(environment).map(([key, value]) => [key, here[key] ?? inRepository(value)]),
    );
    return {
      name,
      command: program.startsWith('/') ? program : join(bin, program),
      args,
      env: { ...env, PATH: [bin, process.env.PATH].join(delimiter) },
    };
  };
}

function stackOf(facts: {
  readonly dir: string;
  readonly postgres: Postgres;
  readonly address: string;
  readonly spec: ReturnType<typeof specMaker>;
}): Stack {
  const { dir, postgres, address, spec } = facts;
  let server: Child | undefined;
  return {
    address,
    postgres,
    async runOnce(name) {
      const { exit, said } = await runChild(spec(name), 180);
      if (exit !== 'exit 0') throw new Error(`${name} ended with ${exit}:\n${said}`);
      return said;
    },
    async startTemporal() {
      const starting = startChild(spec('temporal'));
      server = starting;
      await eventually('the Temporal server answers', 60, async () => {
        if (starting.exit !== undefined) throw new Error(`${starting.exit}: ${starting.tail()}`);
        const connection = await Connection.connect({ address, connectTimeout: 2000 });
        await connection.close();
        return true;
      });
    },
    async killTemporal() {
      if (server === undefined || server.exit !== undefined) return;
      process.kill(server.pid, 'SIGKILL');
      await server.ended;
    },
    async stop() {
      await server?.stop();
      await postgres.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
