/** The mounts of the old machine, and how one sees by hand that the new one has them. */
import { usable } from '../../machine/volumes/order';
import type { RecordedMount } from '../../machine/volumes/record';
import { mountLine } from '../../machine/volumes/commands';
import { isRemote } from '../../machine/volumes/look';
import { word } from './by-hand';
import type { SheetFacts } from './facts';
import type { Action, Row, Section } from './page';

/** What was mounted where, and which folder of the app lay on it. */
export function theMounts({ record }: SheetFacts): Section {
  const { volumes } = record;
  if (volumes === undefined || volumes.mounts.length === 0) {
    return {
      title: 'Mounts',
      text:
        'The backup recorded none. Compare what is mounted with /etc/fstab before the app starts: a line ' +
        'with nofail is passed over in silence when its device is not there.',
    };
  }
  return {
    title: 'Mounts',
    text:
      'Each must be there again before the app starts. Devices get other names on another machine: the ' +
      'UUID tells which is which.',
    rows: [
      ...volumes.mounts.map((mount): Row => [mount.target, describe(mount)]),
      ...volumes.folders.map(({ path, leadsTo, on, sign }): Row => [
        path,
        `lies on ${on}${leadsTo === undefined ? '' : `, through a symlink to ${leadsTo}`}; ` +
          (sign === '' ? 'it was empty' : `it held ${sign}`),
      ]),
      ...(volumes.leftOut ?? []).map((target): Row => [target, 'found no room in the record']),
    ],
  };
}

function describe({ source, fstype, uuid, label, devices, fstab, apart }: RecordedMount): string {
  return [
    `${source}, ${fstype}`,
    uuid === undefined ? '' : `UUID ${uuid}`,
    label === undefined ? '' : `label ${label}`,
    devices === undefined ? '' : `EC2’s ${devices.join(', ')}`,
    fstab === undefined ? 'no line in /etc/fstab' : `in /etc/fstab: ${fstab}`,
    apart === undefined ? '' : `NOT in the image: ${apart}`,
  ]
    .filter((part) => part !== '')
    .join('; ');
}

/** What is looked at before anything starts, and how what is missing is mounted. */
export function comparingMounts({ record }: SheetFacts): Action[] {
  const { mounts = [], folders = [] } = record.volumes ?? {};
  const wanted = mounts.filter(({ target }) => target !== '/');
  const paths = folders.map(({ path }) => word(path)).join(' ');
  const lines = wanted.flatMap((mount) => lineFor(mount));
  return [
    {
      say:
        'Before anything starts, compare with “Mounts” above: each must be there, by its UUID, and not ' +
        'read-only (ro). An app that starts over an empty folder makes an empty database.',
      run: 'findmnt -o TARGET,SOURCE,FSTYPE,UUID,OPTIONS; blkid; cat /etc/fstab',
    },
    ...(paths === ''
      ? []
      : [{ say: 'Each folder must hold what it held:', run: `ls -A ${paths}` }]),
    ...(lines.length === 0
      ? []
      : [
          {
            say:
              `Only what is missing: ${wanted.map(({ target }) => target).join(', ')}. Choose its line; ` +
              'stop Docker before where it lies on the way (`systemctl stop docker`), and start it after. ' +
              'Where no device has the UUID, attach a volume made from the snapshot.',
            run: lines.map((line) => `# ${line}`).join('\n'),
          },
        ]),
  ];
}

function lineFor(mount: RecordedMount): string[] {
  const { target, source, uuid, fstype } = mount;
  // A folder shown a second time follows its volume.
  if (source.includes('[')) return [];
  const from = isRemote(fstype) || uuid === undefined ? source : `UUID=${uuid}`;
  const line = mountLine({ target, source: from, fstype, options: usable(mount) });
  // Behind the mark of a comment nothing may begin a line of its own.
  return [line.replace(/[^\x20-\x7e]/g, '?')];
}
