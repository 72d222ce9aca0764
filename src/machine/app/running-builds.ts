/**
 * Builds that claim to run. An image that is taken while builds run holds them half done: on the
 * machine that is launched from it they claim to run for ever. Pure.
 */

/** A build that claims to run. */
export interface RunningBuild {
  readonly url: string;
  /** ISO 8601, UTC; absent where the API does not say. */
  readonly startedAt?: string;
}

/** What the API of an installation lists. */
export interface RunningBuilds {
  readonly builds: readonly RunningBuild[];
  /** Entries that cannot be read, or whose URL is not of this installation. */
  readonly unreadable: number;
  /** The list was longer than what is read of it. */
  readonly isCut: boolean;
}

/** The evidence that a backup leaves: a bounded part of the list. */
export interface BuildsAtBackup {
  readonly builds: readonly RunningBuild[];
  /** How many more ran; with `isCut` it is at least so many. */
  readonly more: number;
  readonly isCut: boolean;
}

/** What is known of the machine on which the builds claim to run. */
export interface Origin {
  /** ISO 8601, UTC: when the machine was first launched. */
  readonly launchedAt: string;
  /** What ran when its image was made; absent where nothing tells. */
  readonly atBackup?: readonly RunningBuild[];
}

/** A build that cannot end, and how that is known. */
export interface UnendingBuild extends RunningBuild {
  readonly why: string;
}

/** As much of the list as a report should hold. */
export function evidenceOf({ builds, isCut }: RunningBuilds, limit: number): BuildsAtBackup {
  const kept = builds.slice(0, limit);
  return { builds: kept, more: builds.length - kept.length, isCut };
}

/**
 * Tells the builds that cannot end from those that work. What started before the machine was
 * launched came with the image, whoever made it; what started later is the machine's own, even
 * under a number that the backup lists: numbers that were given after the backup are given again.
 * Only where the start is not known the list of the backup decides.
 */
export function unendingBuilds(
  running: readonly RunningBuild[],
  { launchedAt, atBackup = [] }: Origin,
): { readonly unending: UnendingBuild[]; readonly unknown: RunningBuild[] } {
  const listed = new Set(atBackup.map(({ url }) => pathOf(url)));
  const unending: UnendingBuild[] = [];
  const unknown: RunningBuild[] = [];
  for (const build of running) {
    const ranAtBackup = listed.has(pathOf(build.url));
    if (build.startedAt === undefined && !ranAtBackup) unknown.push(build);
    else if (build.startedAt === undefined || isBefore(build.startedAt, launchedAt)) {
      const why = ranAtBackup ? 'ran at the backup' : 'started before the machine was launched';
      unending.push({ ...build, why });
    }
  }
  return { unending, unknown };
}

/** The hostname may have changed since the backup; organisation, repository and number do not. */
function pathOf(url: string): string {
  return url.replace(/^https?:\/\/[^/]+/, '');
}

function isBefore(one: string, other: string): boolean {
  return Date.parse(one) < Date.parse(other);
}
