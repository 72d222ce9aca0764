/** Which backups are kept, and why: judged by the rules, and by what else is said of each copy. */
import { regionsOf } from '../../../machine/launch/places';
import {
  backupOf,
  backupTags,
  proofsOf,
  takenAt,
  unusableBecause,
} from '../../../machine/backups/backups';
import { provenRestore } from '../../../machine/backups/proven-restore';
import { decide, type Candidate, type Verdict } from '../../../machine/backups/retention';
import { tagNames } from '../../../machine/backups/tags';
import type { World } from '../../../world';
import type { Ec2, Image } from '../../../world/ec2';
import type { Outcome } from '../../frame/attempt';
import { drillTags, sparesOf } from '../instances/spares';
import { inEach } from '../../frame/in-each';
import { isGone } from '../instances/launch-once';
import { restoredMachines } from '../instances/other-machines';

/** A backup, or a copy of one, with what becomes of it. */
export interface PlannedBackup extends Verdict {
  readonly region: string;
  readonly name: string;
  readonly snapshotIds: readonly string[];
}

/** A snapshot that an interrupted removal has left behind. */
export interface Stray {
  readonly region: string;
  readonly snapshotId: string;
}

export interface PrunePlan extends Outcome {
  /** Region by region, the newest first. */
  readonly backups: readonly PlannedBackup[];
  readonly strays: readonly Stray[];
}

/** Judges every backup of an installation as things stand now. */
export async function judgeBackups(world: World, installation: string): Promise<PrunePlan> {
  const configured = world.installation(installation);
  const { keep } = configured;
  if (keep === undefined) {
    const note = 'runbook.yaml has no `keep` for it: every backup stays';
    return { note, notNeeded: true, backups: [], strays: [] };
  }
  const stocks = await inEach(regionsOf(configured), (region) =>
    takeStock(world.ec2(region), region, installation),
  );
  const reasons = reasonsToKeep(stocks);
  const backups = stocks.flatMap(({ region, images }) => {
    const byId = new Map(images.map((image) => [image.id, image]));
    const candidates = images.map((image) => candidateOf(image, reasons(image)));
    return decide(candidates, keep).map((verdict): PlannedBackup => {
      const image = byId.get(verdict.id);
      const { name = '', snapshotIds = [] } = image ?? {};
      const because = [...verdict.because, ...(image ? unreadableProof(image) : [])];
      return { ...verdict, because, region, name, snapshotIds };
    });
  });
  const strays = stocks.flatMap((stock) => stock.strays);
  const removed = backups.filter((one) => !one.keep).length;
  const left = strays.length > 0 ? `, ${String(strays.length)} snapshots left behind` : '';
  return {
    note: `${String(removed)} of ${String(backups.length)} backups are to be removed${left}`,
    backups,
    strays,
  };
}

/** What there is in one region. */
interface Stock {
  readonly region: string;
  readonly images: readonly Image[];
  /** Workflow or instance that uses an image, by the image's id. */
  readonly inUse: ReadonlyMap<string, string>;
  readonly strays: readonly Stray[];
}

async function takeStock(ec2: Ec2, region: string, installation: string): Promise<Stock> {
  const images = await ec2.images({ tags: backupTags(installation) });
  const inUse = await imagesInUse(ec2, installation);
  const strays = await straySnapshots(ec2, installation, images);
  return {
    region,
    images,
    inUse,
    strays: strays.map((snapshotId) => ({ region, snapshotId })),
  };
}

type Reasons = Pick<Candidate, 'held' | 'provenAt' | 'isFoundBad' | 'usedBy'>;

/**
 * Why a backup is kept, in whatever region it was said: of a copy, which has the record of its
 * original, and unless somebody made it by hand its name.
 */
function reasonsToKeep(stocks: readonly Stock[]): (image: Image) => Reasons {
  const reasons = new Map<string, Reasons>();
  const keysOf = (image: Image): string[] => [`record ${backupOf(image)}`, `name ${image.name}`];
  for (const { images, inUse } of stocks) {
    for (const image of images) {
      const proof = provenRestore(image);
      const said: Reasons = {
        held: image.tags[tagNames.hold],
        provenAt: typeof proof === 'object' && proof.passed ? proof.at : undefined,
        usedBy: inUse.get(image.id),
      };
      for (const key of keysOf(image)) reasons.set(key, both(reasons.get(key) ?? {}, said));
    }
  }
  const proofs = proofsOf(stocks.flatMap(({ images }) => images));
  return (image) => ({
    ...keysOf(image)
      .map((key) => reasons.get(key) ?? {})
      .reduce(both),
    isFoundBad: proofs.get(backupOf(image))?.passed === false,
  });
}

function both(one: Reasons, other: Reasons): Reasons {
  return {
    held: one.held ?? other.held,
    provenAt: later(one.provenAt, other.provenAt),
    usedBy: one.usedBy ?? other.usedBy,
  };
}

function later(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Date.parse(one) > Date.parse(other) ? one : other;
}

function candidateOf(image: Image, reasons: Reasons): Candidate {
  return {
    id: image.id,
    backup: backupOf(image),
    // The order in which a restore looks for the newest.
    takenAt: takenAt(image),
    imagedAt: image.sourceInstanceId === undefined ? undefined : image.createdAt,
    state: stateOf(image),
    ...reasons,
  };
}

/** A person who wrote the tag by hand believes the backup to be kept by it. */
function unreadableProof(image: Image): readonly string[] {
  if (provenRestore(image) !== 'unreadable') return [];
  return [`while its tag ${tagNames.proven} cannot be read and does not count`];
}

function stateOf(image: Image): Candidate['state'] {
  // Without a date nothing says whether it is old.
  if (Number.isNaN(Date.parse(takenAt(image)))) return 'pending';
  if (unusableBecause(image) === undefined) return 'usable';
  const isBad = ['failed', 'error', 'invalid'].includes(image.state) || isFoundWanting(image);
  // What is pending, disabled, or has a record that this version cannot read, is not ours to judge.
  return isBad ? 'unusable' : 'pending';
}

function isFoundWanting({ state, tags }: Image): boolean {
  return state === 'available' && tags[tagNames.verified]?.startsWith('no') === true;
}

/** Images that a spare, a drill or a machine of an unfinished restore was launched from. */
async function imagesInUse(ec2: Ec2, installation: string): Promise<Map<string, string>> {
  const spares = await sparesOf(ec2, installation);
  const machines = await restoredMachines(ec2, installation);
  const drills = await ec2.instances({ tags: drillTags(installation) });
  return new Map([
    ...spares.map(({ imageId, id }) => [imageId, `the spare ${id}`] as const),
    ...drills
      .filter((one) => !isGone(one))
      .map(({ imageId, id }) => [imageId, `the drill on ${id}`] as const),
    ...machines
      .filter((one) => !isGone(one) && one.tags[tagNames.state] !== 'restored')
      .map(({ imageId, tags, id }) => [imageId, tags[tagNames.run] ?? id] as const),
  ]);
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
