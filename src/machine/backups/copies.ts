/** Copies of a backup in other regions: what their tags say of the original. */
import type { LaunchSettings } from './backup-record';
import { inAnyRegion } from '../launch/launch-settings';
import { tagNames } from './tags';

/** The image that a copy was made of. */
export interface Original {
  readonly region: string;
  readonly imageId: string;
  /** ISO 8601, UTC: when it was made, which is the moment that the copy holds. */
  readonly createdAt: string;
}

// What is said of one image says nothing of another one.
const ownTags: readonly string[] = [
  tagNames.verified,
  tagNames.proven,
  tagNames.hold,
  tagNames.removing,
];

/** The tags of a copy: those of the original, so that the copy alone is enough, and its origin. */
export function copyTags(
  tags: Readonly<Record<string, string>>,
  { region, imageId, createdAt }: Original,
): Record<string, string> {
  const shared = Object.entries(tags).filter(
    ([key]) => !ownTags.includes(key) && !key.startsWith('aws:'),
  );
  return {
    ...Object.fromEntries(shared),
    [tagNames.copiedFrom]: `${region} ${imageId} ${createdAt}`,
  };
}

/** The original of a copy; undefined for an image that is none. */
export function originalOf(tags: Readonly<Record<string, string>>): Original | undefined {
  const [region, imageId, createdAt, ...more] = (tags[tagNames.copiedFrom] ?? '').split(' ');
  if (!region || !imageId || !createdAt || more.length > 0) return undefined;
  return Number.isNaN(Date.parse(createdAt)) ? undefined : { region, imageId, createdAt };
}

/**
 * How an image's record says to launch in this region: a copy carries that of a machine in another
 * one, of whose settings only some mean something here.
 */
export function recordedLaunch(
  tags: Readonly<Record<string, string>>,
  launch: LaunchSettings,
  region: string,
): Partial<LaunchSettings> {
  const recordedIn = originalOf(tags)?.region ?? region;
  return recordedIn === region ? launch : inAnyRegion(launch);
}
