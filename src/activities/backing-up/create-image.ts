/**
 * Choose the instance and create an image of it, under a name that is the same for every attempt,
 * because CreateImage has no ClientToken.
 *
 * Looks at: our images of that name, and with `stop-app` whether the app is still stopped. Changes: creates the image, tagged from its first moment
 * together with its snapshots. Safe to repeat because: an image of that name made of this machine
 * by this run is adopted. Fails with: ImageNameTaken, ImageFailed, AppNotStopped, AwsUnavailable,
 * AwsDenied.
 */
import { refuse, tryAgain } from '../../contract/failures';
import type { Machine } from '../../contract/plan';
import type { BackupRecord } from '../../machine/backups/backup-record';
import { backupName, encodeRecord } from '../../machine/backups/record-tags';
import { tagNames } from '../../machine/backups/tags';
import type { World } from '../../world';
import type { Ec2 } from '../../world/ec2';
import { lookAtApp, isDown } from '../parts/app/app';
import type { Outcome, Say } from '../frame/attempt';
import { onMachine } from '../frame/on-machine';
import { failed, findNamed, makeNamed, type Named } from '../parts/images/named-image';
import { until } from '../frame/until';

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
    const named = namedAs(name, record);
    const adopted = await findNamed(ec2, named);
    if (!adopted && stopped) await refuseUnlessStopped(world, stopped);
    const imageId = adopted?.id ?? (await createOnce(ec2, named, record));
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
    const { leftOut = [] } = record;
    const room = leftOut.length === 0 ? '' : `; no room in its tags for ${leftOut.join(', ')}`;
    const note = `${imageId} (${name})${adopted ? ', adopted from an earlier attempt' : ''}${room}`;
    return { note, imageId };
  };

/** The machine's own timer, or a person, may have started it since; another attempt stops nothing. */
async function refuseUnlessStopped(world: World, machine: Machine): Promise<void> {
  const app = await onMachine(world, machine, (remote) => lookAtApp(remote));
  if (isDown(app)) return;
  const what =
    `The app on ${machine.instanceId} is not stopped any more: ${app.seen}. No image was begun, ` +
    'because it would be of a running app. Retry stops it anew.';
  throw app.status.kind === 'unreadable' || app.status.kind === 'silent'
    ? tryAgain('AppNotStopped', what)
    : refuse('AppNotStopped', what);
}

function createOnce(ec2: Ec2, named: Named, record: BackupRecord): Promise<string> {
  const { name } = named;
  const tags = { Name: name, ...encodeRecord(record) };
  return makeNamed(ec2, named, () =>
    ec2.createImage({
      instanceId: record.sourceInstanceId,
      name,
      description: `Backup of the CircleCI Services machine of ${record.installation}`,
      reboot: record.consistency === 'reboot',
      imageTags: tags,
      snapshotTags: tags,
    }),
  );
}

function namedAs(name: string, { run, sourceInstanceId }: BackupRecord): Named {
  return {
    name,
    isOurs: (image) =>
      image.tags[tagNames.run] === run && image.sourceInstanceId === sourceInstanceId,
    otherwise: 'was not made by this run',
  };
}
