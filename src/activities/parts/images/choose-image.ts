/** Which machine or image a restore starts from; the part of its plan that looks at images. */
import { refuse } from '../../../contract/failures';
import {
  backupOf,
  backupQuery,
  chooseBackup,
  proofsOf,
  takenAt,
  type Choice,
  type Proofs,
} from '../../../machine/backups/backups';
import { regionsOf } from '../../../machine/launch/places';
import { provenRestore } from '../../../machine/backups/proven-restore';
import { tagNames } from '../../../machine/backups/tags';
import type { World } from '../../../world';
import type { Ec2, Image, Instance } from '../../../world/ec2';
import { patienceSeconds } from '../instances/other-machines';

/** A machine that an earlier restore of this installation launched, to take up again. */
export async function findExisting(ec2: Ec2, installation: string, id: string): Promise<Instance> {
  const [instance] = await ec2.instances({ ids: [id] });
  if (instance === undefined) {
    throw refuse(
      'MachineNotFound',
      `There is no instance ${id}. Look up the id, then start again.`,
    );
  }
  const owner = instance.tags[tagNames.installation];
  if (owner !== installation || instance.tags[tagNames.kind] !== 'restore') {
    throw refuse(
      'NotThisInstallation',
      `${id} was not launched by a restore of ${installation} (tag ${tagNames.installation} is ` +
        `${owner ?? 'absent'}). Name a machine that a restore of this installation made.`,
    );
  }
  if (instance.state !== 'running') {
    throw refuse(
      'MachineNotFound',
      `${id} is ${instance.state}. Start it, or leave "instance" out to launch a new machine.`,
    );
  }
  return instance;
}

/** The image that a machine was launched from, as far as it still exists. */
export async function imageOf(ec2: Ec2, instance: Instance): Promise<Image> {
  const [image] = await ec2.images({ ids: [instance.imageId] });
  if (image) return image;
  const createdAt = instance.launchedAt;
  const gone = { id: instance.imageId, name: 'no longer registered', state: 'deregistered' };
  return { ...gone, createdAt, tags: {}, snapshotIds: [], disks: [] };
}

/** The image to start from, and what a person who decides should know of the choice. */
export interface Chosen {
  readonly image: Image;
  readonly notes: readonly string[];
}

/** What is asked for. */
interface Wanted {
  readonly installation: string;
  readonly region: string;
  /** The image that the request names. */
  readonly id?: string | undefined;
  /** What an earlier drill said of a backup does not keep another one from trying it again. */
  readonly purpose: 'restore' | 'spare' | 'drill';
}

/** The named image, or the newest usable backup that no drill found bad. */
export async function chooseImage(world: World, wanted: Wanted): Promise<Chosen> {
  const { installation, region, id, purpose } = wanted;
  const isForDrill = purpose === 'drill';
  const { imageOwners } = world.installation(installation);
  const query = backupQuery(installation, { imageOwners });
  const here = await world.ec2(region).images(query);
  const { images: there, unanswered } = isForDrill
    ? { images: [], unanswered: [] }
    : await backupsElsewhere(world, installation, region);
  const proofs: Proofs = isForDrill ? new Map() : proofsOf([...here, ...there]);
  const choice =
    id === undefined
      ? newestOf(here, { installation, proofs })
      : { image: await namedImage(world, { installation, region, id }), passedOver: [] };
  const { image } = choice;
  const notes = [aboutOwner(image, imageOwners), ...aboutPassedOver(choice, purpose)];
  if (isForDrill) return { image, notes };
  return { image, notes: [...notes, ...aboutProof(image, proofs), ...unanswered] };
}

/** What is to be known of an image that a machine was launched from already. */
export function aboutLaunchedFrom(image: Image): readonly string[] {
  return aboutProof(image, proofsOf([image]));
}

function aboutOwner({ id, owner = 'not known' }: Image, imageOwners: readonly string[]): string {
  return imageOwners.includes(owner)
    ? `${id} belongs to ANOTHER account, ${owner}, which imageOwners in runbook.yaml names.`
    : `${id} belongs to this account, ${owner}.`;
}

