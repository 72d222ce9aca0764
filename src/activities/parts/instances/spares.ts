/** The spare machines of an installation, by their tags. */
import { refuse } from '../../../contract/failures';
import { devicesOfImage } from '../../../machine/backups/image-devices';
import { tagNames } from '../../../machine/backups/tags';
import type { Ec2, Instance } from '../../../world/ec2';

/** What the tag `runbook:state` says of a spare. */
export const spareStates = { making: 'making', ready: 'ready', superseded: 'superseded' } as const;

/** The tags by which spares are found. */
export function spareTags(installation: string): Record<string, string> {
  return { [tagNames.installation]: installation, [tagNames.kind]: 'spare' };
}

/** Every spare that is not gone, the newest first. */
export async function sparesOf(ec2: Ec2, installation: string): Promise<Instance[]> {
  const found = await ec2.instances({ tags: spareTags(installation) });
  return found
    .filter(({ state }) => state !== 'terminated' && state !== 'shutting-down')
    .sort((a, b) => b.launchedAt.localeCompare(a.launchedAt));
}

export function isReady({ tags }: Instance): boolean {
  return tags[tagNames.state] === spareStates.ready;
}

/** Whether it is a spare still: a restore that takes it over makes it its own by its tags. */
export function isSpare({ tags }: Instance): boolean {
  return tags[tagNames.kind] === 'spare';
}

/**
 * Ends a spare for good, with the volumes that it got from its image. False: it is none any more,
 * and is left alone.
 */
export async function endSpare(ec2: Ec2, one: Instance): Promise<boolean> {
  const { id, volumes, imageId } = one;
  const [now] = await ec2.instances({ ids: [id] });
  if (now && !isSpare(now)) return false;
  await ec2.tag([id], { [tagNames.state]: spareStates.superseded });
  const [image] = await ec2.images({ ids: [imageId] });
  const devices = devicesOfImage(volumes, image);
  if (devices.length > 0) await ec2.endVolumesWith(id, devices);
  await ec2.terminateInstance(id);
  return true;
}

/** The spare that a restore takes over. */
export async function readySpare(ec2: Ec2, installation: string): Promise<Instance> {
  const spares = await sparesOf(ec2, installation);
  const ready = spares.find(isReady);
  if (ready) return ready;
  const seen = spares.map(({ id, tags }) => `${id} (${tags[tagNames.state] ?? 'unknown'})`);
  throw refuse(
    'MachineNotFound',
    `There is no spare of ${installation} that is ready (seen: ${seen.join(', ') || 'none'}). ` +
      'Leave "from" out: a new machine is launched from the newest backup.',
  );
}

/** The tags by which the machines of drills are found. */
export function drillTags(installation: string): Record<string, string> {
  return { [tagNames.installation]: installation, [tagNames.kind]: 'drill' };
}
