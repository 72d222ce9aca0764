/** Logins that get nowhere, with real sshd, PAM and sudo: told at once, by the line that was printed. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ApplicationFailure } from '@temporalio/common';
import { readAccountAges } from '../../../src/machine/login/accounts';
import { openSsh } from '../../../src/world/ssh';
import type { SshTarget } from '../../../src/world/ssh';
import { keyFolder } from './server';
import { describeSudo, soundRules, startSudoHost, sudoUser } from './sudo-host';
import type { Accounts, SudoHost } from './sudo-host';

const ssh = openSsh();
const keys = keyFolder();
let host: SudoHost;

const at = (more: Partial<SshTarget> = {}): SshTarget => ({
  host: '127.0.0.1',
  port: host.port,
  user: sudoUser,
  pins: [host.key.pin],
  credentials: { keyFile: keys.keyFile },
  ...more,
});

async function run(script: string, more: Partial<SshTarget> = {}) {
  const connection = await ssh.connect(at(more));
  try {
    return await connection.run({ script, args: [], timeoutSeconds: 20 });
  } finally {
    connection.close();
  }
}

/** The failure of a harmless command on a host with such accounts. */
async function failureWith(accounts: Accounts, script = 'echo in'): Promise<ApplicationFailure> {
  host.set(accounts);
  return run(script, { freshlyBooted: true }).then(
    () => {
      throw new Error('the command ran');
    },
    (error: unknown) => error as ApplicationFailure,
  );
}

