/** Waits for an image, however long its snapshots take. */
import { refuse } from '../../../contract/failures';
import type { World } from '../../../world';
import type { Ec2 } from '../../../world/ec2';
import { failed } from './named-image';
import { until } from '../../frame/until';
import type { Say } from '../../frame/attempt';

/** EC2 may not show a new image for a while; one that stays away has been deregistered. */
const graceSeconds = 300;

type Limits = Pick<ReturnType<World['installation']>['limits'], 'image' | 'poll'>;
function gone(imageId: string): ReturnType<typeof refuse> {
  return refuse(
    'ImageFailed',
    `${imageId} is not there: EC2 has shown no such image for ${String(graceSeconds)} s. Somebody ` +
      'deregistered it, or it is in another account: find out, abort, and start a new backup.',
  );
}

/** Percent of the snapshot that is furthest behind. */
async function progress(ec2: Ec2, snapshotIds: readonly string[]): Promise<number> {
  const snapshots = snapshotIds.length > 0 ? await ec2.snapshots(snapshotIds) : [];
  return Math.min(100, ...snapshots.map(({ progressPercent }) => progressPercent));
}

/** Polls until the image is available; refuses when AWS gives it up, it is gone, or time is over. */
export async function untilAvailable(
  { ec2, limits }: { readonly ec2: Ec2; readonly limits: Limits },
  imageId: string,
  say: Say,
): Promise<void> {
  const { image: limitSeconds, poll: pollSeconds } = limits;
  let absentSince: number | undefined;
  const available = await until({ limitSeconds, pollSeconds }, async () => {
    const [image] = await ec2.images({ ids: [imageId] });
    if (image === undefined) {
      absentSince ??= performance.now();
      if (performance.now() - absentSince > graceSeconds * 1000) throw gone(imageId);
      return undefined;
    }
    absentSince = undefined;
    if (image.state === 'available') return image;
    if (image.state !== 'pending') throw failed(image);
    say(`${imageId}: snapshots ${String(await progress(ec2, image.snapshotIds))}%`);
    return undefined;
  });
  if (available) return;
  throw refuse(
    'ImageFailed',
    `${imageId} is not available after ${String(limitSeconds)} s. Snapshots can take up to a day: ` +
      'look at their progress in EC2, then retry to go on waiting.',
  );
}
