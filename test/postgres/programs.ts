/** The programs of a production stack: PostgreSQL, Temporal's server and its schema tool. */
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { runChild } from '../../src/cli/children';
import { cacheFolder } from '../../src/cli/package';
import { onPath } from '../../src/cli/temporal/find-cli';
import { withLock } from '../../src/cli/temporal/lock';
import { serviceNamed } from '../deploy/compose-file';

/** The version that the compose file runs. */
const serverVersion = serviceNamed('temporal').image.split(':').at(-1) ?? '';

interface TemporalProgram {
  /** As the container images name it. */
  readonly name: string;
  readonly variable: string;
  readonly packagePath: string;
}

/** Temporal's server. */
export const temporalServer: TemporalProgram = {
  name: 'temporal-server',
  variable: 'TEMPORAL_SERVER',
  packagePath: 'go.temporal.io/server/cmd/server',
};

/** What makes and upgrades the schema. */
export const temporalSqlTool: TemporalProgram = {
  name: 'temporal-sql-tool',
  variable: 'TEMPORAL_SQL_TOOL',
  packagePath: 'go.temporal.io/server/cmd/tools/sql',
};

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function cached({ name }: TemporalProgram): string {
  return join(cacheFolder(process.env), `${name}-${serverVersion}`);
}

/** Where the program is: named by its variable, on PATH in the right version, or in the cache. */
export function findProgram(program: TemporalProgram): string | undefined {
  const named = process.env[program.variable];
  if (named !== undefined && named !== '') return canRun(named) ? named : undefined;
  const installed = onPath(program.name, process.env);
  const isRight =
    installed !== undefined &&
    spawnSync(installed, ['--version'], { encoding: 'utf8' }).stdout.includes(serverVersion);
  return [isRight ? installed : undefined, cached(program)].find(
    (path) => path !== undefined && canRun(path),
  );
}

/** The program's path; where it is nowhere, Go builds it into the user's cache folder. */
export async function provideProgram(program: TemporalProgram): Promise<string> {
  const found = findProgram(program);
  if (found !== undefined) return found;
  const say = (text: string): boolean => process.stderr.write(`${text}\n`);
  const target = cached(program);
  mkdirSync(cacheFolder(process.env), { recursive: true });
  return withLock(
    `${target}.lock`,
    () => say(`Another process is building ${program.name}; waiting for it …`),
    async () => {
      if (canRun(target)) return target;
      say(
        `Building ${program.name} ${serverVersion} with Go into ${target} (about 2 minutes, once) …`,
      );
      await build(program, target);
      return target;
    },
  );
}

async function build({ packagePath }: TemporalProgram, target: string): Promise<void> {
  const folder = mkdtempSync(join(cacheFolder(process.env), 'building-'));
  try {
    const args = ['install', `${packagePath}@v${serverVersion}`];
    const go = { name: 'go install', command: 'go', args, env: { GOBIN: folder } };
    const { exit, said } = await runChild(go, 1200);
    const [executable] = readdirSync(folder);
    if (exit !== 'exit 0' || executable === undefined) {
      throw new Error(`go ${args.join(' ')} ended with ${exit}:\n${said}`);
    }
    renameSync(join(folder, executable), target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A program of PostgreSQL: on PATH, or where Debian keeps it; else its bare name. */
export function postgresProgram(name: string): string {
  const debian = '/usr/lib/postgresql';
  let versions: string[] = [];
  try {
    versions = readdirSync(debian).sort((one, other) => Number(other) - Number(one));
  } catch {
    // Another system, or no PostgreSQL.
  }
  const inDebian = versions.map((version) => join(debian, version, 'bin', name)).find(canRun);
  return onPath(name, process.env) ?? inDebian ?? name;
}
