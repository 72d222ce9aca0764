import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceFile } from '../../../src/machine/shell/commands';

// The script runs in the bash and with the tools of this computer, on files of a folder of its own.
const describeOnLinux = process.platform === 'linux' ? describe : describe.skip;

const before = 'PRIVATE_ADDRESS=10.0.1.5\r\nNAME=\xe9\xff\x00';
const after = before.replace('10.0.1.5', '10.0.9.77');
const sum = (content: string): string =>
  createHash('sha256').update(Buffer.from(content, 'latin1')).digest('hex');

describeOnLinux('replacing a file', () => {
  let folder = '';
  let path = '';
  let kept = '';
  const read = (file: string): string => readFileSync(file, 'latin1');

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'replace-file-'));
    mkdirSync(join(folder, 'etc'));
    path = join(folder, 'etc', "replicated's own");
    kept = join(folder, 'kept', 'k3f9', 'replicated');
    writeFileSync(path, before, 'latin1');
    chmodSync(path, 0o640);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function run(content = after, sums = { expected: sum(before), wanted: sum(after) }) {
    const command = replaceFile({ path, ...sums, keepAs: kept, content });
    const script = command.script.replace('/var/lock/', `${folder}/`);
    const input = Buffer.from(command.stdin ?? '', 'latin1');
    const { stdout, status } = spawnSync('/bin/bash', ['-c', script, 'runbook', ...command.args], {
      input,
    });
    return { said: stdout.toString().trim(), status };
  }
  const onlyTheFile = (): void => {
    expect(readdirSync(join(folder, 'etc'))).toEqual(["replicated's own"]);
  };

  test('changes it byte for byte, with the mode it had, and keeps the original', () => {
    expect(run()).toEqual({ said: 'changed', status: 0 });
    expect(read(path)).toBe(after);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(read(kept)).toBe(before);
    expect(statSync(kept).mode & 0o777).toBe(0o640);
    onlyTheFile();
  });

  test('a second time changes nothing', () => {
    run();
    const { ino, mtimeMs } = statSync(path);
    expect(run()).toEqual({ said: 'unchanged', status: 0 });
    expect(statSync(path)).toMatchObject({ ino, mtimeMs });
    expect(read(kept)).toBe(before);
  });

  test('leaves a file alone that somebody has changed meanwhile', () => {
    writeFileSync(path, 'edited by hand\n');
    expect(run()).toEqual({ said: `file is ${sum('edited by hand\n')}`, status: 66 });
    expect(read(path)).toBe('edited by hand\n');
    onlyTheFile();
  });

  test.each(['', 'P', after.slice(0, -1)])('leaves it alone when only %j arrives', (content) => {
    expect(run(content)).toEqual({ said: 'content was cut short', status: 65 });
    expect(read(path)).toBe(before);
    onlyTheFile();
  });

  test('never overwrites the original that was kept first', () => {
    mkdirSync(join(folder, 'kept', 'k3f9'), { recursive: true });
    writeFileSync(kept, 'the first original');
    expect(run().said).toBe('changed');
    expect(read(kept)).toBe('the first original');
  });

  test('replaces what a symlink points to, and leaves the link', () => {
    const real = path;
    path = join(folder, 'link');
    symlinkSync(real, path);
    expect(run().said).toBe('changed');
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(read(real)).toBe(after);
  });

  test('fails for a file that is not there', () => {
    path = join(folder, 'nowhere');
    expect(run().status).toBe(66);
    expect(readdirSync(folder)).not.toContain('nowhere');
  });
});
