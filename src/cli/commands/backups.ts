/** `runbook backups`: the images that a restore can start from, as AWS and their tags tell. */
import type { BackupRecord } from '../../machine/backup-record';
import { regionsOf } from '../../machine/places';
import { decodeRecord } from '../../machine/record-tags';
import type { Image } from '../../world/ec2';
import { commandRow } from '../command-row';
import { openConfig } from '../configured';
import { exitStatus, messageOf } from '../exit-status';
import { table } from '../render/table';

/** One image and what its tags tell of the machine that it was made of. */
export interface BackupLine {
  readonly region: string;
  readonly image: string;
  readonly state: string;
  readonly createdAt: string;
  readonly name: string;
  readonly record: BackupRecord | undefined;
}

export const backups = commandRow({
  usage: 'backups <installation>',
  summary: 'list the backups of an installation, from the tags of its images',
  example: 'runbook backups prod --json',
  run: async ({ args, out }) => {
    const { name, installation } = await openConfig(args[0] ?? '');
    const { openEc2 } = await import('../../world/ec2.js');
    const found: BackupLine[] = [];
    const unanswered: string[] = [];
    for (const region of regionsOf(installation)) {
      const tags = { 'runbook:installation': name };
      // A region that is gone must not hide the copies in another one.
      const images = await openEc2({ region })
        .images({ tags })
        .catch((error: unknown) => {
          unanswered.push(`${region} could not be asked: ${messageOf(error)}`);
          return [];
        });
      found.push(...backupLines(region, images));
    }
    const isAnswered = unanswered.length === 0;
    const text = found.length > 0 || isAnswered ? [backupsText(found, name)] : [];
    out.result([...text, ...unanswered].join('\n'), { backups: found, unanswered });
    return isAnswered ? exitStatus.done : exitStatus.unreachable;
  },
});

/** The images of a region newest first, with their records. */
function backupLines(region: string, images: readonly Image[]): readonly BackupLine[] {
  return images
    .map((image) => ({
      region,
      image: image.id,
      state: image.state,
      createdAt: image.createdAt,
      name: image.name,
      record: decodeRecord(image.tags),
    }))
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt));
}

/** The same as a table. */
function backupsText(lines: readonly BackupLine[], installation: string): string {
  if (lines.length === 0) {
    return `No image carries the tag runbook:installation=${installation}. Make one: runbook backup ${installation}`;
  }
  const rows = lines.map(({ region, image, state, createdAt, record }) => [
    image,
    region,
    state,
    createdAt,
    record?.consistency ?? '',
    record?.privateAddress ?? '',
    record?.hostname ?? '',
    record ? record.unrecorded.join('; ') : 'no readable record: made by hand, or tags were lost',
  ]);
  const headings = [
    'Image',
    'Region',
    'State',
    'Created',
    'Consistency',
    'Address',
    'Hostname',
    'Missing',
  ];
  return table(headings, rows).join('\n');
}
