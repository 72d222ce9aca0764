/** Whether each other region that is to have copies could be restored from: the same limit counts. */
import {
  chooseBackup,
  takenAt,
  type BackupImage,
  type Choice,
  type Proofs,
} from '../../machine/backups/backups';
import { tagNames } from '../../machine/backups/tags';
import type { Finding } from '../doctor/check';
import { moment, span } from '../render/span';

/** The copies in a region, or why AWS did not tell them. */
export interface CopiesThere {
  readonly region: string;
  readonly images: readonly BackupImage[] | { readonly unknown: string };
}

/** What is told of one region with copies. */
export interface CopyVerdict {
  readonly region: string;
  readonly freshness: 'fresh' | 'unknown' | 'stale';
  /** The newest usable copy. */
  readonly image?: string;
  /** When its original was taken. */
  readonly takenAt?: string;
  readonly ageSeconds?: number;
  readonly finding: Finding;
}

/** What the verdict on the copies is formed from. */
interface Asked {
  readonly installation: string;
  readonly now: number;
  readonly maxAgeSeconds: number;
  /** What drills have said in every region; absent: in this one. */
  readonly proofs?: Proofs;
}

/** The verdict on the copies of one region. */
export function judgeCopies(asked: Asked, { region, images }: CopiesThere): CopyVerdict {
  const { installation, now, maxAgeSeconds, proofs } = asked;
  const where = `${installation}: ${region}`;
  if ('unknown' in images) {
    const what = `${where} could not be asked: ${images.unknown}`;
    const todo = 'whether a restore can start there is not known until it answers';
    return { region, freshness: 'unknown', finding: { level: 'FAIL', what, todo } };
  }
  const todo = 'see the line "Copy the image to other regions" of the last backup';
  const { image: newest, passedOver } = chooseBackup(images, proofs);
  if (newest === undefined) {
    const what = `${where} has no usable copy${whatIsThere(passedOver)}`;
    return { region, freshness: 'stale', finding: { level: 'FAIL', what, todo } };
  }
  const { id: image, tags } = newest;
  const at = takenAt(newest);
  const ageSeconds = Math.max(0, (now - Date.parse(at)) / 1000);
  const facts = { region, image, takenAt: at, ageSeconds };
  const what =
    `${where} has ${image}, a copy of the backup taken ${moment(at)}, age ${span(ageSeconds)} of ` +
    span(maxAgeSeconds);
  if (ageSeconds > maxAgeSeconds) {
    return { ...facts, freshness: 'stale', finding: { level: 'FAIL', what, todo } };
  }
  const isVerified = tags[tagNames.verified] !== undefined;
  const finding: Finding = isVerified
    ? { level: 'ok', what }
    : { level: 'warn', what: `${what}, not verified`, todo };
  return { ...facts, freshness: 'fresh', finding };
}

function whatIsThere([latest]: Choice<BackupImage>['passedOver']): string {
  return latest === undefined ? '' : `: ${latest.image.id} ${latest.why}`;
}
