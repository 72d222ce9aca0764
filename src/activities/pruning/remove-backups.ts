/**
 * Removes old backups: each image, then the snapshots that nothing else stands on.
 *
 * Looks at: the tags of each image just before, other images on its snapshots, and whether a
 * restore of the installation is open. Changes: marks image and snapshots as being removed,
 * deregisters the image, deletes its snapshots. Safe to repeat because: what is gone is left
 * alone, and a removal that was cut off is found again by its mark. What AWS refuses to let go (a
 * protected image, a locked snapshot) stays, is told, and does not keep the others.
 * Fails with: RestoreOpen, AwsDenied, AwsUnavailable.
 */
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { codeOf } from '../../contract/aws-code';
import { refuse } from '../../contract/failures';
import { backupTags } from '../../machine/backups/backups';
import { tagNames } from '../../machine/backups/tags';
import type { World } from '../../world';
import type { Ec2, Image } from '../../world/ec2';
import type { Outcome, Say } from '../frame/attempt';
import { openHolder } from '../frame/open-holder';
import type { InRegion } from '../frame/in-each';
import { judgeBackups, type Stray } from '../parts/images/judge-backups';
import { until } from '../frame/until';

export interface RemovalInput {
  readonly installation: string;
  /** Id of the claim that an open restore holds. */
  readonly restoreClaim: string;
  /** Workflow id, for the mark. */
  readonly run: string;
  readonly images: readonly InRegion[];
  readonly strays: readonly Stray[];
}

export interface Removal extends Outcome {
  /** One line for each image and snapshot that was to go and stays, with the reason. */
  readonly kept: readonly string[];
}

export const removeBackups =
  (world: World) =>
  async (input: RemovalInput, say: Say): Promise<Removal> => {
    const { installation, images, strays } = input;
    const pollSeconds = world.installation(installation).limits.poll;
    const placeOf = (region: string): Place => ({ ec2: world.ec2(region), pollSeconds });
    const kept: string[] = [];
    let removed = 0;
    // A question may have waited for days: what the rules keep by now stays, whatever was approved.
    const { backups } = await judgeBackups(world, installation);
    const verdicts = new Map(backups.map((one) => [one.id, one]));
    // The oldest first: where the removal is cut off, the newer ones are still there.
    for (const { region, imageId } of [...images].reverse()) {
      const verdict = verdicts.get(imageId);
      if (verdict?.keep === true) {
        kept.push(`${imageId} stays: ${verdict.because.join(', ')}`);
        continue;
      }
      // A rule or a region that runbook.yaml has no more says nothing of it: that is no verdict.
      const isJudged = verdict !== undefined || (await isGone(world.ec2(region), imageId));
      if (!isJudged) {
        kept.push(`${imageId} stays: the rules say nothing of it any more`);
        continue;
      }
      say(`${String(removed)} of ${String(images.length)} removed; ${imageId}`);
      await unlessCancelled();
      await refuseWhileRestoring(input);
      const outcome = await unlessRefused(imageId, () =>
        removeOne(placeOf(region), input, imageId),
      );
      kept.push(...outcome);
      removed += outcome.length === 0 ? 1 : 0;
    }
    for (const { region, snapshotId } of strays) {
      await unlessCancelled();
      say(`the snapshot ${snapshotId}, left behind`);
      kept.push(...(await deleteUnlessShared(placeOf(region), snapshotId)));
    }
    const left = kept.length > 0 ? `; ${kept.join('; ')}` : '';
    return {
      note: `${String(removed)} of ${String(images.length)} backups removed${left}`,
      kept,
    };
  };

/** Removed by an attempt before this one; what it has left of it is looked after all the same. */
async function isGone(ec2: Ec2, imageId: string): Promise<boolean> {
  return (await ec2.images({ ids: [imageId] })).length === 0;
}

/** A run that is cancelled removes no further image; nothing else here would notice. */
async function unlessCancelled(): Promise<void> {
  const { cancellationSignal, cancelled } = Context.current();
  if (cancellationSignal.aborted) await cancelled;
}

