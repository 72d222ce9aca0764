/**
 * Which environment file a unit reads. A unit file says it itself; where the lab has none, it is
 * what the installer of Replicated would have written: without systemd always /etc/default, with it
 * /etc/sysconfig if that has the file, else /etc/default.
 */
import { existsSync, lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Path of the file below the machine's root; undefined where there is no such file. */
export function environmentPath(
  root: string,
  init: 'systemd' | 'upstart' | 'sysv',
  unit: string,
): string | undefined {
  const named = init === 'systemd' ? namedBy(root, unit) : undefined;
  if (named !== undefined) return fileAt(root, named);
  const file = unit === 'replicated-operator' ? unit : 'replicated';
  const folders = init === 'systemd' ? ['etc/sysconfig', 'etc/default'] : ['etc/default'];
  for (const folder of folders) {
    const path = fileAt(root, `/${folder}/${file}`);
    if (path !== undefined) return path;
  }
  return undefined;
}

function namedBy(root: string, unit: string): string | undefined {
  const path = join(root, 'etc/systemd/system', `${unit}.service`);
  // A masked unit is a link to /dev/null of the machine.
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  return /^\s*EnvironmentFile=-?"?(\/[^\s"]+)"?\s*$/m.exec(readFileSync(path, 'utf8'))?.[1];
}

/** The file that the path leads to within the root; a folder of the name is none. */
function fileAt(root: string, path: string): string | undefined {
  const target = join(root, path);
  // A support bundle is known to leave a directory of this name behind.
  if (!existsSync(target) || !statSync(target).isFile()) return undefined;
  const real = realpathSync(target);
  return real.startsWith(resolve(realpathSync(root))) ? real : undefined;
}
