/** SSH against the real thing: OpenSSH's sshd with a real bash. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { fingerprint } from '../../../src/world/ssh/fingerprint';
import { openSsh } from '../../../src/world/ssh';
import type { Connection, SshTarget } from '../../../src/world/ssh';
import { needs } from '../../requirements';
import { keyFolder } from './server';
import { startSshd } from './sshd';
import type { OpenSshServer } from './sshd';

const describeReal = needs('/usr/sbin/sshd') ? describe : describe.skip;

async function until(is: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100 && !is(); tries += 1) await sleep(50);
}

describeReal('on a machine with OpenSSH', () => {
  const ssh = openSsh();
  const keys = keyFolder();
  let machine: OpenSshServer;
  let connection: Connection;

  const target = (more: Partial<SshTarget> = {}): SshTarget => ({
    host: '127.0.0.1',
    port: machine.port,
    user: machine.user,
    pins: [machine.key.pin],
    credentials: { keyFile: keys.keyFile },
    ...more,
  });
  const run = (script: string, args: string[] = [], stdin?: string) =>
    connection.run({ script, args, stdin, timeoutSeconds: 10 });

  beforeAll(async () => {
    machine = await startSshd(keys.folder, keys.user.public);
  });
  beforeEach(async () => {
    connection = await ssh.connect(target());
  });
  afterEach(() => {
    connection.close();
  });
  afterAll(async () => {
    await machine.stop();
    keys.remove();
  });

  it('a command hands back its exit code, output and errors', async () => {
    await expect(run('echo out; echo err >&2; exit 3')).resolves.toMatchObject({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  it('arguments arrive as they are, whatever they hold', async () => {
    const args = ["it's", '$(id)', '`id`', '"', '*', '-n', 'two\nlines', ' ', '', '\\', '$1;|&<>'];
    const { stdout } = await run('printf "%s\\0" "$@"', args);
    expect(stdout.split('\0').slice(0, -1)).toEqual(args);
  });

  it('a command without input reads an empty one, and one with input reads all of it', async () => {
    await expect(run('wc -c')).resolves.toMatchObject({ stdout: '0\n' });
    await expect(run('wc -c', [], 'x'.repeat(2_000_000))).resolves.toMatchObject({
      stdout: '2000000\n',
    });
  });

  it('five megabytes of errors do not block the command', async () => {
    const { exitCode, stderr } = await run('head -c 5000000 /dev/zero | tr "\\0" e >&2; exit 4');
    expect(exitCode).toBe(4);
    expect(stderr).toContain('bytes left out');
  });

  it('a script that is killed has an exit code: its shell tells it', async () => {
    await expect(run('kill -9 $$')).resolves.toMatchObject({ exitCode: 137 });
  });

  it('a shell that is killed leaves an unknown outcome', async () => {
    const failure = run('kill -9 $PPID');
    await expect(failure).rejects.toMatchObject({ type: 'ConnectionLost' });
    await expect(failure).rejects.toThrow(/killed by SIGKILL/);
  });

  it('a child in the background that keeps the output open is not waited for', async () => {
    await expect(run('sleep 30 & echo started')).resolves.toMatchObject({ stdout: 'started\n' });
  });

  it('several commands run one after the other over one connection', async () => {
    for (const word of ['one', 'two', 'three']) {
      await expect(run('echo "$1"', [word])).resolves.toMatchObject({ stdout: `${word}\n` });
    }
  });

  it('a session that is killed in the middle of a command leaves an unknown outcome', async () => {
    const running = run('echo begun; sleep 5');
    setTimeout(() => {
      machine.killSessions();
    }, 300);
    await expect(running).rejects.toMatchObject({ type: 'ConnectionLost', nonRetryable: false });
  });

  it('the machine is reached through a bastion, with its own pinned key', async () => {
    const folder = join(keys.folder, 'bastion');
    mkdirSync(folder);
    const bastion = await startSshd(folder, keys.user.public);
    const way = {
      host: '127.0.0.1',
      port: bastion.port,
      user: bastion.user,
      keyFile: keys.keyFile,
      pins: [bastion.key.pin],
    };
    try {
      const behind = await ssh.connect(target({ bastion: way }));
      const command = { script: 'echo "$SSH_CONNECTION"', args: [], timeoutSeconds: 10 };
      const { stdout } = await behind.run(command);
      expect(stdout).toContain(` ${machine.port}`);
      behind.close();
      const wrongWay = { ...way, pins: [machine.key.pin] };
      await expect(ssh.connect(target({ bastion: wrongWay }))).rejects.toMatchObject({
        type: 'HostKeyUnknown',
      });
    } finally {
      await bastion.stop();
    }
  });

  it('the keys of the agent log in as well as a key file', async () => {
    const socket = join(keys.folder, 'agent.sock');
    const before = process.env['SSH_AUTH_SOCK'];
    const agent = spawn('/usr/bin/ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    try {
      await until(() => existsSync(socket));
      const env = { ...process.env, SSH_AUTH_SOCK: socket };
      execFileSync('/usr/bin/ssh-add', ['-q', keys.keyFile], { env });
      process.env['SSH_AUTH_SOCK'] = socket;
      const other = await ssh.connect(target({ credentials: { agent: true } }));
      const command = { script: 'echo in', args: [], timeoutSeconds: 10 };
      await expect(other.run(command)).resolves.toMatchObject({ stdout: 'in\n' });
      other.close();
    } finally {
      agent.kill();
      if (before === undefined) delete process.env['SSH_AUTH_SOCK'];
      else process.env['SSH_AUTH_SOCK'] = before;
    }
  });

  it('an unknown host key is offered, and nobody logs in', async () => {
    const wrong = target({ pins: [keys.user.pin] });
    await expect(ssh.connect(wrong)).rejects.toMatchObject({
      type: 'HostKeyUnknown',
      details: [{ offered: machine.key.pin }],
    });
    await expect(ssh.offeredHostKey(wrong)).resolves.toEqual({
      pin: machine.key.pin,
      isWeak: false,
    });
  });

  it('an RSA key that is proven by SHA-1 only is told to be so, and taken where a person allows it', async () => {
    const folder = join(keys.folder, 'old');
    mkdirSync(folder);
    const file = join(folder, 'rsa');
    execFileSync('/usr/bin/ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', file]);
    const pin = fingerprint(readFileSync(`${file}.pub`, 'utf8'));
    const only = ['HostKeyAlgorithms ssh-rsa', `HostKey ${file}`];
    const old = await startSshd(folder, keys.user.public, only);
    const to = (more: Partial<SshTarget>): SshTarget => target({ port: old.port, ...more });
    const asBastion = (sha1Pins: string[]) => ({
      ...{ host: '127.0.0.1', port: old.port, user: old.user, pins: [pin], sha1Pins },
      keyFile: keys.keyFile,
    });
    const weak = { type: 'HostKeyBySha1', nonRetryable: true };
    try {
      const refused = ssh.connect(to({ pins: [pin] }));
      await expect(refused).rejects.toMatchObject(weak);
      await expect(refused).rejects.toThrow(
        /by SHA-1 \(ssh-rsa\) only.*sha1: true \} to ssh\.hostKeys/,
      );
      // The leave is for one key, not for the host that has one.
      const other = { pins: [pin, keys.user.pin], sha1Pins: [keys.user.pin] };
      await expect(ssh.connect(to(other))).rejects.toMatchObject(weak);
      await expect(ssh.connect(to({ pins: [machine.key.pin] }))).rejects.toMatchObject({
        type: 'HostKeyUnknown',
        details: [{ offered: pin }],
      });
      const shown = { pin, isWeak: true };
      await expect(ssh.offeredHostKey(to({ pins: [] }))).resolves.toEqual(shown);
      await expect(ssh.offeredHostKey(to({ sha1Pins: [pin] }))).resolves.toMatchObject({
        isWeak: false,
      });
      const allowed = await ssh.connect(to({ pins: [pin], sha1Pins: [pin] }));
      const command = { script: 'echo in', args: [], timeoutSeconds: 10 };
      await expect(allowed.run(command)).resolves.toMatchObject({ stdout: 'in\n' });
      allowed.close();
      const behind = ssh.connect(target({ bastion: asBastion([]) }));
      await expect(behind).rejects.toMatchObject(weak);
      await expect(behind).rejects.toThrow(/^The bastion .* to ssh\.bastion\.hostKeys/);
      (await ssh.connect(target({ bastion: asBastion([pin]) }))).close();
    } finally {
      await old.stop();
    }
  });

  it('a better key of a host is preferred to an RSA key that is proven by SHA-1', async () => {
    const folder = join(keys.folder, 'mixed');
    mkdirSync(folder);
    const file = join(folder, 'rsa');
    execFileSync('/usr/bin/ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', file]);
    const both = ['HostKeyAlgorithms ssh-rsa,ssh-ed25519', `HostKey ${file}`];
    const mixed = await startSshd(folder, keys.user.public, both);
    try {
      const shown = { pin: mixed.key.pin, isWeak: false };
      await expect(ssh.offeredHostKey(target({ port: mixed.port }))).resolves.toEqual(shown);
    } finally {
      await mixed.stop();
    }
  });

  it('a login shell that prints before the command does not spoil its output', async () => {
    const folder = join(keys.folder, 'noisy');
    mkdirSync(folder);
    const noisy = await startSshd(folder, keys.user.public, [
      'ForceCommand echo "Last login: today"; eval "$SSH_ORIGINAL_COMMAND"',
    ]);
    try {
      const loud = await ssh.connect(target({ port: noisy.port, pins: [noisy.key.pin] }));
      const command = { script: 'echo plain', args: [], timeoutSeconds: 10 };
      await expect(loud.run(command)).resolves.toMatchObject({ exitCode: 0, stdout: 'plain\n' });
      loud.close();
    } finally {
      await noisy.stop();
    }
  });
});
