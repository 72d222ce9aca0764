/**
 * Which of an installation's images a restore can start from: the one definition of "usable", for
 * a restore that chooses and for a check that tells whether there is one. Images with the same
 * record are copies of one backup, in whatever region and under whatever name.
 */
import { originalOf } from './copies';
import { provenRestore, type ProvenRestore } from './proven-restore';
import { decodeRecord } from './record-tags';
import { tagNames } from './tags';

/** What must be known of an image to judge it. */
export interface BackupImage {
  readonly id: string;
  /** `available`, `pending`, `failed` … */
  readonly state: string;
  readonly stateReason?: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** The tags by which the backups of an installation are found. */
export function backupTags(installation: string): Record<string, string> {
  return { [tagNames.installation]: installation, [tagNames.kind]: 'backup' };
}

/** The question for the backups that may be restored from: this account's, and those of named ones. */
export function backupQuery(
  installation: string,
  { imageOwners = [] }: { readonly imageOwners?: readonly string[] },
): { readonly tags: Record<string, string>; readonly owners: readonly string[] } {
  return { tags: backupTags(installation), owners: ['self', ...imageOwners] };
}

/**
 * Why an image cannot be restored from, as the rest of a sentence about it. Usable is one that is
 * available, has its record, and was not found wanting when it was verified.
 */
export function unusableBecause({ state, stateReason, tags }: BackupImage): string | undefined {
  if (state !== 'available') {
    return `is ${state}${stateReason === undefined ? '' : ` (${stateReason})`}`;
  }
  const verdict = tags[tagNames.verified];
  if (verdict?.startsWith('no') === true) {
    return `failed its verification (${verdict.replace(/^no:? */, '')})`;
  }
  const record = decodeRecord(tags);
  if (record === undefined || !isTime(record.takenAt)) return 'has no readable record';
  const cannot = record.platform?.cannot;
  return cannot === undefined
    ? undefined
    : `is of a machine that this product cannot restore (${cannot})`;
}

/**
 * When the backup was taken, ISO 8601 in UTC: as its record says, and a copy holds what its original
 * held. Never later than the image itself was made, which AWS says and nobody can write: an old
 * backup that somebody copies to encrypt it anew gets a young image, and stays old.
 */
export function takenAt({ createdAt, tags }: BackupImage): string {
  if (!isTime(createdAt)) return createdAt;
  const said = [createdAt, decodeRecord(tags)?.takenAt, originalOf(tags)?.createdAt];
  return said
    .filter((time): time is string => time !== undefined && isTime(time))
    .reduce((first, time) => (Date.parse(time) < Date.parse(first) ? time : first));
}

function isTime(text: string): boolean {
  return !Number.isNaN(Date.parse(text));
}

/** The backup that the image is of: the same text for all of its copies. */
export function backupOf({ id, tags }: Pick<BackupImage, 'id' | 'tags'>): string {
  const record = decodeRecord(tags);
  return record === undefined ? id : `${record.run} ${record.takenAt}`;
}

/** The images in the order in which a restore would try them; of one backup the first-made first. */
export function newestFirst<I extends BackupImage>(images: readonly I[]): I[] {
  const time = (text: string): number => (isTime(text) ? Date.parse(text) : -Infinity);
  const later = (a: number, b: number): number => (a === b ? 0 : b > a ? 1 : -1);
  return [...images].sort(
    (a, b) =>
      later(time(takenAt(a)), time(takenAt(b))) ||
      later(time(b.createdAt), time(a.createdAt)) ||
      a.id.localeCompare(b.id),
  );
}

/** What drills have said at last of each backup, by `backupOf`. */
export type Proofs = ReadonlyMap<string, ProvenRestore>;

/** The latest proof of each backup, from whichever of its copies it was made. */
export function proofsOf(images: readonly BackupImage[]): Proofs {
  const proofs = new Map<string, ProvenRestore>();
  for (const image of images) {
    const proof = provenRestore(image);
    if (typeof proof !== 'object') continue;
    const known = proofs.get(backupOf(image));
    if (known && Date.parse(known.at) >= Date.parse(proof.at)) continue;
    proofs.set(backupOf(image), proof);
  }
  return proofs;
}

/** Why a restore does not choose the image by itself: unusable, or found bad by a drill. */
function notChosenBecause(image: BackupImage, proofs: Proofs): string | undefined {
  const proof = proofs.get(backupOf(image));
  const found =
    proof?.passed === false
      ? `was found bad by a drill, ${proof.at}${proof.why === '' ? '' : ` (${proof.why})`}`
      : undefined;
  return unusableBecause(image) ?? found;
}

/** An image that a restore passes over, and why. */
export interface PassedOver<I> {
  readonly image: I;
  readonly why: string;
}

/** The image to start from, and what is newer and was not chosen. */
export interface Choice<I> {
  readonly image?: I;
  /** The newest first; where nothing was chosen, all there is. */
  readonly passedOver: readonly PassedOver<I>[];
}

/** The backup that a restore starts from when none is named: the newest that nothing speaks against. */
export function chooseBackup<I extends BackupImage>(
  images: readonly I[],
  proofs: Proofs = proofsOf(images),
): Choice<I> {
  const passedOver: PassedOver<I>[] = [];
  for (const image of newestFirst(images)) {
    const why = notChosenBecause(image, proofs);
    if (why === undefined) {
      // What is wrong with another copy of the same backup takes nothing away.
      const others = passedOver.filter((one) => backupOf(one.image) !== backupOf(image));
      return { image, passedOver: others };
    }
    passedOver.push({ image, why });
  }
  return { passedOver };
}

/** The backup that a restore starts from when none is named. */
export function newestUsable<I extends BackupImage>(
  images: readonly I[],
  proofs?: Proofs,
): I | undefined {
  return chooseBackup(images, proofs).image;
}
