/**
 * Verifies what a restore will rely on.
 *
 * Looks at: whether the image is available, holds every volume of the machine, has complete
 * snapshots, and its record reads back from its tags. Changes: tags the image with the verdict.
 * Safe to repeat because: the verdict is formed anew. Fails with: ImageFailed.
 */
import { refuse } from '../contract/failures';
import { decodeRecord } from '../machine/record-tags';
import { tagNames } from '../machine/tags';
import type { World } from '../world';
import type { Ec2 } from '../world/ec2';
import type { Outcome } from './attempt';

export interface VerifyInput {
  readonly region: string;
  readonly imageId: string;
  /** How many volumes the machine has. */
  readonly volumes: number;
}

export const verifyImage =
  (world: World) =>
  async ({ region, imageId, volumes }: VerifyInput): Promise<Outcome> => {
    return { note: await judgeImage(world.ec2(region), imageId, volumes) };
  };

/** Judges the image and tags it with the verdict; gives what was seen, or refuses. */
export async function judgeImage(ec2: Ec2, imageId: string, volumes: number): Promise<string> {
  const [image] = await ec2.images({ ids: [imageId] });
  const snapshots = await ec2.snapshots(image?.snapshotIds ?? []);
  const problems = [
    image?.state === 'available' ? '' : `it is ${image?.state ?? 'gone'}`,
    snapshots.every(({ state }) => state === 'completed') ? '' : 'a snapshot is not complete',
    snapshots.length >= volumes
      ? ''
      : `it holds ${String(snapshots.length)} of ${String(volumes)} volumes`,
    image && decodeRecord(image.tags) ? '' : 'its record does not read back from its tags',
  ].filter((problem) => problem !== '');
  const verdict = problems.length === 0 ? 'yes' : `no: ${problems.join('; ')}`.slice(0, 250);
  if (image) await ec2.tag([imageId], { [tagNames.verified]: verdict });
  if (problems.length === 0) {
    return `${imageId}: ${String(snapshots.length)} snapshot(s) complete, record reads back`;
  }
  throw refuse(
    'ImageFailed',
    `${imageId} cannot be relied on: ${problems.join('; ')}. Make another backup.`,
  );
}
