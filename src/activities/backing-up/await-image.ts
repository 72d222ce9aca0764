/**
 * Waits until the image is available, with the percentage of its slowest snapshot as progress.
 *
 * Looks at: the image and its snapshots. Changes: nothing. Safe to repeat because: it only reads.
 * Fails with: ImageFailed, AwsUnavailable.
 */
import type { World } from '../../world';
import type { Outcome, Say } from '../frame/attempt';
import { untilAvailable } from '../parts/images/until-available';

export interface AwaitImageInput {
  readonly installation: string;
  readonly region: string;
  readonly imageId: string;
}

export const awaitImage =
  (world: World) =>
  async ({ installation, region, imageId }: AwaitImageInput, say: Say): Promise<Outcome> => {
    const { limits } = world.installation(installation);
    await untilAvailable({ ec2: world.ec2(region), limits }, imageId, say);
    return { note: `${imageId} is available` };
  };
