import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { downloadRelease } from '../../../src/cli/temporal/get-cli';
import { archiveFor, release } from '../../../src/cli/temporal/release';

let folder = '';
let server: Server;
/** What the place of releases gives: an archive, or a status. */
let gives: Buffer | number = 404;
const asked: string[] = [];
const platform = 'linux-x64';

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'get-cli-'));
  asked.length = 0;
  server = createServer(({ url = '' }, response) => {
    asked.push(url);
    if (typeof gives === 'number') response.writeHead(gives).end();
    else response.end(gives);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

/** An archive as a release has it: the executable and its licence. */
function archiveOf(script: string): Buffer {
  const inside = mkdtempSync(join(folder, 'inside-'));
  writeFileSync(join(inside, 'temporal'), script);
  chmodSync(join(inside, 'temporal'), 0o644);
  writeFileSync(join(inside, 'LICENSE'), 'MIT');
  const path = join(folder, 'archive.tar.gz');
  execFileSync('tar', ['-czf', path, '-C', inside, 'temporal', 'LICENSE']);
  rmSync(inside, { recursive: true });
  const bytes = readFileSync(path);
  rmSync(path);
  return bytes;
}

function get(pinned: Buffer): Promise<string | undefined> {
  const { port } = server.address() as AddressInfo;
  const sha256 = createHash('sha256').update(pinned).digest('hex');
  const from = `http://127.0.0.1:${String(port)}/v1.8.2`;
  const one = { version: 'v1.8.2', from, sha256: { [platform]: sha256 } };
  return downloadRelease(join(folder, 'temporal'), one, platform);
}

const script = '#!/bin/sh\necho temporal version 1.8.2\n';

describe('the download of the Temporal CLI', () => {
  it('is unpacked and can be run where it is what is pinned', async () => {
    gives = archiveOf(script);
    await expect(get(gives)).resolves.toBeUndefined();
    expect(asked).toEqual(['/v1.8.2/temporal_cli_1.8.2_linux_amd64.tar.gz']);
    expect(execFileSync(join(folder, 'temporal'), { encoding: 'utf8' })).toMatch(/1\.8\.2/);
    expect(readdirSync(folder)).toEqual(['temporal']);
  });

  it('is refused, unopened, where one byte of it is another', async () => {
    const pinned = archiveOf(script);
    gives = Buffer.from(pinned);
    gives[gives.length - 1] = (gives.at(-1) ?? 0) ^ 1;
    await expect(get(pinned)).rejects.toThrow(
      /not the release that is pinned.*SHA-256 is [0-9a-f]{64}/s,
    );
    expect(existsSync(join(folder, 'temporal'))).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('gives the reason where there is none', async () => {
    gives = 404;
    await expect(get(archiveOf(script))).resolves.toMatch(/linux_amd64\.tar\.gz answered 404$/);
  });

  it('gives the cause where nobody answers, not that a fetch failed', async () => {
    const one = { version: 'v1.8.2', from: 'http://127.0.0.1:1', sha256: { [platform]: '00' } };
    const reason = await downloadRelease(join(folder, 'temporal'), one, platform);
    expect(reason).toMatch(/ECONNREFUSED|bad port/);
  });

  it('is not tried where no checksum is known', async () => {
    await expect(downloadRelease(join(folder, 'temporal'), release, 'sunos-sparc')).resolves.toBe(
      'no checksum is pinned for sunos-sparc',
    );
  });

  it('has a checksum for each platform that the release is made for', () => {
    const platforms = [
      'darwin-arm64',
      'darwin-x64',
      'linux-arm64',
      'linux-x64',
      'win32-arm64',
      'win32-x64',
    ];
    expect(Object.keys(release.sha256).sort()).toEqual(platforms);
    expect(new Set(Object.values(release.sha256)).size).toBe(platforms.length);
    for (const one of platforms) expect(archiveFor(release, one)?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(archiveFor(release, 'win32-x64')?.name).toBe('temporal_cli_1.8.2_windows_amd64.tar.gz');
    expect(archiveFor(release, 'darwin-arm64')?.name).toBe(
      'temporal_cli_1.8.2_darwin_arm64.tar.gz',
    );
  });
});
