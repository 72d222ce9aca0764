/** The machine's mount table. */
import type { Core } from './core';

/** A line of the table. */
export interface MountEntry {
  readonly target: string;
  readonly source: string;
  readonly fstype: string;
}

const always: readonly MountEntry[] = [
  { target: '/sys', source: 'sysfs', fstype: 'sysfs' },
  { target: '/proc', source: 'proc', fstype: 'proc' },
  { target: '/dev', source: 'udev', fstype: 'devtmpfs' },
  { target: '/run', source: 'tmpfs', fstype: 'tmpfs' },
  { target: '/', source: '/dev/xvda1', fstype: 'ext4' },
];

/** What is mounted now, with the mounts that a trap adds. */
export function mountsOf(core: Core): MountEntry[] {
  const { nomadIsMount, mounts = [] } = core.state.volatile.traps;
  const nomad = nomadIsMount === true ? '/opt/nomad' : nomadIsMount;
  const further = mounts.flatMap((line) => {
    const [target, source, fstype] = line.split(' ');
    return target && source && fstype ? [{ target, source, fstype }] : [];
  });
  return [
    ...always,
    ...(nomad === undefined || nomad === false
      ? []
      : [{ target: nomad, source: '/dev/xvdf', fstype: 'ext4' }]),
    ...further,
  ];
}
