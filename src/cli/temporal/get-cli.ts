/** The two ways to get the Temporal CLI. Each puts it in place by one rename, or says why not. */
import { chmodSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runChild } from '../children';
import { libFile } from '../package';

/** Lets the Temporal SDK download it, in a child: its native code must not stay loaded here. */
export async function downloadWithSdk(
  target: string,
  version: string,
): Promise<string | undefined> {
  return await inFreshFolder(target, async (folder) => {
    const { exit, said } = await runChild(
      {
        name: 'download',
        command: process.execPath,
        args: [libFile('cli/temporal/sdk-download.js'), folder, version],
      },
      600,
    );
    const executable = largestFile(folder);
    if (executable === undefined) return lastLine(said) || exit;
    chmodSync(executable, 0o755);
    renameSync(executable, target);
    return undefined;
  });
}

/** Builds it with `go install`. */
export async function buildWithGo(build: {
  readonly go: string;
  readonly target: string;
  readonly version: string;
}): Promise<string | undefined> {
  return await inFreshFolder(build.target, async (folder) => {
    const { exit, said } = await runChild(
      {
        name: 'go install',
        command: build.go,
        args: ['install', `github.com/temporalio/cli/cmd/temporal@${build.version}`],
        env: { GOBIN: folder },
      },
      1200,
    );
    if (exit !== 'exit 0') return `go install: ${lastLine(said) || exit}`;
    const executable = largestFile(folder);
    if (executable === undefined) return 'go install left nothing behind';
    renameSync(executable, build.target);
    return undefined;
  });
}

/** Beside the target, so that the rename stays within one file system. */
async function inFreshFolder(
  target: string,
  work: (folder: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  const folder = mkdtempSync(join(dirname(target), 'getting-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The downloader names the file as it likes, and may leave a partial archive beside it. */
function largestFile(folder: string): string | undefined {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(tmp|part|downloading|gz|zip)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, size: statSync(path).size }))
    .sort((a, b) => b.size - a.size);
  return files[0]?.path;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}
