import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lookAtContainers, parseLook } from '../../../src/machine/docker/docker-look';

const id = 'a1'.repeat(32);
const other = 'b2'.repeat(32);

// The script runs in the bash of this computer, with a docker and a /proc of its own.
const describeOnLinux = process.platform === 'linux' ? describe : describe.skip;

describeOnLinux('the look at containers', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'docker-look-'));
    group('self', '1:name=systemd:/user.slice\n');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function group(pid: string, text: string): void {
    mkdirSync(join(folder, 'proc', pid), { recursive: true });
    writeFileSync(join(folder, 'proc', pid, 'cgroup'), text);
  }

  function look(docker: string): ReturnType<typeof parseLook> {
    for (const [name, script] of [
      ['docker', docker],
      ['systemctl', 'echo "${STATE:-failed}"'],
    ] as const) {
      writeFileSync(join(folder, name), `#!/bin/bash\n${script}\n`);
      chmodSync(join(folder, name), 0o755);
    }
    const PATH = `${folder}:${process.env['PATH'] ?? ''}`;
    const given = ['-c', lookAtContainers.script, 'bash', join(folder, 'proc')];
    const { stdout, status } = spawnSync('bash', given, { env: { PATH }, encoding: 'utf8' });
    expect(status).toBe(0);
    return parseLook(stdout);
  }

  test('takes what Docker lists, and not what it warns of', () => {
    const seen = look("echo 'WARNING: a login is old' >&2; echo 'app-7|||nomad'");
    expect(seen).toMatchObject({ silence: undefined, leftBehind: [] });
    expect(seen.containers).toEqual([{ name: 'nomad', owner: 'app' }]);
  });

  test('names a line that is no container, and does not take it for none', () => {
    expect(look("echo 'CONTAINER ID   IMAGE   NAMES'").unread).toEqual([
      'CONTAINER ID IMAGE NAMES',
    ]);
  });

  test('says what is said instead of an answer, in printable words', () => {
    const seen = look("printf 'Cannot connect\\033[1m to the\\nDocker daemon\\n' >&2; exit 1");
    expect(seen).toEqual({
      containers: [],
      leftBehind: [],
      unread: [],
      silence: 'Cannot connect\\u{1b}[1m to the Docker daemon',
      isStarting: false,
    });
  });

  test.each([
    ['systemd', `4:memory:/system.slice/docker-${id}.scope`],
    ['cgroupfs', `4:memory:/docker/${id}`],
    ['another parent', `4:memory:/ours/${id}`],
    ['cgroup 2', `0::/system.slice/docker-${id}.scope`],
  ])('finds containers that Docker left behind (%s)', (_, line) => {
    group('77', `${line}\n1:name=systemd:/\n`);
    group('78', `${line}\n`);
    expect(look('exit 1')).toMatchObject({ leftBehind: ['a1a1a1a1a1a1'] });
  });

  test('does not count the container that the machine itself is', () => {
    group('self', `4:memory:/docker/${other}\n`);
    group('1', `4:memory:/docker/${other}\n`);
    group('9', '4:memory:/user.slice/user-1000.slice/session-3.scope\n');
    expect(look('exit 1')).toMatchObject({ leftBehind: [] });
  });
});