describeSudo()('on a host with real sshd, PAM and sudo', () => {
  beforeAll(async () => {
    const folder = join(keys.folder, 'sudo-host');
    mkdirSync(folder);
    host = await startSudoHost(folder, keys.user.public);
  });
  afterEach(() => {
    rmSync(join(keys.folder, 'sudo-host/sudo'), { force: true });
  });
  afterAll(async () => {
    await host.stop();
    keys.remove();
  });

  test('a command runs as root, and so does the sudo inside of replicatedctl', async () => {
    host.set({});
    await expect(run('id -un; /usr/local/bin/replicatedctl app status')).resolves.toMatchObject({
      exitCode: 0,
      stdout: 'root\ndocker exec replicated app status\n',
    });
  });

  const without = (line: string): string[] => soundRules.filter((rule) => rule !== line);
  const barred: readonly [string, Accounts, string, RegExp, RegExp][] = [
    [
      'an expired password',
      { changed: 0 },
      'LoginGetsNowhere',
      /the password of the user has expired.*chage -M -1 tester/,
      /It said: (You are required to change your password|WARNING: Your password has expired)/,
    ],
    [
      'an account that has expired',
      { expires: 10_000 },
      'LoginGetsNowhere',
      /account is expired or locked.*chage -E -1 tester/,
      /It said: Your account has expired/,
    ],
    [
      'a shell that lets nobody in',
      { shell: '/usr/sbin/nologin' },
      'LoginGetsNowhere',
      /no login shell.*usermod -s \/bin\/bash tester/,
      /It said: This account is currently not available/,
    ],
    [
      'a shell that only fails',
      { shell: '/bin/false' },
      'LoginGetsNowhere',
      /printed nothing/,
      /./,
    ],
    [
      'the forced command of cloud-init',
      {
        keyOptions: `command="echo 'Please login as the user \\"ubuntu\\" rather than the user \\"root\\".';sleep 1;exit 142"`,
      },
      'LoginGetsNowhere',
      /\(status 142\): a forced command.*set ssh.user to ubuntu/,
      /It said: Please login as the user "ubuntu"/,
    ],
    [
      'another forced command that ends well',
      { keyOptions: 'command="uptime -p; exit 0"' },
      'LoginGetsNowhere',
      /\(status 0\): it ran something else/,
      /It said: up /,
    ],
    [
      'an exit in the start file of its shell',
      { bashrc: 'echo maintenance; exit 3\n' },
      'LoginGetsNowhere',
      /\(status 3\): it ran something else.*start files/,
      /It said: maintenance/,
    ],
    [
      'a sudo that wants a password',
      { sudoers: [...soundRules.slice(0, -1), `${sudoUser} ALL=(root) /bin/bash`] },
      'SudoRefused',
      /sudo wants a password.*tester ALL=\(root\) NOPASSWD/,
      /It said: sudo: a password is required/,
    ],
    [
      'no rule of sudo at all',
      { sudoers: ['root ALL=(ALL) ALL'] },
      'SudoRefused',
      /tester ALL=\(root\) NOPASSWD/,
      /It said: sudo: /,
    ],
    [
      'a terminal that sudo wants of the user',
      { sudoers: without(`Defaults:${sudoUser} !requiretty`) },
      'SudoRefused',
      /wants a terminal.*Defaults:tester !requiretty.*so does root/,
      /It said: sudo: sorry, you must have a tty to run sudo/,
    ],
    [
      'a mistake in the rules',
      { sudoers: ['Defaults requiretty', 'root ALL=(ALL ALL'] },
      'SudoRefused',
      /cannot read its rules.*visudo -c/,
      /It said: .*sudoers.*syntax error/,
    ],
  ];
  test.each(barred)('%s is told at once', async (_what, accounts, type, cause, said) => {
    const failure = await failureWith(accounts);
    expect(failure).toMatchObject({ type, nonRetryable: true });
    expect(failure.message).toMatch(cause);
    expect(failure.message).toMatch(said);
  });

  const inner: readonly [string, Accounts, RegExp][] = [
    [
      'a terminal',
      { sudoers: without('Defaults:root !requiretty') },
      /wants a terminal.*Defaults:root !requiretty/,
    ],
    [
      'another password of root, which has expired',
      { rootChanged: 10_000, rootMaxDays: 90 },
      /expired or is locked.*chage -M -1 -E -1 root/,
    ],
  ];
  test.each(inner)(
    '%s that sudo wants of root is told by replicatedctl',
    async (_w, accounts, cause) => {
      const failure = await failureWith(accounts, '/usr/local/bin/replicatedctl app status');
      expect(failure).toMatchObject({ type: 'SudoRefused', nonRetryable: true });
      expect(failure.message).toMatch(cause);
      // The login itself is sound: what calls no sudo runs.
      await expect(run('echo in')).resolves.toMatchObject({ stdout: 'in\n' });
    },
  );

  test('a slow sudo is waited for, also within its own slow sudo', async () => {
    host.set({ sudo: '#!/bin/bash\nsleep 2\nwhile [[ $1 == -* ]]; do shift; done\nexec "$@"\n' });
    const connection = await ssh.connect(at());
    const script = '/usr/local/bin/replicatedctl app status';
    const command = { script, args: [], timeoutSeconds: 1 };
    await expect(connection.run(command)).resolves.toMatchObject({ exitCode: 0 });
    connection.close();
  });

  test('a host as a bastion that may not forward says so, and what its account says', async () => {
    const way = { host: '127.0.0.1', port: host.port, user: sudoUser, pins: [host.key.pin] };
    const behind = at({ bastion: { ...way, keyFile: keys.keyFile } });
    host.set({ keyOptions: 'no-port-forwarding' });
    await expect(ssh.connect(behind)).rejects.toMatchObject({
      type: 'LoginGetsNowhere',
      nonRetryable: true,
      message: expect.stringMatching(/^The bastion tester@.*forwards no connection.*AllowTcpForw/),
    });
    host.set({ changed: 0 });
    await expect(ssh.connect(behind)).rejects.toMatchObject({
      type: 'LoginGetsNowhere',
      message: expect.stringMatching(/^The bastion tester@.*password of the user has expired/),
    });
  });

  test('the ages of its accounts are read without their passwords', async () => {
    host.set({ expires: 30_000, rootChanged: 20_000, rootMaxDays: 20_000 });
    const { stdout } = await run(readAccountAges.script);
    expect(stdout).toBe('root:20000:20000:\ntester:20000:99999:30000\n');
  });
});
