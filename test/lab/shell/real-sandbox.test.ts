import { spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Commands } from '../../../src/lab/shell/real-socket';
import {
  describeReal,
  eventually,
  invocationsUnder,
  processesUnder,
  serveMachine,
} from './real-machine';

const describeOnSandbox = describeReal();

const commands: Commands = Object.fromEntries(
  ['docker', 'replicatedctl', 'systemctl', 'systemd-run'].map((name) => [
    name,
    () => ({ stdout: '', stderr: '', exitCode: 3 }),
  ]),
);

describeOnSandbox('A real machine', () => {
  it('can lie in a folder whose path is too long for a socket', async () => {
    const deep = 'a-long-name-of-a-folder/'.repeat(6);
    const served = await serveMachine(commands, { below: deep });
    const session = await served.connect();
    expect((await session.run('docker ps')).code).toBe(3);
    session.end();
    await served.stop();
    served.lab.remove();
  });

  it('has no systemd, whatever the host has, when it is of the Upstart era', async () => {
    const served = await serveMachine(commands, { init: 'upstart' });
    const session = await served.connect();
    const line = 'command -v systemd-run || command -v systemctl || echo none';
    expect((await session.run(line)).stdout).toBe('none\n');
    session.end();
    await served.stop();
    served.lab.remove();
  });

  it('finds the commands of Replicated by their path only, as root of CentOS', async () => {
    const served = await serveMachine(commands, { distribution: 'rhel' });
    const session = await served.connect('centos');
    const line =
      'sudo -n bash -c "command -v replicatedctl; command -v docker"; command -v replicatedctl';
    const { stdout } = await session.run(line);
    expect(stdout).toBe('/lab/bin/docker\n/usr/local/bin/replicatedctl\n');
    session.end();
    await served.stop();
    served.lab.remove();
  });

  it('can be switched off and on again', async () => {
    const served = await serveMachine(commands);
    const before = await served.connect();
    served.machine.powerOff();
    await eventually(() => processesUnder(served.dir).length === 0);
    before.end();
    served.machine.boot();
    served.lab.clock.skip(600);
    const after = await served.connect();
    expect((await after.run('exec 9>/var/lock/one && flock -n 9')).code).toBe(0);
    after.end();
    await served.stop();
    served.lab.remove();
  });

  it('ends with the process that started it, however that ends', async () => {
    const served = await serveMachine(commands);
    const session = await served.connect();
    const [invocation] = invocationsUnder(served.dir);
    const filter = openSync(
      join(served.dir, 'sandboxes', served.machine.instanceId, 'seccomp'),
      'r',
    );
    const parent = spawn('/bin/sh', ['-c', '"$@"; true', 'sh', ...(invocation ?? [])], {
      stdio: ['pipe', 'ignore', 'ignore', filter],
    });
    const before = processesUnder(served.dir);
    // Only once its command runs has bwrap asked the kernel to end it with its parent.
    await eventually(() =>
      processesUnder(served.dir).some((pid) => !before.includes(pid) && !isBwrap(pid)),
    );
    parent.kill('SIGKILL');
    await eventually(() => processesUnder(served.dir).length === before.length);
    session.end();
    await served.stop();
    served.lab.remove();
  });
});

function isBwrap(pid: string): boolean {
  try {
    return basename(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0] ?? '') === 'bwrap';
  } catch {
    return true;
  }
}
