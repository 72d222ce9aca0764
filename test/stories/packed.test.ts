import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

jest.setTimeout(240_000);

const run = promisify(execFile);

describe('the packed product', () => {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-packed-'));
  const place = join(folder, 'place');
  let tarball: string;
  beforeAll(async () => {
    mkdirSync(place);
    // lib is what all stories run; to build it anew here would pull it from under them.
    const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
    const { stdout } = await run('npm', pack, { cwd: join(__dirname, '../..') });
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    tarball = join(folder, filename);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('holds what runs and what a user reads, and nothing of the workshop', async () => {
    const files = (await run('tar', ['-tzf', tarball])).stdout.trim().split('\n');
    expect(files).toEqual(
      expect.arrayContaining(
        ['cli/main.js', 'lab/main.js', 'worker.js', 'workflow-bundle.js'].map(
          (name) => `package/lib/${name}`,
        ),
      ),
    );
    expect([...new Set(files.map((path) => path.split('/')[1]))].sort()).toEqual([
      'LICENSE',
      'README.md',
      'lib',
      'package.json',
      'runbook.example.yaml',
    ]);
    expect(files.filter((path) => /\.ts$|\.test\.|\/(test|src)\/|\/\./.test(path))).toEqual([]);
  });

  test('runs the demo where nothing but its tarball was installed', async () => {
    // Without --prefix npm would look for a project in the folders above.
    const here = ['--prefix', place];
    const quick = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    await run('npm', ['install', ...here, ...quick, tarball], { cwd: place });

    const { stdout } = await run('npx', ['--no-install', 'runbook', 'demo'], {
      cwd: place,
      env: { ...process.env, TEMPORAL_CLI: process.env['STORIES_TEMPORAL_CLI'] },
      // By SIGTERM, at which the demo ends what it has started.
      timeout: 120_000,
    });
    expect(stdout).toContain('# restore of prod: done');
    expect(stdout).toContain("Timeline in Temporal's UI: http://127.0.0.1:");
  });
});
