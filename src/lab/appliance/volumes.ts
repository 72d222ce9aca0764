/** `findmnt`, `mount` and `mountpoint`: what is mounted where. */
import { mountsOf, type MountEntry } from '../machine/mounts';
import type { ApplianceCommand } from '../shapes';
import { failed, modelOf, parseArguments, printed, table } from './model';

/** `findmnt [-rn] [-o COLUMNS] [TARGET]`. */
export const findmnt: ApplianceCommand = (machine, { args }) => {
  const { words, options } = parseArguments(args, ['-o', '--output', '-T', '--target', '-t']);
  const flags = [...options.keys()].filter((key) => !key.startsWith('--')).join('');
  const columns = (options.get('-o') ?? options.get('--output') ?? 'TARGET,SOURCE,FSTYPE').split(
    ',',
  );
  const target = words[0] ?? options.get('-T') ?? options.get('--target');
  const shown = mountsOf(modelOf(machine)).filter(
    (mount) => target === undefined || mount.target === target,
  );
  if (shown.length === 0) {
    return failed('');
  }
  const cells = shown.map((mount) => columns.map((column) => cellOf(mount, column)));
  const rows = flags.includes('n') || options.has('--noheadings') ? cells : [columns, ...cells];
  const isRaw = flags.includes('r') || options.has('--raw');
  // Raw output separates columns by one blank and so escapes those inside a name.
  return printed(
    isRaw
      ? rows
          .map((row) => `${row.map((cell) => cell.replaceAll(' ', '\\x20')).join(' ')}\n`)
          .join('')
      : table(rows),
  );
};

function cellOf(mount: MountEntry, column: string): string {
  const cells: Readonly<Record<string, string>> = { ...mount };
  return cells[column.toLowerCase()] ?? '';
}

/** `mount` without arguments; nothing can be mounted here. */
export const mount: ApplianceCommand = (machine, { args }) => {
  if (args.length > 0) {
    return failed('mount: only root can do that\n');
  }
  const mounts = mountsOf(modelOf(machine));
  return printed(
    mounts
      .map(({ source, target, fstype }) => `${source} on ${target} type ${fstype} (rw,relatime)\n`)
      .join(''),
  );
};

/** `mountpoint [-q] PATH`. */
export const mountpoint: ApplianceCommand = (machine, { args }) => {
  const { words, options } = parseArguments(args, []);
  const [path = ''] = words;
  const isMount = mountsOf(modelOf(machine)).some(({ target }) => target === path);
  const said = options.has('-q') ? '' : `${path} is ${isMount ? '' : 'not '}a mountpoint\n`;
  return { stdout: said, stderr: '', exitCode: isMount ? 0 : 1 };
};
