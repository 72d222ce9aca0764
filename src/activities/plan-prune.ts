/**
 * Plans what to keep and what to remove of an installation's backups, by the rules in runbook.yaml.
 *
 * Looks at: the images and snapshots that backups have made, their tags, and which machines are
 * being restored from them. Changes: nothing. Safe to repeat because: it only reads.
 * Fails with: AwsDenied, AwsUnavailable.
 */
import { backupTags, unusableBecause } from '../machine/backups';
import { provenRestore } from '../machine/proven-restore';
import { decide, type Candidate, type Verdict } from '../machine/retention';
import { tagNames } from '../machine/tags';
import type { World } from '../world';
import type { Ec2, Image } from '../world/ec2';
import type { Outcome } from './attempt';
import { isGone } from './launch-instance';
import { restoredMachines } from './other-machines';

/** A backup with what becomes of it. */
export interface PlannedBackup extends Verdict {
  readonly name: string;
  readonly snapshotIds: readonly string[];
}

export interface PrunePlan extends Outcome {
  /** The newest first. */
  readonly backups: readonly PlannedBackup[];
  /** Snapshots that an interrupted removal has left behind. */
  readonly strays: readonly string[];
}

export const planPrune =
  (world: World) =>
  async ({ installation }: { readonly installation: string }): Promise<PrunePlan> => {
    const { region, keep } = world.installation(installation);
    if (keep === undefined) {
      const note = 'runbook.yaml has no `keep` for it: every backup stays';
      return { note, notNeeded: true, backups: [], strays: [] };
    }
    const ec2 = world.ec2(region);
    const images = await ec2.images({ tags: backupTags(installation) });
    const inUse = await imagesInUse(ec2, installation);
    const byId = new Map(images.map((image) => [image.id, image]));
    const candidates = images.map((image) => candidateOf(image, inUse.get(image.id)));
    const backups = decide(candidates, keep).map((verdict) => {
      const image = byId.get(verdict.id);
      const { name = '', snapshotIds = [] } = image ?? {};
      const because = [...verdict.because, ...(image ? unreadableProof(image) : [])];
      return { ...verdict, because, name, snapshotIds };
    });
    const strays = await straySnapshots(ec2, installation, images);
    const removed = backups.filter((one) => !one.keep).length;
    const left = strays.length > 0 ? `, ${String(strays.length)} snapshots left behind` : '';
    return {
      note: `${String(removed)} of ${String(backups.length)} backups are to be removed${left}`,
      backups,
      strays,
    };
  };

function candidateOf(image: Image, usedBy: string | undefined): Candidate {
  const proof = provenRestore(image);
  return {
    id: image.id,
    // The order in which a restore looks for the newest.
    takenAt: image.createdAt,
    state: stateOf(image),
    held: image.tags[tagNames.hold],
    provenAt: typeof proof === 'object' && proof.passed ? proof.at : undefined,
    usedBy,
  };
}

/** A person who wrote the tag by hand believes the backup to be kept by it. */
function unreadableProof(image: Image): readonly string[] {
  if (provenRestore(image) !== 'unreadable') return [];
  return [`while its tag ${tagNames.proven} cannot be read and does not count`];
}

function stateOf(image: Image): Candidate['state'] {
  if (unusableBecause(image) === undefined) return 'usable';
  const isBad = ['failed', 'error', 'invalid'].includes(image.state) || isFoundWanting(image);
  // What is pending, disabled, or has a record that this version cannot read, is not ours to judge.
  return isBad ? 'unusable' : 'pending';
}

function isFoundWanting({ state, tags }: Image): boolean {
  return state === 'available' && tags[tagNames.verified]?.startsWith('no') === true;
}

/** Images that a machine of an unfinished restore was launched from. */
async function imagesInUse(ec2: Ec2, installation: string): Promise<Map<string, string>> {
  const machines = await restoredMachines(ec2, installation);
  return new Map(
    machines
      .filter((one) => !isGone(one) && one.tags[tagNames.state] !== 'restored')
      .map(({ imageId, tags, id }) => [imageId, tags[tagNames.run] ?? id]),
  );
}

/** Snapshots that bear the mark of a removal and on which no image stands any more. */
async function straySnapshots(
  ec2: Ec2,
  installation: string,
  images: readonly Image[],
): Promise<string[]> {
  const standing = new Set(images.flatMap(({ snapshotIds }) => snapshotIds));
  const snapshots = await ec2.taggedSnapshots(backupTags(installation));
  return snapshots
    .filter(({ id, tags }) => tags[tagNames.removing] !== undefined && !standing.has(id))
    .map(({ id }) => id);
}
