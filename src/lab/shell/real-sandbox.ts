/**
 * What a machine's sandbox may see and do, as arguments of bubblewrap.
 *
 * It is started by root and without a user namespace, because `chown` and OpenSSH's own privilege
 * separation need more than one user; so the jail is made of what is taken away: capabilities
 * (bubblewrap forbids to gain new ones), system calls, the network, devices, and every path but
 * the machine's folder and the host's /usr, read-only.
 */
import { accessSync, constants, existsSync, lstatSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { knowsProcessor } from './real-seccomp';

/** The folders of a machine that are its own; the rest is the host's /usr or empty. */
export const ownFolders = ['etc', 'opt', 'var', 'root', 'run', 'data', 'home', 'tmp'] as const;

const capabilities = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_SETUID',
  'CAP_SETGID',
  'CAP_SYS_CHROOT',
  'CAP_KILL',
] as const;

// Files of /proc that change the kernel for the whole host. Some ask only for a write by uid 0,
// no capability: `sysrq-trigger` would reboot it.
const kernelFiles = ['sys', 'sysrq-trigger', 'irq', 'bus', 'fs', 'acpi', 'driver', 'mtrr', 'scsi'];

/** The file descriptor on which a sandbox gets its filter of system calls. */
const filterDescriptor = 3;

/** What a sandbox is made for. */
export interface SandboxPlan {
  /** The machine's folder on the host. */
  readonly root: string;
  /** The folder with what the lab itself adds: program, configuration, socket. */
  readonly control: string;
  readonly hostname: string;
  /** The folder of the NFS exports on the host. */
  readonly exports: string;
  /** The folder of the machine's further volumes on the host. */
  readonly disks: string;
  /** What is mounted when the sandbox begins. */
  readonly mounts: readonly Shown[];
}

/** A folder that is seen at a place. */
interface Shown {
  readonly folder?: string | undefined;
  readonly target: string;
  readonly options: string;
}

/** Where a sandbox has the NFS exports: what is mounted later is bound from there. */
export const exportsInside = '/lab/exports';
/** Where it has the machine's further volumes. */
export const disksInside = '/lab/disks';

/** Finds a program on PATH or where system daemons live. */
export function findProgram(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return [...folders, '/usr/bin', '/usr/sbin', '/sbin']
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Says why this host cannot run machines in sandboxes; undefined when it can. */
export function whyNoSandbox(): string | undefined {
  if (process.platform !== 'linux') {
    return 'the real shell needs Linux';
  }
  if (!knowsProcessor(process.arch)) {
    return `the real shell has no filter of system calls for ${process.arch}`;
  }
  if (process.getuid?.() !== 0) {
    return 'the real shell needs root: a machine has more than one user';
  }
  const missing = ['/usr/sbin/sshd', '/usr/bin/perl'].filter((path) => !isExecutable(path));
  if (findProgram('bwrap') === undefined) {
    missing.push('bwrap');
  }
  return missing.length === 0 ? undefined : `the real shell needs ${missing.join(' and ')}`;
}

/** The arguments of `bwrap`, the command at their end included. */
export function sandboxArguments(plan: SandboxPlan): string[] {
  return [
    ...['--die-with-parent', '--as-pid-1'],
    // Without a session of its own, a command could type into the terminal of whoever runs the lab.
    '--new-session',
    ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-net'],
    ...['--hostname', plan.hostname, '--clearenv'],
    ...['--setenv', 'PATH', '/usr/local/bin:/usr/sbin:/usr/bin'],
    ...['--cap-drop', 'ALL', ...capabilities.flatMap((name) => ['--cap-add', name])],
    ...['--seccomp', String(filterDescriptor)],
    ...fileSystem(plan),
    '--',
    ...['/lab/init', '/usr/sbin/sshd', '-i', '-e', '-f', '/lab/sshd_config'],
  ];
}

function fileSystem({ root, control, exports, disks, mounts }: SandboxPlan): string[] {
  const kernel = kernelFiles.map((name) => `/proc/${name}`).filter((path) => existsSync(path));
  return [
    ...['--ro-bind', '/usr', '/usr'],
    ...['bin', 'sbin', 'lib', 'lib64'].flatMap((name) =>
      existsSync(`/usr/${name}`) ? ['--symlink', `usr/${name}`, `/${name}`] : [],
    ),
    ...ownFolders.flatMap((name) => ['--bind', join(root, name), `/${name}`]),
    ...mounts.flatMap(({ folder, target, options }) =>
      folder === undefined
        ? []
        : [options.split(',').includes('ro') ? '--ro-bind' : '--bind', folder, target],
    ),
    // Users of the sandbox, not of the image: laid over the machine's files, which stay as they are.
    ...['passwd', 'group', 'shadow']
      .filter((name) => isPlainFile(join(root, 'etc', name)))
      .flatMap((name) => ['--ro-bind', join(control, name), `/etc/${name}`]),
    ...['--ro-bind', control, '/lab', '--bind', exports, exportsInside],
    ...['--bind', disks, disksInside],
    ...['--ro-bind', join(control, 'local-bin'), '/usr/local/bin'],
    ...['--proc', '/proc', ...kernel.flatMap((path) => ['--ro-bind', path, path])],
    // The daemon refuses to start without its empty folder, and /run is empty after each boot.
    ...['--dev', '/dev', '--dir', '/run/sshd'],
    ...['--chdir', '/', '--remount-ro', '/'],
  ];
}

/** Not a link: bubblewrap would follow it on the host before the sandbox is closed. */
function isPlainFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
