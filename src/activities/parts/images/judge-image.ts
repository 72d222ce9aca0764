/** Whether an image is what a restore can rely on. */
import type { Ec2 } from '../../../world/ec2';
import { heldBy, namedByDevice, inWords } from '../../../machine/volumes/held';
import { tagNames } from '../../../machine/backups/tags';
import { decodeRecord } from '../../../machine/backups/record-tags';
import { refuse } from '../../../contract/failures';
import type { Outcome } from '../../frame/attempt';

export interface ImageVerified extends Outcome {
  /** What the image lacks without being useless, for the report. */
  readonly warnings: readonly string[];
}

/** Judges the image and tags it with the verdict; gives what was seen, or refuses. */
export async function judgeImage(
  ec2: Ec2,
  imageId: string,
  volumes: number,
): Promise<ImageVerified> {
  const [image] = await ec2.images({ ids: [imageId] });
  const snapshots = await ec2.snapshots(image?.snapshotIds ?? []);
  const record = image && decodeRecord(image.tags);
  const recorded = record?.volumes;
  const data = recorded && heldBy(recorded, image?.disks ?? []);
  const problems = [
    image?.state === 'available' ? '' : `it is ${image?.state ?? 'gone'}`,
    snapshots.every(({ state }) => state === 'completed') ? '' : 'a snapshot is not complete',
    snapshots.length >= volumes
      ? ''
      : `it holds ${String(snapshots.length)} of ${String(volumes)} volumes`,
    record ? '' : 'its record does not read back from its tags',
    ...(data?.problems ?? []),
  ].filter((problem) => problem !== '');
  const verdict = problems.length === 0 ? 'yes' : `no: ${problems.join('; ')}`.slice(0, 250);
  if (image) await ec2.tag([imageId], { [tagNames.verified]: verdict });
  if (problems.length === 0) {
    const note = `${imageId}: ${String(snapshots.length)} snapshot(s) complete, record reads back`;
    const warnings = [...(data?.warnings ?? []), ...(recorded ? namedByDevice(recorded) : [])];
    return { note: `${note}; ${inWords(data)}`, warnings };
  }
  throw refuse(
    'ImageFailed',
    `${imageId} cannot be relied on: ${problems.join('; ')}. Make another backup.`,
  );
}
