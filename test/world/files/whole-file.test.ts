import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWhole } from '../../../src/world/files/whole-file';

describe('a file that is written whole', () => {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-whole-'));
  const path = join(folder, 'runbook.prom');
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('replaces the one before, with the mode that was asked for under any umask', async () => {
    const umask = process.umask(0o077);
    try {
      await writeWhole(path, 'old\n', 0o600);
      const before = statSync(path).ino;
      await writeWhole(path, 'new\n', 0o644);
      expect(readFileSync(path, 'utf8')).toBe('new\n');
      expect(statSync(path).mode & 0o777).toBe(0o644);
      // Another file in its place: who has the old one open reads it to its end.
      expect(statSync(path).ino).not.toBe(before);
    } finally {
      process.umask(umask);
    }
    expect(readdirSync(folder)).toEqual(['runbook.prom']);
  });

  it('leaves nothing behind where it cannot be put', async () => {
    mkdirSync(join(folder, 'taken', 'full'), { recursive: true });
    await expect(writeWhole(join(folder, 'taken'), 'text')).rejects.toThrow();
    await expect(writeWhole(join(folder, 'nowhere', 'file'), 'text')).rejects.toThrow('ENOENT');
    expect(readdirSync(folder).sort()).toEqual(['runbook.prom', 'taken']);
  });
});