/** A restore may have chosen its image and not launched yet: nothing is taken from under it. */
async function refuseWhileRestoring({ restoreClaim }: RemovalInput): Promise<void> {
  const holder = await openHolder(restoreClaim);
  if (holder === undefined) return;
  throw refuse(
    'RestoreOpen',
    `No backup is removed while the restore ${holder.workflowId} is open. Wait for its end, then ` +
      'start again.',
  );
}

interface Place {
  readonly ec2: Ec2;
  readonly pollSeconds: number;
}

async function removeOne(place: Place, input: RemovalInput, imageId: string): Promise<string[]> {
  const { ec2 } = place;
  const [image] = await ec2.images({ ids: [imageId] });
  // Gone already: its snapshots bear the mark, and the next plan finds them as left behind.
  if (image === undefined) return [];
  const why = reasonToKeep(image, input.installation);
  if (why !== undefined) return [`${imageId} stays: ${why}`];
  const { snapshotIds } = image;
  const mark = { [tagNames.removing]: `${new Date().toISOString()} by ${input.run}`.slice(0, 256) };
  await markAll(ec2, image, mark);
  // A person may have held it in between: each of the two writes first and then looks.
  const [marked] = await ec2.images({ ids: [imageId] });
  const whyNow = marked && reasonToKeep(marked, input.installation);
  if (whyNow !== undefined) {
    await ec2.untag([imageId, ...snapshotIds], [tagNames.removing]);
    return [`${imageId} stays: ${whyNow}`];
  }
  await ec2.deregisterImage(imageId);
  const kept: string[] = [];
  for (const id of snapshotIds) kept.push(...(await deleteUnlessShared(place, id, imageId)));
  return kept;
}

/** A snapshot may have vanished behind the image's back; EC2 then tags none of them. */
async function markAll(ec2: Ec2, image: Image, mark: Record<string, string>): Promise<void> {
  const { id, snapshotIds } = image;
  try {
    await ec2.tag([id, ...snapshotIds], mark);
  } catch (error) {
    if (codeOf(error) !== 'InvalidSnapshot.NotFound') throw error;
    const left = await ec2.snapshots(snapshotIds);
    await ec2.tag([id, ...left.map((one) => one.id)], mark);
  }
}

/** What AWS does not let go stays, with its mark and the reason; the next one is not kept by it. */
async function unlessRefused(what: string, removal: () => Promise<string[]>): Promise<string[]> {
  try {
    return await removal();
  } catch (error) {
    if (!(error instanceof ApplicationFailure) || error.type !== 'AwsRefused') throw error;
    return [`${what} stays: ${error.message}`];
  }
}

/** Things may have changed since the plan was made. */
function reasonToKeep({ tags }: Image, installation: string): string | undefined {
  const isOwn = Object.entries(backupTags(installation)).every(
    ([key, value]) => tags[key] === value,
  );
  if (!isOwn) return 'it is not a backup of this installation any more';
  const hold = tags[tagNames.hold];
  return hold === undefined ? undefined : `it is held now: ${hold}`;
}

/** EC2 takes a moment to know that a deregistered image stands on its snapshots no more. */
const graceSeconds = 60;

/** Deletes the snapshot; `removed` is the image that stood on it until now. */
function deleteUnlessShared(place: Place, id: string, removed?: string): Promise<string[]> {
  return unlessRefused(`the snapshot ${id}`, () => deleteInTime(place, id, removed));
}

async function deleteInTime(
  { ec2, pollSeconds }: Place,
  id: string,
  removed?: string,
): Promise<string[]> {
  let stays = `the snapshot ${id} stays: an image still stands on it`;
  const outcome = await until({ limitSeconds: graceSeconds, pollSeconds }, async () => {
    const users = await ec2.images({ snapshotId: id });
    const other = users.find((image) => image.id !== removed);
    if (other) stays = `the snapshot ${id} stays: ${other.id} stands on it too`;
    return other ? 'shared' : (await ec2.deleteSnapshot(id)) ? 'deleted' : undefined;
  });
  return outcome === 'deleted' ? [] : [stays];
}
