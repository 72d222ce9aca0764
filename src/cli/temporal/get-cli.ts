/** The two ways to get the Temporal CLI. Each puts it in place by one rename, or says why not. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { runChild } from '../children';
import { CliError } from '../exit-status';
import { archiveFor, release, type Release } from './release';

/** A download must not take for ever, and no archive of it is half as large. */
const limits = { seconds: 600, bytes: 200_000_000 };

/**
 * Downloads the release and unpacks it, once its checksum is the pinned one. Gives the reason where
 * there is nothing to be had; refuses what is not what was pinned, because somebody may have put it
 * there, and no other way of getting it is then tried.
 */
export async function downloadRelease(
  target: string,
  from: Release = release,
  platform = `${process.platform}-${process.arch}`,
): Promise<string | undefined> {
  const archive = archiveFor(from, platform);
  if (archive === undefined) return `no checksum is pinned for ${platform}`;
  const url = `${from.from}/${archive.name}`;
  return await inFreshFolder(target, async (folder) => {
    const path = join(folder, archive.name);
    const reason = await fetchInto(path, url);
    if (reason !== undefined) return reason;
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
    if (sha256 !== archive.sha256) throw notThePinnedOne(url, { pinned: archive.sha256, sha256 });
    // bsdtar of Windows 10 and macOS, GNU tar of Linux: all unpack by this.
    const args = ['-xzf', path, '-C', folder];
    const { exit, said } = await runChild({ name: 'tar', command: 'tar', args }, limits.seconds);
    const executable = largestFile(folder);
    if (exit !== 'exit 0' || executable === undefined) return `tar: ${lastLine(said) || exit}`;
    chmodSync(executable, 0o755);
    renameSync(executable, target);
    return undefined;
  });
}

async function fetchInto(path: string, url: string): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(limits.seconds * 1000);
    const response = await fetch(url, { signal });
    if (!response.ok) return `${url} answered ${String(response.status)}`;
    const length = Number(response.headers.get('content-length') ?? 0);
    if (length > limits.bytes) return `${url} has ${String(length)} bytes, which is no CLI`;
    const bytes = Buffer.from(await response.arrayBuffer());
    if (length > 0 && bytes.length !== length) return `${url} ended before its end`;
    writeFileSync(path, bytes);
    return undefined;
  } catch (error) {
    return `${url}: ${causeOf(error)}`;
  }
}

/** `fetch failed` alone says nothing; the cause has the name or the port. */
function causeOf(error: unknown): string {
  const { cause } = error as { readonly cause?: { readonly message?: string } };
  return cause?.message ?? String(error);
}

function notThePinnedOne(
  url: string,
  { pinned, sha256 }: { readonly pinned: string; readonly sha256: string },
): CliError {
  return new CliError(
    'Failed',
    `What ${url} gave is not the release that is pinned, and is not run: its SHA-256 is ${sha256}, ` +
      `not ${pinned}. A proxy may have put something in its place. Get it another way, and set ` +
      'TEMPORAL_CLI to the path of the executable.',
  );
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

/** The executable: an archive lies beside it, and the licence is in it. */
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
