import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const script = join(__dirname, '../../scripts/count-tests.mjs');

describe('the closing line of a run', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'count-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** What jest would have written: all is well unless told otherwise. */
  function results(name: string, fields: Readonly<Record<string, unknown>>): string {
    const file = join(folder, name);
    writeFileSync(file, JSON.stringify({ success: true, numPassedTests: 3, ...fields }));
    return file;
  }

  function count(files: readonly string[], requireAll = ''): readonly [string, number | null] {
    const { stdout, status } = spawnSync(process.execPath, [script, ...files], {
      encoding: 'utf8',
      env: { ...process.env, REQUIRE_ALL: requireAll },
    });
    return [stdout.trimEnd().split('\n').at(-1) ?? '', status];
  }

  it('adds up the runs', () => {
    const files = [results('a.json', {}), results('b.json', { numPassedTests: 4 })];
    expect(count(files)).toEqual(['7 passed, 0 failed', 0]);
  });

  it('counts a failed test', () => {
    const file = results('failed.json', { success: false, numFailedTests: 2 });
    expect(count([file])).toEqual(['3 passed, 2 failed', 1]);
  });

  it('counts a file that could not be loaded as a failure', () => {
    const file = results('unloaded.json', { success: false, numRuntimeErrorTestSuites: 1 });
    expect(count([file])).toEqual(['3 passed, 1 failed', 1]);
  });

  it('allows a skipped test, unless everything is required', () => {
    const file = results('skipped.json', { numPendingTests: 1 });
    expect(count([file])).toEqual(['3 passed, 0 failed, 1 skipped', 0]);
    expect(count([file], '1')).toEqual(['3 passed, 0 failed, 1 skipped', 1]);
  });

  it('does not call a run good that tested nothing or never ended', () => {
    expect(count([results('empty.json', { numPassedTests: 0 })])[1]).toBe(1);
    expect(count([results('whole.json', {}), join(folder, 'missing.json')])[1]).toBe(1);
    expect(count([])[1]).toBe(1);
  });
});
