/** Images that are known by their name: EC2 lets only one have it, and so tells a second request. */
import { codeOf } from '../../../contract/aws-code';
import { refuse, tryAgain } from '../../../contract/failures';
import type { Ec2, Image } from '../../../world/ec2';

/** How an image of that name is told from somebody else's. */
export interface Named {
  readonly name: string;
  readonly isOurs: (image: Image) => boolean;
  /** What it is if it is not ours, as the rest of a sentence. */
  readonly otherwise: string;
}

/** Our image of that name; refuses one that is somebody else's, or that AWS could not make. */
export async function findNamed(
  ec2: Ec2,
  { name, isOurs, otherwise }: Named,
): Promise<Image | undefined> {
  const [image] = await ec2.images({ name });
  if (image === undefined) return undefined;
  if (!isOurs(image)) {
    throw refuse(
      'ImageNameTaken',
      `${image.id} already has the name "${name}" but ${otherwise}. Rename or deregister it, ` +
        'then retry.',
    );
  }
  if (image.state === 'failed' || image.state === 'error') throw failed(image);
  return image;
}

/** Makes the image, or gives the one that an attempt whose reply was lost has made. */
export async function makeNamed(
  ec2: Ec2,
  named: Named,
  make: () => Promise<string>,
): Promise<string> {
  try {
    return await make();
  } catch (error) {
    if (codeOf(error) !== 'InvalidAMIName.Duplicate') throw error;
    const ours = await findNamed(ec2, named);
    if (ours) return ours.id;
    throw tryAgain(
      'AwsUnavailable',
      `An image named "${named.name}" exists but is not visible yet. Retry in a minute.`,
    );
  }
}

/** The refusal for an image that AWS could not make; its name stays taken until it is gone. */
export function failed(image: Image): ReturnType<typeof refuse> {
  return refuse(
    'ImageFailed',
    `${image.id} is ${image.state}: ${image.stateReason ?? 'no reason given'}. Deregister it and ` +
      'delete its snapshots, then retry.',
  );
}
