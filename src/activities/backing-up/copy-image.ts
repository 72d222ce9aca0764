/**
 * Copies the image to each other region that runbook.yaml names, under the name of the original and
 * with its tags, so that the copy alone is enough where the first region is gone; waits until the
 * copies are available, and verifies each as the original was.
 *
 * Looks at: our images of that name there, their snapshots. Changes: begins the copies that are
 * missing, tagged from their first moment together with their snapshots; tags each with the verdict.
 * Safe to repeat because: a copy of this image is adopted, and the ClientToken comes from the image
 * and the region, not from the attempt.
 * Fails with: ImageNameTaken, ImageFailed, AwsUnavailable, AwsDenied.
 */
import { refuse } from '../../contract/failures';
import { copyTags, originalOf } from '../../machine/backups/copies';
import type { World } from '../../world';
import type { Ec2, Image } from '../../world/ec2';
import type { Outcome, Say } from '../frame/attempt';
import { untilAvailable } from '../parts/images/until-available';
import { clientTokenOf } from '../parts/instances/client-token';
import { inEach, type InRegion } from '../frame/in-each';
import { findNamed, makeNamed, type Named } from '../parts/images/named-image';
import { judgeImage } from '../parts/images/judge-image';

export interface CopyInput {
  readonly installation: string;
  /** Where the image is. */
  readonly region: string;
  readonly imageId: string;
  readonly regions: readonly string[];
  /** How many snapshots the original has. */
  readonly volumes: number;
  /** How many failed copies a person had replaced: raised by their `retry` only. */
  readonly generation: number;
}

export interface Copies extends Outcome {
  readonly copies: readonly InRegion[];
}

export const copyImage =
  (world: World) =>
  async (input: CopyInput, say: Say): Promise<Copies> => {
    const { installation, region: home, imageId, regions, volumes, generation } = input;
    const { copies: configured = [], limits } = world.installation(installation);
    const [image] = await world.ec2(home).images({ ids: [imageId] });
    if (image === undefined) {
      throw refuse('ImageFailed', `${imageId} is not there any more. Make another backup.`);
    }
    const progress = new Map(regions.map((region) => [region, 'beginning']));
    const copies = await inEach(regions, async (region) => {
      const ec2 = world.ec2(region);
      const kmsKey = configured.find((copy) => copy.region === region)?.kmsKey;
      const clientToken = clientTokenOf(imageId, region, generation);
      const copyId = await copyOnce(ec2, { home, image, kmsKey, clientToken });
      await untilAvailable({ ec2, limits }, copyId, (text) => {
        progress.set(region, text);
        say([...progress].map(([where, what]) => `${where}: ${what}`).join('; '));
      });
      await judgeImage(ec2, copyId, volumes);
      return { region, imageId: copyId };
    });
    return { note: copies.map((copy) => `${copy.imageId} in ${copy.region}`).join(', '), copies };
  };

interface Order {
  readonly home: string;
  readonly image: Image;
  readonly kmsKey: string | undefined;
  readonly clientToken: string;
}

async function copyOnce(ec2: Ec2, { home, image, kmsKey, clientToken }: Order): Promise<string> {
  const { id: imageId, name, createdAt, tags } = image;
  const named: Named = {
    name,
    isOurs: (one) => originalOf(one.tags)?.imageId === imageId,
    otherwise: `is no copy of ${imageId}`,
  };
  const made = await findNamed(ec2, named);
  if (made) return made.id;
  return makeNamed(ec2, named, () =>
    ec2.copyImage({
      sourceRegion: home,
      sourceImageId: imageId,
      name,
      description: `Copy of ${imageId} in ${home}`,
      kmsKey,
      clientToken,
      tags: copyTags(tags, { region: home, imageId, createdAt }),
    }),
  );
}
