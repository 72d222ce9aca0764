/**
 * Which of an installation's images a restore can start from: the one definition of "usable", for
 * a restore that chooses and for a check that tells whether there is one.
 */
import { originalOf } from './copies';
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

/**
 * Why a restore does not choose the image, as the rest of a sentence about it. Usable is one that
 * is available, has its record, and was not found wanting when it was verified.
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
  if (record === undefined) return 'has no readable record';
  const cannot = record.platform?.cannot;
  return cannot === undefined
    ? undefined
    : `is of a machine that this product cannot restore (${cannot})`;
}

/** When the backup was taken, ISO 8601 in UTC: a copy holds what its original held. */
export function takenAt({ createdAt, tags }: BackupImage): string {
  return originalOf(tags)?.createdAt ?? createdAt;
}

/** The images in the order in which a restore would try them. */
export function newestFirst<I extends BackupImage>(images: readonly I[]): I[] {
  return [...images].sort((a, b) => takenAt(b).localeCompare(takenAt(a)));
}

/** The backup that a restore starts from when none is named. */
export function newestUsable<I extends BackupImage>(images: readonly I[]): I | undefined {
  return newestFirst(images).find((image) => unusableBecause(image) === undefined);
}
