/**
 * The files that a command in the portable shell sees: the machine's root folder, and in memory
 * what no folder holds: devices, a little of /proc, and the names of the commands.
 */
import { dirname } from 'node:path';
import {
  InMemoryFs,
  MountableFs,
  ReadWriteFs,
  type FileContent,
  type FileInit,
  type IFileSystem,
  type InitialFiles,
} from 'just-bash';
import type { Machine } from '../machine/machine';

type WriteOptions = Parameters<IFileSystem['writeFile']>[2];

/** The machine's root, as strict as a disk: no folder appears by itself, and it can be full. */
class RootVolume extends ReadWriteFs {
  constructor(private readonly machine: Machine) {
    super({ root: machine.root, allowSymlinks: true });
  }

  override async writeFile(
    path: string,
    content: FileContent,
    options?: WriteOptions,
  ): Promise<void> {
    await this.refuse(path, content);
    await super.writeFile(path, content, options);
  }

  override async appendFile(
    path: string,
    content: FileContent,
    options?: WriteOptions,
  ): Promise<void> {
    await this.refuse(path, content);
    await super.appendFile(path, content, options);
  }

  override async cp(from: string, to: string, options?: { recursive?: boolean }): Promise<void> {
    await this.refuse(to, from);
    await super.cp(from, to, options);
  }

  private async refuse(path: string, content: FileContent): Promise<void> {
    if (!(await this.exists(dirname(path)))) {
      throw new Error(`ENOENT: no such file or directory, open '${path}'`);
    }
    // /run and /tmp live in memory on a real machine.
    const isOnDisk = !/^\/(run|tmp)\//.test(path);
    const isFull = this.machine.state.volatile.traps.diskFull === true;
    if (isFull && isOnDisk && content.length > 0) {
      throw new Error(`ENOSPC: no space left on device, write '${path}'`);
    }
  }
}

/** /dev with the one device that scripts need. */
class Devices extends InMemoryFs {
  constructor() {
    super({ '/null': { content: '', mode: 0o666 } });
  }

  override writeFile(): Promise<void> {
    return Promise.resolve();
  }

  override appendFile(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * Under this name the interpreter knows a command of /usr/local/bin: it finds its own commands in
 * /bin and /usr/bin only, and takes a file anywhere else for a script.
 */
export function registeredName(name: string): string {
  return isLocal(name) ? `.${name}` : name;
}

function isLocal(name: string): boolean {
  return name.startsWith('replicated');
}

/** Lays the machine's files together with the commands of the given names. */
export function filesOf(machine: Machine, commandNames: readonly string[]): IFileSystem {
  const files = new MountableFs({ base: new RootVolume(machine) });
  const programs = new InMemoryFs(
    Object.fromEntries(commandNames.map((name) => [`/${registeredName(name)}`, program('')])),
  );
  files.mount('/bin', programs);
  files.mount('/usr/bin', programs);
  const scripts = commandNames
    .filter(isLocal)
    .map((name): [string, FileInit] => [
      `/${name}`,
      program(`/bin/${registeredName(name)} "$@"\n`),
    ]);
  files.mount('/usr/local/bin', new InMemoryFs(Object.fromEntries(scripts)));
  for (const { target, folder } of machine.state.volatile.mounted) {
    if (folder !== undefined) {
      files.mount(target, new ReadWriteFs({ root: folder, allowSymlinks: true }));
    }
  }
  files.mount('/dev', new Devices());
  files.mount('/proc', new InMemoryFs(processFiles(machine)));
  return files;
}

function program(content: string): FileInit {
  return { content, mode: 0o755 };
}

function processFiles(machine: Machine): InitialFiles {
  const boot = `${machine.instanceId}${String(machine.boots)}`;
  const id = Buffer.from(boot).toString('hex').padStart(32, '0').slice(-32);
  const uuid = id.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return {
    '/sys/kernel/random/boot_id': `${uuid}\n`,
    '/version': 'Linux version 4.4.0-1128-aws\n',
    '/1/cgroup': '1:name=systemd:/init.scope\n',
    ...Object.fromEntries(
      (machine.state.volatile.traps.leftBehind ?? []).map((id, at) => [
        `/${String(4000 + at)}/cgroup`,
        `4:memory:/docker/${id}\n1:name=systemd:/docker/${id}\n`,
      ]),
    ),
  };
}
