import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

// It packs by npm, which is slow on a busy machine.
jest.setTimeout(120_000);

const root = join(__dirname, '../..');
let folder = '';

function git(...args: readonly string[]): string {
  const who = ['-c', 'user.name=A', '-c', 'user.email=a@example.com'];
  return spawnSync('git', [...who, ...args], { cwd: folder, encoding: 'utf8' }).stdout.trim();
}

function put(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const changelog = (news: string): string => `# Changelog\n\n## Unreleased\n\n${news}`;
const news = '### Added\n\n- More.\n\n### Upgrading\n\nOpen runs end on their own version.\n';

/** A small project that can be released: version 0.1.0, nothing released before. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'release-'));
  git('init', '--quiet');
  git('config', 'user.name', 'A');
  git('config', 'user.email', 'a@example.com');
  const scripts = { check: 'node check.js' };
  put('package.json', JSON.stringify({ name: 'small', version: '0.1.0', files: ['lib'], scripts }));
  put(
    'package-lock.json',
    JSON.stringify({
      name: 'small',
      version: '0.1.0',
      lockfileVersion: 3,
      packages: { '': { name: 'small', version: '0.1.0' } },
    }),
  );
  put('check.js', '');
  put('lib/main.js', 'console.log(1);\n');
  put('CHANGELOG.md', changelog(news));
  put('.gitignore', 'release/\nnode_modules/\n');
  put('test/histories/next/restore.json', '{"events":[]}');
  for (const script of ['release.mjs', 'freeze-histories.mjs']) {
    mkdirSync(join(folder, 'scripts'), { recursive: true });
    cpSync(join(root, 'scripts', script), join(folder, 'scripts', script));
  }
  git('add', '--all');
  git('commit', '--quiet', '--message', 'first');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function release(...args: readonly string[]): {
  readonly status: number | null;
  readonly said: string;
} {
  const all = ['scripts/release.mjs', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, said: stdout + stderr };
}

function commit(): void {
  git('add', '--all');
  git('commit', '--quiet', '--message', 'more');
}

describe('a release', () => {
  it('sets version and date, freezes the recordings, packs, sums up, commits and tags', () => {
    expect(release('0.2.0', '--date', '2026-12-01')).toMatchObject({ status: 0 });
    expect(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))).toMatchObject({
      version: '0.2.0',
    });
    expect(readFileSync(join(folder, 'CHANGELOG.md'), 'utf8')).toContain(
      '## Unreleased\n\n## 0.2.0 (2026-12-01)\n\n### Added',
    );
    expect(existsSync(join(folder, 'test/histories/0.2.0/restore.json'))).toBe(true);
    expect(existsSync(join(folder, 'test/histories/0.2.0/manifest.json'))).toBe(true);
    expect(git('log', '-1', '--format=%s')).toBe('release: 0.2.0');
    expect(git('describe', '--exact-match')).toBe('v0.2.0');
    expect(git('status', '--porcelain')).toBe('');
    const sums = readFileSync(join(folder, 'release/SHA256SUMS'), 'utf8').trim().split('\n');
    const summed = sums.map((line) => line.split('  '));
    expect(summed.map(([, file]) => file)).toEqual([
      'circleci-server-runbook-0.2.0.cdx.json',
      'small-0.2.0.tgz',
    ]);
    for (const [sum, file = ''] of summed) {
      const bytes = readFileSync(join(folder, 'release', file));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sum);
    }
    const sbom: unknown = JSON.parse(
      readFileSync(join(folder, 'release/circleci-server-runbook-0.2.0.cdx.json'), 'utf8'),
    );
    expect(sbom).toMatchObject({
      bomFormat: 'CycloneDX',
      metadata: { component: { version: '0.2.0' } },
    });
  });

  it('is refused with every reason at once, and changes nothing', () => {
    put('CHANGELOG.md', `${changelog('')}## 0.3.0 (2026-11-01)\n\nOld.\n`);
    rmSync(join(folder, 'test/histories/next'), { recursive: true });
    const before = git('rev-parse', 'HEAD');
    const { status, said } = release('0.2.0');
    expect(status).toBe(1);
    for (const reason of [
      /0\.3\.0 came before 0\.2\.0/,
      /not clean/,
      /nothing under \*Unreleased\*/,
      /no recordings/,
    ]) {
      expect(said).toMatch(reason);
    }
    expect(git('rev-parse', 'HEAD')).toBe(before);
    expect(git('tag', '--list')).toBe('');
    expect(existsSync(join(folder, 'release'))).toBe(false);
  });

  it.each([
    ['the version was tagged', () => git('tag', 'v0.2.0'), /not raised: 0\.2\.0/],
    [
      'a file is not committed',
      () => {
        put('new.txt', '');
      },
      /not clean/,
    ],
    [
      'nothing is said of open runs',
      () => {
        put('CHANGELOG.md', changelog('### Added\n\n- More.\n'));
        commit();
      },
      /Upgrading/,
    ],
    [
      'the check is red',
      () => {
        put('check.js', 'process.exit(1);');
        commit();
      },
      /`npm run check` is red/,
    ],
    [
      'recordings are frozen under it',
      () => {
        put('test/histories/0.2.0/a.json', '{}');
        commit();
      },
      /frozen already/,
    ],
  ])('is refused where %s', (_why, spoil, reason) => {
    spoil();
    const { status, said } = release('0.2.0');
    expect(said).toMatch(reason);
    expect(status).toBe(1);
    expect(git('tag', '--list', 'v0.2.0', '--contains', 'HEAD', '--format=%(objecttype)')).not.toBe(
      'tag',
    );
  });

  it('is only judged by --dry-run', () => {
    expect(release('0.2.0', '--dry-run')).toEqual({ status: 0, said: '0.2.0 can be released.\n' });
    expect(git('tag', '--list')).toBe('');
  });

  it('makes the files of its tag anew, and of no other', () => {
    expect(release('--files-of-tag', 'v0.2.0')).toMatchObject({ status: 1 });
    expect(release('--files-of-tag', 'v0.1.0')).toMatchObject({ status: 0 });
    expect(existsSync(join(folder, 'release/small-0.1.0.tgz'))).toBe(true);
    expect(git('status', '--porcelain')).toBe('');
  });

  it('says how it is asked for', () => {
    expect(release('next').said).toMatch(/^Usage: npm run release -- VERSION/);
  });
});
