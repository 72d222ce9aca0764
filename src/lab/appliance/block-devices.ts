/** `lsblk` and `blkid`: which block devices there are, and what is on them. */
import { disksOf, rootLabel, rootPartition, rootUuid } from '../machine/disks';
import type { Machine } from '../machine/machine';
import type { ApplianceCommand } from '../shapes';
import { failed, modelOf, parseArguments, printed } from './model';

interface Device {
  readonly name: string;
  readonly type: 'disk' | 'part';
  /** The disk that a partition is of. */
  readonly parent?: string;
  readonly serial?: string | undefined;
  readonly uuid?: string;
  readonly label?: string | undefined;
  readonly fstype?: string;
}

function devicesOf(machine: Machine): Device[] {
  const { isNvme } = machine;
  const root = rootPartition(machine);
  const rootDisk = isNvme ? '/dev/nvme0n1' : '/dev/xvda';
  // On NVMe the serial number is the volume's id without its dash; Xen shows none.
  const serialOf = (id: string | undefined): string | undefined =>
    isNvme ? id?.replace('-', '') : undefined;
  return [
    { name: rootDisk, type: 'disk', serial: serialOf(machine.volumeAt('/dev/sda1')) },
    {
      ...{ name: root, type: 'part', parent: rootDisk },
      ...{ uuid: rootUuid, label: rootLabel, fstype: 'ext4' },
    },
    ...disksOf(machine).map(({ name, uuid, label, fstype, volumeId }): Device => {
      return { name, type: 'disk', serial: serialOf(volumeId), uuid, label, fstype };
    }),
  ];
}

/** `lsblk -nr [-d] [-s] -o COLUMNS [DEVICE]`, as far as NAME, TYPE and SERIAL. */
export const lsblk: ApplianceCommand = (simulated, { args }) => {
  const given = args.flatMap((word) =>
    /^-[a-z]+o$/.test(word) ? [word.slice(0, -1), '-o'] : word,
  );
  const { words, options } = parseArguments(given, ['-o', '--output']);
  const flags = [...options.keys()].join('');
  const columns = (options.get('-o') ?? 'NAME,TYPE').split(',');
  const all = devicesOf(modelOf(simulated));
  const [asked] = words;
  const found = all.filter(({ name }) => asked === undefined || name === asked);
  if (found.length === 0) return failed(`lsblk: ${asked ?? ''}: not a block device\n`, 32);
  const shown = flags.includes('s')
    ? found.flatMap((one) => [one, ...all.filter(({ name }) => name === one.parent)])
    : found;
  const cell = (device: Device, column: string): string =>
    ({ NAME: device.name.slice('/dev/'.length), TYPE: device.type, SERIAL: device.serial ?? '' })[
      column
    ] ?? '';
  return printed(
    shown.map((one) => `${columns.map((column) => cell(one, column)).join(' ')}\n`).join(''),
  );
};

/** `blkid [-c FILE]`: a line for each device that has a file system. */
export const blkid: ApplianceCommand = (simulated) =>
  printed(
    devicesOf(modelOf(simulated))
      .filter(({ uuid }) => uuid !== undefined)
      .map(({ name, label, uuid = '', fstype = '' }) => {
        const named = label === undefined ? '' : ` LABEL="${label}"`;
        return `${name}:${named} UUID="${uuid}" TYPE="${fstype}"\n`;
      })
      .join(''),
  );
