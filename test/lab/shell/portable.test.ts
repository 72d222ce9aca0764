import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import type { Client } from 'ssh2';
import { plantedSecrets } from '../../../src/lab/machine/planted-secrets';
import type { MachineProfile, SimulatedMachine } from '../../../src/lab/shapes';
import type { SmallLab } from '../machine/small-lab';
import { exec, openStage, pause, type Stage } from './session';

let lab: SmallLab;
let machine: SimulatedMachine;
let client: Client;
let stage: Stage;
const begin = async (profile: Partial<MachineProfile> = {}): Promise<void> => {
  stage = await openStage(profile);
  ({ lab, machine, client } = stage);
};
afterEach(() => stage.end());

describe('A session on a machine', () => {
  beforeEach(() => begin());

  it('keeps streams, statuses and bytes as a shell would', async () => {
    expect(await exec(client, 'echo hé; echo no >&2; exit 3')).toEqual({
      code: 3,
      stdout: 'hé\n',
      stderr: 'no\n',
    });
    expect(await exec(client, 'cat', { stdin: 'zwölf\n' })).toMatchObject({ stdout: 'zwölf\n' });
    const bytes = Buffer.from([0, 1, 200, 255, 10]);
    const summed = await exec(client, 'sha256sum | cut -d" " -f1', { stdin: bytes });
    expect(summed.stdout.trim()).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('knows no circleci, which is an alias of interactive shells', async () => {
    expect(await exec(client, 'circleci dev-console')).toMatchObject({
      code: 127,
      stderr: 'bash: circleci: command not found\n',
    });
  });

  it('gives the wrapped commands a terminal only when there is one', async () => {
    const plain = await exec(client, 'replicatedctl app status');
    const onTerminal = await exec(client, 'replicatedctl app status', { pty: true });
    expect(plain.stdout).not.toContain('\r');
    expect(onTerminal.stdout).toContain('\r\n');
  });

  it('journals the line but never its input', async () => {
    await exec(client, 'cat >/dev/null', { stdin: plantedSecrets.daemonToken });
    expect(lab.texts('command')).toContain('cat >/dev/null');
    expect(JSON.stringify(lab.events)).not.toContain(plantedSecrets.daemonToken);
  });

  it('waits at a barrier before the line begins, after the effect, and before the exit status', async () => {
    await exec(client, 'replicatedctl app stop');
    expect(lab.barriers).toEqual(['exec', 'command:replicatedctl app stop', 'exec-end']);
  });

  it('loses a reply after the command has finished', async () => {
    machine.set({ loseReplies: 1 });
    expect((await exec(client, 'touch /tmp/done')).code).toBeUndefined();
    expect(existsSync(join(machine.root, 'tmp/done'))).toBe(true);
  });

  it('breaks with the power of the machine, and what ran is gone', async () => {
    const running = exec(client, 'sleep 50; touch /etc/never');
    await pause();
    machine.powerOff();
    expect((await running).code).toBeUndefined();
    lab.clock.skip(60);
    await pause();
    expect(existsSync(join(machine.root, 'etc/never'))).toBe(false);
  });

  it('asks for a password where sudo has no rights', async () => {
    machine.set({ sudoAsksPassword: true });
    expect(await exec(client, 'sudo -n true')).toMatchObject({
      code: 1,
      stderr: 'sudo: a password is required\n',
    });
  });
});

describe('The ways out of a machine', () => {
  const mark = 'MARK-OF-THE-HOST';
  let outside: string;
  let host: Server;
  let callers: number;
  beforeEach(async () => {
    await begin();
    outside = join(lab.folder, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'file'), mark);
    callers = 0;
    host = createServer(() => (callers += 1));
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => new Promise((resolve) => host.close(resolve)));
  const port = (): string => String((host.address() as AddressInfo).port);

  it('do not lead to a file of the host by any path', async () => {
    const up = '/..'.repeat(12);
    symlinkSync(outside, join(machine.root, 'tmp/brought'));
    const lines = [
      `cat ${outside}/file`,
      `cat ${up}${outside}/file`,
      `cat /tmp/brought/file`,
      `ln -s ${outside} /tmp/made; cat /tmp/made/file`,
      `ln -s ..${up}${outside}/file /tmp/up; cat /tmp/up`,
      `ln ${outside}/file /tmp/hard; cat /tmp/hard`,
      `cp -r /tmp/brought /tmp/copied; cat /tmp/copied/file`,
      `cat <${outside}/file; . ${outside}/file; bash ${outside}/file`,
      `cat /proc/self/root${outside}/file /proc/1/cwd${outside}/file`,
    ];
    for (const line of lines) {
      const { stdout, stderr } = await exec(client, line);
      expect([line, stdout]).toEqual([line, expect.not.stringContaining(mark)]);
      expect([line, stderr]).toEqual([line, expect.not.stringContaining(`${mark}:`)]);
    }
    await exec(client, `echo x >/tmp/brought/new; cp /etc/hosts ${outside}/; touch ${outside}/t`);
    expect(['new', 'hosts', 't'].map((name) => existsSync(join(outside, name)))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('do not lead to a program of the host', async () => {
    for (const name of ['node', 'python3', 'perl', 'ssh', 'sqlite3', 'js-exec', process.execPath]) {
      const answer = await exec(client, `${name} --version`);
      expect([name, answer.code]).toEqual([name, 127]);
    }
  });

  it('do not lead to a port of the host', async () => {
    const lines = [
      `curl -s http://127.0.0.1:${port()}/`,
      `curl -s http://localhost:${port()}/`,
      `echo x >/dev/tcp/127.0.0.1/${port()}`,
      `exec 3<>/dev/tcp/127.0.0.1/${port()}; cat <&3`,
    ];
    for (const line of lines) {
      await exec(client, line);
    }
    expect(callers).toBe(0);
  });

  it('do not lead to the kernel', async () => {
    const answer = await exec(client, 'mount -o remount,rw / || mknod /dev/x b 8 0');
    expect(answer.code).not.toBe(0);
  });
});
