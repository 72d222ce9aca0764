/**
 * The folder that the lab lays beside a machine for its sandbox: users, SSH daemon configuration
 * and the names that reach the lab. Nothing of it is part of the machine, so no image carries it.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, sep } from 'node:path';
import type { MachineProfile } from '../shapes';
import { ownFolders } from './real-sandbox';
import { knowsProcessor, seccompFilter } from './real-seccomp';
import { stubProgram } from './real-stub';

/** What the control folder is made from. */
export interface Ground extends Pick<MachineProfile, 'distribution' | 'provesBySha1'> {
  /** The machine's folder. */
  readonly root: string;
  /** Names of the appliance's commands. */
  readonly commands: readonly string[];
  /** Those of them that this machine does not have. */
  readonly missing: readonly string[];
}

/** Makes the control folder anew from the machine's own files. */
export function layControlFolder(control: string, ground: Ground): void {
  const { root, commands } = ground;
  rmSync(control, { recursive: true, force: true });
  for (const name of ['bin', 'local-bin', 'exports', 'disks']) {
    mkdirSync(join(control, name), { recursive: true, mode: 0o755 });
  }
  prepareRoot(root);
  const put = (name: string, content: string | Buffer, mode = 0o644): void => {
    writeFileSync(join(control, name), content);
    chmodSync(join(control, name), mode);
  };
  const users = readUsers(root);
  put('passwd', users.map((user) => `${user.line}\n`).join(''));
  put('group', groupFile(root));
  // A locked password would lock the key out as well, since no PAM is asked here.
  put('shadow', users.map(({ name }) => `${name}:*:19000::::::\n`).join(''));
  if (knowsProcessor(process.arch)) {
    put('seccomp', seccompFilter(process.arch));
  }
  put('stub', stubProgram, 0o755);
  symlinkSync('stub', join(control, 'init'));
  const absent = ground.missing;
  for (const name of ['lab-shell', 'sudo', 'sleep', ...commands]) {
    if (!absent.includes(name)) {
      const folder = name.startsWith('replicated') ? 'local-bin' : 'bin';
      symlinkSync('/lab/stub', join(control, folder, name));
    }
  }
  const system = `/lab/bin:${hostPrograms(control, absent)}`;
  const local = '/usr/local/sbin:/usr/local/bin';
  const proof = ground.provesBySha1 === true ? 'HostKeyAlgorithms ssh-rsa\n' : '';
  put('sshd_config', daemonConfiguration(root, `${local}:${system}`) + proof);
  // The sudo of CentOS does not look where Replicated puts its commands.
  put('secure-path', `${ground.distribution === 'rhel' ? '' : `${local}:`}${system}\n`);
}

/**
 * Where the host's own programs are found: through a folder of links when the machine must not
 * see some of them, because bash finds even a file that it may not execute.
 */
function hostPrograms(control: string, absent: readonly string[]): string {
  const folders = ['/usr/sbin', '/usr/bin'];
  if (!absent.some((name) => folders.some((folder) => existsSync(join(folder, name))))) {
    return `${folders.join(':')}:/sbin:/bin`;
  }
  mkdirSync(join(control, 'programs'));
  const seen = new Set(absent);
  for (const folder of folders) {
    for (const name of readdirSync(folder).filter((each) => !seen.has(each))) {
      seen.add(name);
      symlinkSync(join(folder, name), join(control, 'programs', name));
    }
  }
  return '/lab/programs';
}

/** The machine's own name, without its domain. */
export function hostnameOf(root: string): string {
  const [name = ''] = readLines(root, 'etc/hostname');
  return /^[\w-]{1,64}/.exec(name)?.[0] ?? 'services';
}

function prepareRoot(root: string): void {
  for (const name of ownFolders) {
    mkdirSync(join(root, name), { recursive: true });
  }
  chmodSync(join(root, 'tmp'), 0o1777);
  for (const name of hostKeyFiles(root)) {
    const key = ownPath(root, join('etc/ssh', name));
    if (key !== undefined) {
      chmodSync(key, 0o600);
    }
  }
}

function hostKeyFiles(root: string): string[] {
  const folder = ownPath(root, 'etc/ssh');
  const names = folder === undefined ? [] : readdirSync(folder);
  return names.filter((name) => /^ssh_host_\w+_key$/.test(name)).sort();
}

function readLines(root: string, path: string): string[] {
  const own = ownPath(root, path);
  return own === undefined ? [] : readFileSync(own, 'utf8').split('\n').filter(Boolean);
}

/**
 * Where a path of the machine leads; undefined when it does not exist or leads out of the folder,
 * since a symbolic link that root made inside must not make the lab touch the host's files.
 */
function ownPath(root: string, path: string): string | undefined {
  try {
    const real = realpathSync(join(root, path));
    return real.startsWith(realpathSync(root) + sep) ? real : undefined;
  } catch {
    return undefined;
  }
}

interface User {
  readonly name: string;
  readonly line: string;
}

/**
 * The machine's users, of whom everybody who can log in is uid 0: no program can gain rights in a
 * sandbox, so `sudo` could not lead from another user to root.
 */
function readUsers(root: string): User[] {
  const users = new Map<string, User>([['root', superUser('root', '/root')]]);
  for (const line of readLines(root, 'etc/passwd')) {
    const [name = '', , uid = '', gid = '', , home = '/'] = line.split(':');
    const person = name === 'root' || home.startsWith('/home/');
    const other = { name, line: `${name}:*:${uid}:${gid}::${home}:/usr/sbin/nologin` };
    users.set(name, person ? superUser(name, home) : other);
  }
  for (const name of readdirSync(join(root, 'home'))) {
    users.set(name, superUser(name, `/home/${name}`));
  }
  // OpenSSH's privilege separation needs a user of this name and does nothing with it on disk.
  users.set('sshd', { name: 'sshd', line: 'sshd:*:74:74::/run/sshd:/usr/sbin/nologin' });
  return [...users.values()];
}

function superUser(name: string, home: string): User {
  return { name, line: `${name}:*:0:0::${home}:/lab/bin/lab-shell` };
}

function groupFile(root: string): string {
  const lines = readLines(root, 'etc/group').filter((line) => !/^(root|tty|sshd):/.test(line));
  return ['root:x:0:', 'tty:x:5:', 'sshd:x:74:', ...lines, ''].join('\n');
}

function daemonConfiguration(root: string, path: string): string {
  return [
    ...hostKeyFiles(root).map((name) => `HostKey /etc/ssh/${name}`),
    'AuthorizedKeysFile .ssh/authorized_keys',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'DisableForwarding yes',
    'PermitUserRC no',
    'UseDNS no',
    'PrintMotd no',
    'PrintLastLog no',
    'PidFile none',
    'LoginGraceTime 30',
    'LogLevel ERROR',
    `SetEnv PATH=${path}`,
    '',
  ].join('\n');
}
