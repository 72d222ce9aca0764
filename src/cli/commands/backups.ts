/** `runbook backups`: the images that a restore can start from, as AWS and their tags tell. */
import type { BackupRecord } from '../../machine/backups/backup-record';
import { backupOf, newestFirst, proofsOf, takenAt } from '../../machine/backups/backups';
import { regionsOf } from '../../machine/launch/places';
import type { ProvenRestore } from '../../machine/backups/proven-restore';
import { decodeRecord } from '../../machine/backups/record-tags';
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
  readonly takenAt: string;
  /** The image of the same backup that was made first, where this is another one of it. */
  readonly copyOf?: string;
  /** What a drill has said of the backup at last, in whatever region. */
  readonly proven?: ProvenRestore;
  readonly name: string;
  readonly record: BackupRecord | undefined;
}

export const backups = commandRow({
  usage: 'backups <installation>',
  summary: 'list the backups of an installation, from the tags of its images',
  example: 'runbook backups prod --json',
  run: async ({ args, out }) => {
    const { name, installation } = await openConfig(args[0] ?? '');
    const { openEc2 } = await import('../../world/ec2/index.js');
    const found: Placed[] = [];
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
      found.push(...images.map((image) => ({ ...image, region })));
    }
    const lines = backupLines(found);
    const isAnswered = unanswered.length === 0;
    const text = found.length > 0 || isAnswered ? [backupsText(lines, name)] : [];
    out.result([...text, ...unanswered].join('\n'), { backups: lines, unanswered });
    return isAnswered ? exitStatus.done : exitStatus.unreachable;
  },
});

type Placed = Image & { readonly region: string };

/** The images newest first, those of one backup together, with their records. */
function backupLines(images: readonly Placed[]): readonly BackupLine[] {
  const proofs = proofsOf(images);
  const firsts = new Map<string, string>();
  return newestFirst(images).map((image) => {
    const backup = backupOf(image);
    const first = firsts.get(backup);
    if (first === undefined) firsts.set(backup, image.id);
    const proven = proofs.get(backup);
    return {
      region: image.region,
      image: image.id,
      state: image.state,
      createdAt: image.createdAt,
      takenAt: takenAt(image),
      ...(first === undefined ? {} : { copyOf: first }),
      ...(proven === undefined ? {} : { proven }),
      name: image.name,
      record: decodeRecord(image.tags),
    };
  });
}

/** The same as a table. */
function backupsText(lines: readonly BackupLine[], installation: string): string {
  if (lines.length === 0) {
    return `No image carries the tag runbook:installation=${installation}. Make one: runbook backup ${installation}`;
  }
  const rows = lines.map(({ region, image, state, record, ...line }) => [
    image,
    region,
    state,
    line.takenAt,
    line.copyOf ?? '',
    provenText(line.proven),
    record?.consistency ?? '',
    record?.privateAddress ?? '',
    record?.hostname ?? '',
    record ? record.unrecorded.join('; ') : 'no readable record: made by hand, or tags were lost',
  ]);
  const headings = [
    'Image',
    'Region',
    'State',
    'Taken',
    'Copy of',
    'Proven',
    'Consistency',
    'Address',
    'Hostname',
    'Missing',
  ];
  return table(headings, rows).join('\n');
}

function provenText(proof: ProvenRestore | undefined): string {
  if (proof === undefined) return 'never';
  return proof.passed ? proof.at.slice(0, 10) : `BAD ${proof.at.slice(0, 10)}`;
}
