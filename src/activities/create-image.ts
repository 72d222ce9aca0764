/**
 * Choose the instance and create an image of it, under a name that is the same for every attempt,
 * because CreateImage has no ClientToken.
 *
 * Looks at: our images of that name, and with `stop-app` whether the app is still stopped. Changes: creates the image, tagged from its first moment
 * together with its snapshots. Safe to repeat because: an image of that name made of this machine
 * by this run is adopted. Fails with: ImageNameTaken, ImageFailed, AppNotStopped, AwsUnavailable,
 * AwsDenied.
 */
import { codeOf } from '../contract/aws-code';
import { refuse, tryAgain } from '../contract/failures';
import type { Machine } from '../contract/plan';
import type { BackupRecord } from '../machine/backup-record';
import { backupName, encodeRecord } from '../machine/record-tags';
import { tagNames } from '../machine/tags';
import type { World } from '../world';
import type { Ec2, Image } from '../world/ec2';
import { lookAtApp } from './app';
import type { Outcome, Say } from './attempt';
import { onMachine } from './on-machine';
import { isDown } from './stop-app';
import { until } from './until';

export interface ImageInput {
  readonly region: string;
  readonly record: BackupRecord;
  /** Makes the name of this run's image; raised when an image of that name failed. */
  readonly id: string;
  /** The machine whose app was stopped for the image, and must be so when the image begins. */
  readonly stopped?: Machine;
}

export const createImage =
  (world: World) =>
  async (input: ImageInput, say: Say): Promise<Outcome & { imageId: string }> => {
    const { region, record, id, stopped } = input;
    const ec2 = world.ec2(region);
    const name = backupName(record.installation, record.takenAt, id);
    const adopted = await findOurs(ec2, name, record);
    if (!adopted && stopped) await refuseUnlessStopped(world, stopped);
    const imageId = adopted?.id ?? (await createOnce(ec2, name, record));
    const limits = world.installation(record.installation).limits;
    // The snapshots must begin while the app is stopped, before the machine starts it by itself.
    const limitSeconds = stopped ? Math.min(600, limits.stoppedForImage - limits.stopApp) : 600;
    // The point in time is fixed once the snapshots exist: only then may the app start again.
    const begun = await until({ limitSeconds, pollSeconds: limits.poll }, async () => {
      const [image] = await ec2.images({ ids: [imageId] });
      say(`${imageId} is ${image?.state ?? 'not visible yet'}`);
      if (image?.state === 'failed' || image?.state === 'error') throw failed(image);
      return image && image.snapshotIds.length > 0 ? image : undefined;
    });
    if (begun === undefined) {
      throw refuse(
        'ImageFailed',
        `${imageId} shows no snapshots after ${String(limitSeconds)} s. Look at it in the EC2 console, then retry.`,
      );
    }
    const note = `${imageId} (${name})${adopted ? ', adopted from an earlier attempt' : ''}`;
    return { note, imageId };
  };

/** The machine's own timer, or a person, may have started it since; another attempt stops nothing. */
async function refuseUnlessStopped(world: World, machine: Machine): Promise<void> {
  const app = await onMachine(world, machine, (remote) => lookAtApp(remote));
  if (isDown(app)) return;
  const what =
    `The app on ${machine.instanceId} is not stopped any more: ${app.seen}. No image was begun, ` +
    'because it would be of a running app. Retry stops it anew.';
  throw app.status.kind === 'unreadable'
    ? tryAgain('AppNotStopped', what)
    : refuse('AppNotStopped', what);
}

async function createOnce(ec2: Ec2, name: string, record: BackupRecord): Promise<string> {
  const tags = { Name: name, ...encodeRecord(record) };
  try {
    return await ec2.createImage({
      instanceId: record.sourceInstanceId,
      name,
      description: `Backup of the CircleCI Services machine of ${record.installation}`,
      reboot: record.consistency === 'reboot',
      imageTags: tags,
      snapshotTags: tags,
    });
  } catch (error) {
    if (codeOf(error) !== 'InvalidAMIName.Duplicate') throw error;
    const ours = await findOurs(ec2, name, record);
    if (ours) return ours.id;
    throw tryAgain(
      'AwsUnavailable',
      `An image named "${name}" exists but is not visible yet. Retry in a minute.`,
    );
  }
}

async function findOurs(ec2: Ec2, name: string, record: BackupRecord): Promise<Image | undefined> {
  const [image] = await ec2.images({ name });
  if (image === undefined) return undefined;
  const isOurs =
    image.tags[tagNames.run] === record.run && image.sourceInstanceId === record.sourceInstanceId;
  if (!isOurs) {
    throw refuse(
      'ImageNameTaken',
      `${image.id} already has the name "${name}" but was not made by this run. Rename or ` +
        'deregister it, then retry.',
    );
  }
  if (image.state === 'failed' || image.state === 'error') throw failed(image);
  return image;
}

/** The refusal for an image that AWS could not make; its name stays taken until it is gone. */
export function failed(image: Image): ReturnType<typeof refuse> {
  return refuse(
    'ImageFailed',
    `${image.id} is ${image.state}: ${image.stateReason ?? 'no reason given'}. Deregister it and ` +
      'delete its snapshots, then retry.',
  );
}
