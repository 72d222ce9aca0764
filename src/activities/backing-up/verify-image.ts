/**
 * Verifies what a restore will rely on.
 *
 * Looks at: whether the image is available, holds every volume of the machine, has complete
 * snapshots, and its record reads back from its tags; whether each recorded mount is among them. Changes: tags the image with the verdict.
 * Safe to repeat because: the verdict is formed anew. Fails with: ImageFailed.
 */
import type { World } from '../../world';
import { judgeImage, type ImageVerified } from '../parts/images/judge-image';

export interface VerifyInput {
  readonly region: string;
  readonly imageId: string;
  /** How many volumes the machine has. */
  readonly volumes: number;
}

export const verifyImage =
  (world: World) =>
  ({ region, imageId, volumes }: VerifyInput): Promise<ImageVerified> =>
    judgeImage(world.ec2(region), imageId, volumes);