async function namedImage(
  world: World,
  { installation, region, id }: Omit<Wanted, 'purpose'> & { readonly id: string },
): Promise<Image> {
  const ec2 = world.ec2(region);
  const [image] = await ec2.images({ ids: [id] });
  if (image === undefined) {
    throw refuse('NoUsableImage', `There is no image ${id} in this region. Check id and region.`);
  }
  const { owners } = backupQuery(installation, world.installation(installation));
  const [allowed] = await ec2.images({ ids: [id], owners });
  if (allowed === undefined) throw foreign(image);
  const owner = image.tags[tagNames.installation];
  if (owner !== undefined && owner !== installation) {
    throw refuse(
      'NotThisInstallation',
      `${id} is a backup of ${owner}, not of ${installation}. Name an image of ${installation}.`,
    );
  }
  if (image.state !== 'available') {
    throw refuse(
      'ImageNotAvailable',
      `${id} is ${image.state}. ${image.stateReason ?? ''} Wait until it is available, or name ` +
        'another image.',
    );
  }
  return image;
}

/** Who owns an image decides what runs as root on a machine with the profile of production. */
function foreign({ id, owner = 'not known' }: Image): ReturnType<typeof refuse> {
  return refuse(
    'ImageOfAnotherOwner',
    `${id} belongs to the account ${owner}: neither this one nor one that imageOwners in runbook.yaml ` +
      'names. Name an image of this account; or, if you trust that account, write its number under ' +
      'imageOwners, restart the worker, and start again.',
  );
}

interface Found extends Choice<Image> {
  readonly image: Image;
}

function newestOf(
  images: readonly Image[],
  { installation, proofs }: { readonly installation: string; readonly proofs: Proofs },
): Found {
  const { image, passedOver } = chooseBackup(images, proofs);
  if (image) return { image, passedOver };
  const seen = passedOver.map((one) => `${one.image.id} ${one.why}`).join(', ');
  throw refuse(
    'NoUsableImage',
    `No usable backup of ${installation} was found (seen: ${seen === '' ? 'none' : seen}). ` +
      'Name an image made by hand, or one of these in spite of all, with "image":"ami-…".',
  );
}

/** Backups in the other regions, where a drill may have put a copy to the proof. */
async function backupsElsewhere(
  world: World,
  installation: string,
  region: string,
): Promise<{ readonly images: readonly Image[]; readonly unanswered: readonly string[] }> {
  const regions = regionsOf(world.installation(installation)).filter((one) => one !== region);
  const unanswered: string[] = [];
  const query = backupQuery(installation, world.installation(installation));
  const each = regions.map(async (other) => {
    // It may be the very region that is gone.
    const signal = AbortSignal.timeout(patienceSeconds * 1000);
    return world
      .ec2(other)
      .images(query, signal)
      .catch(() => {
        unanswered.push(`${other} could not be asked what drills have said of the copies there.`);
        return [];
      });
  });
  return { images: (await Promise.all(each)).flat(), unanswered };
}

/** How many images are told one by one. */
const told = 5;

function aboutPassedOver({ image, passedOver }: Found, purpose: Wanted['purpose']): string[] {
  const lines = passedOver.slice(0, told).map((one) => {
    const { id, state } = one.image;
    const canBeNamed = purpose === 'restore' && state === 'available';
    return (
      `${id}, taken at ${takenAt(one.image)}, is newer than ${image.id}, taken at ` +
      `${takenAt(image)}, and was not chosen: it ${one.why}.` +
      (canBeNamed ? ` To restore it all the same, start again with "image":"${id}".` : '')
    );
  });
  const more = passedOver.length - told;
  return more > 0 ? [...lines, `${String(more)} more are newer and were not chosen.`] : lines;
}

/** Whether anybody has ever seen that a restore from it works. */
function aboutProof(image: Image, proofs: Proofs): string[] {
  const proof = proofs.get(backupOf(image));
  const of =
    proof === undefined || proof.image === image.id ? '' : `, from its copy ${proof.image}`;
  const lines =
    proof === undefined
      ? [`No drill has ever proven ${image.id}.`]
      : proof.passed
        ? [`${image.id} was last proven by a drill at ${proof.at}${of}.`]
        : [
            `A drill found ${image.id} BAD at ${proof.at}${of}: ${proof.why || 'it does not say why'}.`,
          ];
  if (provenRestore(image) === 'unreadable') {
    lines.push(`The tag ${tagNames.proven} of ${image.id} cannot be read, and does not count.`);
  }
  return lines;
}
