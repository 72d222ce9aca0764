import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changedSinceRelease, foldersOf, next, shelf } from './shelf';

const freezing = join(__dirname, '../../scripts/freeze-histories.mjs');

test('the recordings of every release are as they were', () => {
  expect(changedSinceRelease(shelf)).toEqual([]);
});

describe('at a release', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'shelf-'));
    // After a release there is nothing in `next` yet: any recordings will do.
    cpSync(join(shelf, foldersOf(shelf).at(-1) ?? next), join(root, next), { recursive: true });
    rmSync(join(root, next, 'manifest.json'), { force: true });
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const freeze = (): { said: string; status: number | null } => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [freezing, root], {
      encoding: 'utf8',
    });
    return { said: stdout + stderr, status };
  };
  /** The folder of the release, and its first recording. */
  const frozen = (): [string, string] => {
    expect(freeze().status).toBe(0);
    const release = readdirSync(root).find((name) => name !== next) ?? '';
    const [first = ''] = readdirSync(join(root, release));
    return [release, first];
  };

  test('the recordings get a folder of their own, and nothing of it has changed', () => {
    const before = readdirSync(join(root, next)).filter((name) => name.endsWith('.json'));
    const [release] = frozen();
    expect(release).toMatch(/^\d+\.\d+\.\d+/);
    expect(readdirSync(join(root, release))).toEqual([...before, 'manifest.json'].sort());
    expect(changedSinceRelease(root)).toEqual([]);
  });

  test('nothing is frozen twice, and nothing without recordings', () => {
    frozen();
    expect(freeze()).toMatchObject({ status: 1, said: expect.stringContaining('frozen already') });
    const [release = ''] = readdirSync(root).filter((name) => name !== next);
    rmSync(join(root, release), { recursive: true });
    expect(freeze()).toMatchObject({ status: 1, said: expect.stringContaining('no recordings') });
  });

  test('a frozen recording that changes is told', () => {
    const [release, file] = frozen();
    appendFileSync(join(root, release, file), ' ');
    expect(changedSinceRelease(root)).toEqual([`${release}/${file} has changed`]);
  });

  test('a frozen recording that goes is told', () => {
    const [release, file] = frozen();
    rmSync(join(root, release, file));
    expect(changedSinceRelease(root)).toEqual([`${release}/${file} is missing`]);
  });

  test('one that is put beside them later is told, and a folder without a manifest', () => {
    const [release] = frozen();
    writeFileSync(join(root, release, 'late.json'), '{"events":[]}');
    expect(changedSinceRelease(root)).toEqual([`${release}/late.json was added`]);
    rmSync(join(root, release, 'manifest.json'));
    expect(changedSinceRelease(root)).toEqual([`${release}/manifest.json is missing`]);
  });
});
