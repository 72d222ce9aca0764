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
import { createHash } from 'node:crypto';
import { codeOf } from '../contract/aws-code';
import { refuse, tryAgain } from '../contract/failures';
import { copyTags, originalOf } from '../machine/copies';
import type { World } from '../world';
import type { Ec2, Image } from '../world/ec2';
import type { Outcome, Say } from './attempt';
import { untilAvailable } from './await-image';
import { failed } from './create-image';
import { inEach, type InRegion } from './in-each';
import { judgeImage } from './verify-image';

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
      const clientToken = tokenOf(imageId, region, generation);
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
  const made = await findCopy(ec2, image);
  if (made) return made.id;
  const { id: imageId, name, createdAt, tags } = image;
  try {
    return await ec2.copyImage({
      sourceRegion: home,
      sourceImageId: imageId,
      name,
      description: `Copy of ${imageId} in ${home}`,
      kmsKey,
      clientToken,
      tags: copyTags(tags, { region: home, imageId, createdAt }),
    });
  } catch (error) {
    if (codeOf(error) !== 'InvalidAMIName.Duplicate') throw error;
    const hidden = await findCopy(ec2, image);
    if (hidden) return hidden.id;
    throw tryAgain(
      'AwsUnavailable',
      `an image named "${name}" exists but is not visible yet. Retry in a minute.`,
    );
  }
}

async function findCopy(ec2: Ec2, { id, name }: Image): Promise<Image | undefined> {
  const [image] = await ec2.images({ name });
  if (image === undefined) return undefined;
  if (originalOf(image.tags)?.imageId !== id) {
    throw refuse(
      'ImageNameTaken',
      `${image.id} already has the name "${name}" but is no copy of ${id}. Rename or deregister ` +
        'it, then retry.',
    );
  }
  if (image.state === 'failed' || image.state === 'error') throw failed(image);
  return image;
}

function tokenOf(imageId: string, region: string, generation: number): string {
  const text = `${imageId}\n${region}\n${String(generation)}`;
  return `runbook-${createHash('sha256').update(text).digest('hex').slice(0, 48)}`;
}
