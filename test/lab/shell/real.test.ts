import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Commands } from '../../../src/lab/shell/real-socket';
import type { CommandInput } from '../../../src/lab/shapes';
import {
  describeReal,
  eventually,
  processesUnder,
  serveMachine,
  type Served,
  type Session,
} from './real-machine';

const describeOnSandbox = describeReal();

const commands: Commands = {
  docker: (_machine, input) => ({
    stdout: JSON.stringify(input),
    stderr: 'a warning',
    exitCode: 3,
  }),
  replicatedctl: () => ({ stdout: 'é\u0000'.repeat(500_000), stderr: '', exitCode: 0 }),
  nomad: () => Promise.reject(new Error('a defect of the lab')),
  'systemd-run': () => ({ stdout: 'timer\n', stderr: '', exitCode: 0 }),
};

describeOnSandbox('A session on a real machine', () => {
  let served: Served;
  let session: Session;

  beforeEach(async () => {
    served = await serveMachine(commands);
    session = await served.connect();
  });

  afterEach(async () => {
    session.end();
    await served.stop();
    served.lab.remove();
  });

  const dockerInput = async (line: string, options = {}): Promise<CommandInput> =>
    JSON.parse((await session.run(line, options)).stdout) as CommandInput;

  it('runs a line with bash on the files of the machine', async () => {
    writeFileSync(join(served.root, 'etc/default/replicated'), 'PRIVATE_ADDRESS=10.0.1.5\n');
    const line = 'cat /etc/default/replicated; [[ x == x ]] && pwd; uname -n; id -un; exit 7';
    const { stdout, code } = await session.run(line);
    expect(stdout).toBe('PRIVATE_ADDRESS=10.0.1.5\n/home/ubuntu\nip-10-0-1-5\nroot\n');
    expect(code).toBe(7);
  });

  it('writes into the folder of the machine', async () => {
    await session.run('echo new >/etc/default/planted; chown 1001:1002 /etc/default/planted');
    expect(readFileSync(join(served.root, 'etc/default/planted'), 'utf8')).toBe('new\n');
  });

  it('hands the words of a command to the lab as they are', async () => {
    const { args } = await dockerInput(
      `docker ps --format '{{.Names}}' '' 'a  b' $'line\\nline' 'é"'`,
    );
    expect(args).toEqual(['ps', '--format', '{{.Names}}', '', 'a  b', 'line\nline', 'é"']);
  });

  it('keeps the output, the warnings and the status of a command apart', async () => {
    const { stdout, stderr, code } = await session.run('docker ps');
    expect(JSON.parse(stdout)).toEqual(
      expect.objectContaining({ args: ['ps'], stdin: '', tty: false }),
    );
    expect(stderr).toBe('a warning');
    expect(code).toBe(3);
  });

  it('carries a long output whole', async () => {
    const { stdout } = await session.run('replicatedctl app status | wc -c');
    expect(stdout.trim()).toBe('1500000');
  });

  it('says so when the lab itself fails', async () => {
    const { stderr, code } = await session.run('nomad status');
    expect(stderr).toBe('nomad: the lab does not answer\n');
    expect(code).toBe(125);
  });

  it('passes standard input to a command only when it is asked to', async () => {
    const silent = await session.run('docker exec frontend lein >/dev/null; cat', {
      stdin: 'form',
    });
    expect(silent.stdout).toBe('form');
    const { stdin } = await dockerInput('docker exec -i frontend lein', { stdin: 'form é\n' });
    expect(stdin).toBe('form é\n');
  });

  it('tells a command whether a terminal is attached', async () => {
    expect((await dockerInput('docker ps')).tty).toBe(false);
    const { stdout } = await session.run('docker ps 2>/dev/null', { pty: true });
    expect(JSON.parse(stdout)).toEqual(expect.objectContaining({ tty: true }));
  });

  it('lets sudo lead to root with a clean environment', async () => {
    const script = 'echo "$1|$HOME|$USER|$SUDO_USER|$LOST|$KEPT"; command -v docker; exit 9';
    const line = `export LOST=1; sudo -n -E -u root KEPT=2 -- bash -c '${script}' name 'a b'`;
    const { stdout, code } = await session.run(line);
    expect(stdout).toBe('a b|/root|root|ubuntu||2\n/lab/bin/docker\n');
    expect(code).toBe(9);
  });

  it('reports a death by signal as a signal', async () => {
    const { code, signal } = await session.run('kill -KILL $$');
    expect([code, signal]).toEqual([null, 'SIGKILL']);
  });

  it('journals the line, never what came on standard input', async () => {
    await session.run('cat >/dev/null', { stdin: 'DAEMON_TOKEN=secret' });
    const lines = served.lab.events.filter(({ kind }) => kind === 'command');
    expect(lines).toEqual([
      expect.objectContaining({
        machine: served.machine.instanceId,
        text: 'cat >/dev/null',
        data: { tty: false },
      }),
    ]);
    expect(JSON.stringify(served.lab.events)).not.toContain('DAEMON_TOKEN=secret');
  });

  it('holds the status back while somebody holds the end of the line', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    served.lab.atBarrier = (point) => (point === 'exec-end' ? held : Promise.resolve());
    let ended = false;
    const answer = session.run('touch /opt/effect; docker ps').finally(() => (ended = true));
    await eventually(() => served.lab.barriers.includes('exec-end'));
    await sleep(100);
    expect(existsSync(join(served.root, 'opt/effect'))).toBe(true);
    expect(ended).toBe(false);
    release();
    expect((await answer).code).toBe(3);
  });

  it('loses a reply after the command has finished, when the lab is told to', async () => {
    served.machine.set({ loseReplies: 1 });
    const { code, signal } = await session.run('touch /opt/effect');
    expect([code, signal]).toEqual([null, undefined]);
    expect(existsSync(join(served.root, 'opt/effect'))).toBe(true);
    const again = await served.connect();
    expect((await again.run('true')).code).toBe(0);
    again.end();
  });

  it('lets sudo ask for a password, when the lab is told to', async () => {
    served.machine.set({ sudoAsksPassword: true });
    const { code, stderr } = await session.run('sudo -n true');
    expect([code, stderr]).toEqual([1, 'sudo: a password is required\n']);
  });

  it('sleeps in simulated time', async () => {
    const before = served.lab.clock.now();
    const { stdout } = await session.run('sleep 1h 1.5m && echo slept');
    expect(stdout).toBe('slept\n');
    expect(served.lab.clock.now() - before).toBe(3_690_000);
  });

  it('shares files and locks with the other sessions of its machine', async () => {
    const other = await served.connect();
    const first = session.run(
      'exec 9>/var/lock/one; flock 9; touch /opt/has; /usr/bin/sleep 0.5; rm /opt/has',
    );
    await eventually(() => existsSync(join(served.root, 'opt/has')));
    const refused = await other.run('exec 9>/var/lock/one; flock -n 9');
    expect(refused.code).toBe(1);
    const waited = await other.run('exec 9>/var/lock/one; flock -w 5 9; ls /opt/has');
    expect(waited.stderr).toContain('No such file');
    await first;
    other.end();
  });

  it('finishes what was begun when the client disappears, and then leaves nothing', async () => {
    void session
      .run('touch /opt/begun; /usr/bin/sleep 0.5; touch /opt/finished')
      .catch(() => undefined);
    await eventually(() => existsSync(join(served.root, 'opt/begun')));
    session.end();
    await eventually(() => existsSync(join(served.root, 'opt/finished')));
    await eventually(() => processesUnder(served.dir).length === 0);
  });

  it('lets detached work outlive the session, but not the power of the machine', async () => {
    await session.run(
      'setsid bash -c "/usr/bin/sleep 0.3; touch /opt/later; /usr/bin/sleep 60" </dev/null >/dev/null 2>&1 &',
    );
    session.end();
    await eventually(() => existsSync(join(served.root, 'opt/later')));
    expect(processesUnder(served.dir)).not.toEqual([]);
    served.machine.powerOff();
    await eventually(() => processesUnder(served.dir).length === 0);
  });

  it('takes every process and its own files away when the shell is stopped', async () => {
    void session.run('setsid /usr/bin/sleep 60 & /usr/bin/sleep 60').catch(() => undefined);
    const other = await served.connect();
    await eventually(() => served.lab.texts('command').length > 0);
    expect(processesUnder(served.dir).length).toBeGreaterThan(3);
    await served.stop();
    await eventually(() => processesUnder(served.dir).length === 0);
    expect(existsSync(join(served.dir, 'sandboxes'))).toBe(false);
    expect(existsSync(served.root)).toBe(true);
    other.end();
  });

  it('takes nobody whose key is not on the machine', async () => {
    writeFileSync(
      join(served.root, 'home/ubuntu/.ssh/authorized_keys'),
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE1lcmVseSBhbiBleGFtcGxlIG9mIGEgcHVibGljIGtleQ\n',
    );
    await expect(served.connect()).rejects.toThrow('authentication methods failed');
  });

  it('takes nobody while the machine is off', async () => {
    served.machine.powerOff();
    await expect(served.connect()).rejects.toThrow();
  });

  it('leaves the files of the machine as they are', async () => {
    await session.run('true');
    expect(readFileSync(join(served.root, 'etc/passwd'), 'utf8')).toContain('ubuntu:x:1000:1000');
    expect(existsSync(join(served.root, 'etc/shadow'))).toBe(false);
    expect(existsSync(join(served.root, 'etc/ssh/sshd_config'))).toBe(false);
  });
});
