/**
 * Finds the Temporal CLI, in this order: TEMPORAL_CLI, `temporal` on PATH, the user's cache folder;
 * else gets it into that folder, by a download that is verified or by `go install`.
 */
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CliError } from '../exit-status';
import { cacheFolder } from '../package';
import { buildWithGo, downloadRelease } from './get-cli';
import { withLock } from './lock';
import { buildableVersion, release } from './release';

const exeSuffix = process.platform === 'win32' ? '.exe' : '';

/** Where to look, and how to get the CLI when it is nowhere. */
export interface CliSearch {
  readonly environment?: NodeJS.ProcessEnv;
  readonly say?: (text: string) => void;
  /** Puts the executable at `target`, or says why it could not. */
  readonly download?: (target: string) => Promise<string | undefined>;
}

/** Returns the path of a Temporal CLI, fetching or building one if there is none. */
export async function findTemporalCli(search: CliSearch = {}): Promise<string> {
  const environment = search.environment ?? process.env;
  const named = environment['TEMPORAL_CLI'];
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return named;
    throw new CliError('Failed', `TEMPORAL_CLI names ${named}, which is no executable file.`);
  }
  return presentCli(environment) ?? (await getOne(environment, search));
}

/** The one on PATH, or the one that was fetched before. */
export function presentCli(environment: NodeJS.ProcessEnv): string | undefined {
  const { downloaded, built } = cachedIn(environment);
  return [onPath('temporal', environment), downloaded, built].find(
    (path) => path !== undefined && isExecutable(path),
  );
}

/** Where it lies once it was fetched; the two ways give two versions. */
function cachedIn(environment: NodeJS.ProcessEnv) {
  const named = (version: string): string =>
    join(cacheFolder(environment), `temporal-${version}${exeSuffix}`);
  return { downloaded: named(release.version), built: named(buildableVersion) };
}

/** The first executable of that name on PATH. */
export function onPath(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  return (environment['PATH'] ?? environment['Path'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, `${name}${exeSuffix}`))
    .find(isExecutable);
}

async function getOne(environment: NodeJS.ProcessEnv, search: CliSearch): Promise<string> {
  const say = search.say ?? ((text: string) => process.stderr.write(`${text}\n`));
  const download = search.download ?? downloadRelease;
  const { downloaded, built } = cachedIn(environment);
  mkdirSync(cacheFolder(environment), { recursive: true });
  return await withLock(
    join(cacheFolder(environment), 'temporal.lock'),
    () => {
      say('Another process is getting the Temporal CLI; waiting for it …');
    },
    async () => {
      const got = [downloaded, built].find(isExecutable);
      if (got !== undefined) return got;
      say(
        `Getting the Temporal CLI ${release.version} into ${downloaded} (once, for all clones) …`,
      );
      const notDownloaded = await download(downloaded);
      if (notDownloaded === undefined && isExecutable(downloaded)) return downloaded;
      const go = onPath('go', environment);
      if (go === undefined) throw nowhere(built, notDownloaded, 'there is no `go` on PATH');
      say(
        `It cannot be downloaded here; building ${buildableVersion} with Go takes about 2.5 minutes ` +
          'once …',
      );
      const notBuilt = await buildWithGo({ go, target: built, version: buildableVersion });
      if (notBuilt === undefined && isExecutable(built)) return built;
      throw nowhere(built, notDownloaded, notBuilt);
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
