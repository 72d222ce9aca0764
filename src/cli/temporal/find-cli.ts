/**
 * Finds the Temporal CLI, in this order: TEMPORAL_CLI, `temporal` on PATH, the user's cache folder;
 * else gets it into that folder, by the SDK's own download or by `go install`.
 */
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CliError } from '../exit-status';
import { cacheFolder } from '../package';
import { buildWithGo, downloadWithSdk } from './get-cli';
import { withLock } from './lock';

/** The version that is fetched: the last one that `go install` can build. */
const cliVersion = 'v1.5.1';

const exeSuffix = process.platform === 'win32' ? '.exe' : '';

/** Where to look, and how to get the CLI when it is nowhere. */
export interface CliSearch {
  readonly environment?: NodeJS.ProcessEnv;
  readonly say?: (text: string) => void;
  /** Puts the executable at `target`, or says why it could not. */
  readonly download?: (target: string, version: string) => Promise<string | undefined>;
}

/** Returns the path of a Temporal CLI, fetching or building one if there is none. */
export async function findTemporalCli(search: CliSearch = {}): Promise<string> {
  const environment = search.environment ?? process.env;
  const named = environment['TEMPORAL_CLI'];
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return named;
    throw new CliError('Failed', `TEMPORAL_CLI names ${named}, which is no executable file.`);
  }
  return presentCli(environment) ?? (await getInto(cachedCli(environment), environment, search));
}

/** The one on PATH, or the one that was fetched before. */
export function presentCli(environment: NodeJS.ProcessEnv): string | undefined {
  return [onPath('temporal', environment), cachedCli(environment)].find(
    (path) => path !== undefined && isExecutable(path),
  );
}

function cachedCli(environment: NodeJS.ProcessEnv): string {
  return join(cacheFolder(environment), `temporal-${cliVersion}${exeSuffix}`);
}

/** The first executable of that name on PATH. */
export function onPath(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  return (environment['PATH'] ?? environment['Path'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, `${name}${exeSuffix}`))
    .find(isExecutable);
}

async function getInto(
  cached: string,
  environment: NodeJS.ProcessEnv,
  search: CliSearch,
): Promise<string> {
  const say = search.say ?? ((text: string) => process.stderr.write(`${text}\n`));
  const download = search.download ?? downloadWithSdk;
  mkdirSync(cacheFolder(environment), { recursive: true });
  return await withLock(
    `${cached}.lock`,
    () => {
      say('Another process is getting the Temporal CLI; waiting for it …');
    },
    async () => {
      if (isExecutable(cached)) return cached;
      say(`Getting the Temporal CLI ${cliVersion} into ${cached} (once, for all clones) …`);
      const notDownloaded = await download(cached, cliVersion);
      if (notDownloaded === undefined && isExecutable(cached)) return cached;
      const go = onPath('go', environment);
      if (go === undefined) throw nowhere(cached, notDownloaded, 'there is no `go` on PATH');
      say('It cannot be downloaded here; building it with Go takes about 2.5 minutes once …');
      const notBuilt = await buildWithGo({ go, target: cached, version: cliVersion });
      if (notBuilt === undefined && isExecutable(cached)) return cached;
      throw nowhere(cached, notDownloaded, notBuilt);
    },
  );
}

function nowhere(cached: string, notDownloaded?: string, notBuilt?: string): CliError {
  return new CliError(
    'Failed',
    [
      'There is no Temporal CLI, and it could be neither downloaded nor built:',
      `  download: ${notDownloaded ?? 'left no executable'}`,
      `  build: ${notBuilt ?? 'left no executable'}`,
      'Supply it in one of three ways, then try again:',
      '  1. set TEMPORAL_CLI to the path of the executable;',
      '  2. put an executable named `temporal` on PATH (https://docs.temporal.io/cli);',
      `  3. copy it to ${cached}, or install Go (https://go.dev/dl) so that it is built there.`,
    ].join('\n'),
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
