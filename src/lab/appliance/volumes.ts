/** `findmnt`, `mount`, `umount` and `mountpoint`: what is mounted where. */
import { fstabOf, mountOn, mountsOf, unmountOn, type MountEntry } from '../machine/mounts';
import type { ApplianceCommand } from '../shapes';
import { failed, modelOf, parseArguments, printed, table } from './model';

/** `findmnt [-rn|-P] [-o COLUMNS] [TARGET]`. */
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
  if (flags.includes('P')) {
    const pair = (mount: MountEntry, column: string): string =>
      `${column}="${cellOf(mount, column).replace(/["\\`$]/g, escaped)}"`;
    return printed(
      shown.map((one) => `${columns.map((column) => pair(one, column)).join(' ')}\n`).join(''),
    );
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
  const { target, source, fstype, options, uuid, label } = mount;
  const cells = new Map(Object.entries({ target, source, fstype, options, uuid, label }));
  return cells.get(column.toLowerCase()) ?? '';
}

function escaped(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

/** `mount [-t TYPE] [-o OPTIONS] [SOURCE] TARGET`; without arguments it lists. */
export const mount: ApplianceCommand = (simulated, { args }) => {
  const machine = modelOf(simulated);
  const { words, options } = parseArguments(args, ['-t', '-o', '--types', '--options']);
  if (words.length === 0) {
    return printed(
      mountsOf(machine)
        .map((one) => `${one.source} on ${one.target} type ${one.fstype} (${one.options})\n`)
        .join(''),
    );
  }
  const [first = '', second] = words;
  const inFile = fstabOf(machine).find(({ target }) => target === first);
  const wish =
    second === undefined
      ? inFile
      : {
          source: first,
          target: second,
          options: options.get('-o') ?? options.get('--options') ?? '',
        };
  if (wish === undefined) {
    return failed(`mount: ${first}: can't find in /etc/fstab.\n`, 1);
  }
  const problem = mountOn(machine, wish);
  if (problem !== undefined) {
    return failed(`${problem}\n`, 32);
  }
  const made = machine.state.volatile.mounted.at(-1);
  if (made !== undefined) machine.mountWatchers.forEach((tell) => tell(made, true));
  return printed('');
};

/** `umount TARGET`. */
export const umount: ApplianceCommand = (simulated, { args }) => {
  const machine = modelOf(simulated);
  const [target = ''] = parseArguments(args, []).words;
  const mounted = machine.state.volatile.mounted.findLast((one) => one.target === target);
  if (mounted === undefined) {
    return failed(`umount: ${target}: not mounted.\n`, 32);
  }
  unmountOn(machine, target);
  machine.mountWatchers.forEach((tell) => tell(mounted, false));
  return printed('');
};

/** `mountpoint [-q] PATH`. */
export const mountpoint: ApplianceCommand = (machine, { args }) => {
  const { words, options } = parseArguments(args, []);
  const [path = ''] = words;
  const isMount = mountsOf(modelOf(machine)).some(({ target }) => target === path);
  const said = options.has('-q') ? '' : `${path} is ${isMount ? '' : 'not '}a mountpoint\n`;
  return { stdout: said, stderr: '', exitCode: isMount ? 0 : 1 };
};
