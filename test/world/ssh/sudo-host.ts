/**
 * A host with real OpenSSH, PAM and sudo, and accounts of its own: each connection gets its sshd in
 * a mount namespace where /etc/passwd, shadow, group and sudoers are the test's files. The host's
 * own are never touched; what the tests run as root there only prints.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { needs } from '../../requirements';
import { keyPair } from './server';
import type { KeyPair } from './server';

/** `describe` where real sudo can run so; it needs root, for the namespaces. */
export function describeSudo(): jest.Describe {
  const isThere = needs('/usr/sbin/sshd', '/usr/bin/sudo', '/usr/bin/unshare');
  if (isThere && process.getuid?.() === 0) return describe;
  if (isThere) process.stderr.write('skipped: real sudo, because only root can make namespaces\n');
  return describe.skip;
}

/** How the accounts and rules of the host are; each connection sees them as they are then. */
export interface Accounts {
  readonly shell?: string;
  /** Day of the last change of the password since 1970; 0 wants a new one. */
  readonly changed?: number;
  /** Day on which the account expires. */
  readonly expires?: number;
  readonly rootChanged?: number;
  readonly rootMaxDays?: number;
  /** Lines of /etc/sudoers. */
  readonly sudoers?: readonly string[];
  /** What stands before the key in authorized_keys. */
  readonly keyOptions?: string;
  readonly bashrc?: string;
  /** A program in the place of sudo. */
  readonly sudo?: string;
}

export interface SudoHost {
  readonly port: number;
  readonly key: KeyPair;
  set(accounts: Accounts): void;
  stop(): Promise<void>;
}

const uid = 61_234;

/** Who logs in there. */
export const sudoUser = 'tester';

/** Rules as docs/operate/permissions.md has them. */
export const soundRules = [
  'Defaults requiretty',
  `Defaults:${sudoUser} !requiretty`,
  'Defaults:root !requiretty',
  'root ALL=(ALL) ALL',
  `${sudoUser} ALL=(root) NOPASSWD: /bin/bash`,
];

// As the installer of Replicated makes it: a wrapper that calls sudo itself.
const replicatedctl = '#!/bin/bash\nset -eo pipefail\nsh -c "sudo docker exec replicated $*"\n';

export async function startSudoHost(folder: string, publicKey: string): Promise<SudoHost> {
  const at = (...path: string[]): string => join(folder, ...path);
  const key = keyPair();
  for (const name of ['etc', 'bin', 'home/.ssh', 'sudoers.d']) {
    mkdirSync(at(name), { recursive: true });
  }
  // sshd reads a user's files as that user.
  for (const path of [dirname(folder), folder, at('home'), at('home/.ssh')]) chmodSync(path, 0o755);
  // As root sshd wants its empty folder, which only its service makes.
  mkdirSync('/run/sshd', { recursive: true });
  writeFileSync(at('host_key'), key.private, { mode: 0o600 });
  writeFileSync(at('bin/replicatedctl'), replicatedctl, { mode: 0o755 });
  writeFileSync(at('bin/docker'), '#!/bin/sh\necho "docker $*"\n', { mode: 0o755 });
  writeFileSync(at('sshd_config'), `${sshdConfig(at).join('\n')}\n`);
  writeFileSync(at('start'), `${start(at).join('\n')}\n`);
  const set = (accounts: Accounts): void => {
    layAccounts(at, publicKey, accounts);
  };
  set({});
  return { key, set, ...(await serve(at('start'))) };
}

type At = (...path: string[]) => string;

function sshdConfig(at: At): string[] {
  return [
    `HostKey ${at('host_key')}`,
    `AuthorizedKeysFile ${at('home/.ssh/authorized_keys')}`,
    'UsePAM yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'StrictModes no',
  ];
}

function start(at: At): string[] {
  const files = ['passwd', 'group', 'shadow', 'sudoers'];
  return [
    'set -e',
    ...files.map((name) => `mount --bind ${at('etc', name)} /etc/${name}`),
    `mount --bind ${at('sudoers.d')} /etc/sudoers.d`,
    `mount --bind ${at('bin')} /usr/local/bin`,
    `if [ -e ${at('sudo')} ]; then mount --bind ${at('sudo')} /usr/bin/sudo; fi`,
    `exec /usr/sbin/sshd -i -e -f ${at('sshd_config')}`,
  ];
}

function layAccounts(at: At, publicKey: string, accounts: Accounts): void {
  const { shell = '/bin/bash', changed = 20_000, expires, rootChanged = 20_000 } = accounts;
  const { rootMaxDays = 99_999, sudoers = soundRules, keyOptions = '', bashrc = '' } = accounts;
  const files: Record<string, readonly string[]> = {
    passwd: [
      'root:x:0:0::/root:/bin/bash',
      'sshd:x:74:74::/run/sshd:/usr/sbin/nologin',
      `${sudoUser}:x:${uid}:${uid}::${at('home')}:${shell}`,
    ],
    group: ['root:x:0:', 'shadow:x:42:', `${sudoUser}:x:${uid}:`],
    shadow: [
      `root:*:${rootChanged}:0:${rootMaxDays}:7:::`,
      `${sudoUser}:*:${changed}:0:99999:7::${expires ?? ''}:`,
    ],
    sudoers,
  };
  const modes: Record<string, number> = { shadow: 0o600, sudoers: 0o440 };
  for (const [name, lines] of Object.entries(files)) {
    const path = at('etc', name);
    writeFileSync(path, `${lines.join('\n')}\n`);
    chmodSync(path, modes[name] ?? 0o644);
  }
  writeFileSync(at('home/.ssh/authorized_keys'), `${keyOptions} ${publicKey}\n`.trimStart());
  writeFileSync(at('home/.bashrc'), bashrc);
  for (const path of ['home', 'home/.bashrc']) chownSync(at(path), uid, uid);
  if (accounts.sudo !== undefined) writeFileSync(at('sudo'), accounts.sudo, { mode: 0o755 });
}

async function serve(script: string): Promise<Pick<SudoHost, 'port' | 'stop'>> {
  const children = new Set<ChildProcess>();
  const sockets = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    const args = ['--mount', '--propagation', 'private', '/bin/bash', script];
    const child = spawn('/usr/bin/unshare', args, { stdio: [socket, socket, 'ignore'] });
    children.add(child);
    child.on('exit', () => {
      children.delete(child);
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const child of children) child.kill('SIGKILL');
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
