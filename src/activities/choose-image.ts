/** Which machine or image a restore starts from; the part of its plan that looks at images. */
import { refuse } from '../contract/failures';
import { backupTags, newestUsable, unusableBecause } from '../machine/backups';
import { tagNames } from '../machine/tags';
import type { Ec2, Image, Instance } from '../world/ec2';

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

/** The named image, or the newest usable backup. */
export async function chooseImage(ec2: Ec2, installation: string, id?: string): Promise<Image> {
  if (id === undefined) return newestBackup(ec2, installation);
  const [image] = await ec2.images({ ids: [id] });
  if (image === undefined) {
    throw refuse('NoUsableImage', `There is no image ${id} in this region. Check id and region.`);
  }
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

async function newestBackup(ec2: Ec2, installation: string): Promise<Image> {
  const images = await ec2.images({ tags: backupTags(installation) });
  const newest = newestUsable(images);
  if (newest) return newest;
  const seen = images.map((image) => `${image.id} ${unusableBecause(image) ?? ''}`).join(', ');
  throw refuse(
    'NoUsableImage',
    `No usable backup of ${installation} was found (seen: ${seen === '' ? 'none' : seen}). ` +
      'Name an image made by hand with "image":"ami-…".',
  );
}
