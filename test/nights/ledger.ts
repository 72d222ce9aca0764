/**
 * What the policy promises, written a second time and from the other end: by what was ever usable,
 * not by what is left. Backups come in the order of time, so what a rule wants now it has wanted
 * ever since: nothing that is promised may ever have been removed.
 */
import type { KeepRules } from '../../src/machine/backups/retention';
import { decodeRecord } from '../../src/machine/backups/record-tags';
import type { SimulatedRegion, StoredImage } from './simulated-region';

/** A reason that counts for a backup in every region, from a moment on. */
export interface Reason {
  readonly why: string;
  /** The image that it was said of. */
  readonly image: StoredImage;
  /** Nothing that was gone by then can be asked for. */
  since: number;
}

interface Promised {
  readonly region: SimulatedRegion;
  readonly image: StoredImage;
  readonly why: string;
}

const day = 86_400_000;

export class Ledger {
  readonly holds = new Map<string, Reason>();
  readonly uses = new Map<string, Reason>();
  /** The last one is the latest. */
  proofs: Reason[] = [];
  private readonly everUsable = new Map<SimulatedRegion, Set<StoredImage>>();

  constructor(
    private readonly regions: readonly SimulatedRegion[],
    private readonly rules: KeepRules,
  ) {
    for (const region of regions) this.everUsable.set(region, new Set());
  }

  /** Notes what is usable by now. */
  observe(): void {
    for (const region of this.regions) {
      for (const image of region.registered()) {
        if (isUsable(region, image)) this.everUsable.get(region)?.add(image);
      }
    }
  }

  promised(): Promised[] {
    return this.regions.flatMap((region) => [...this.byRules(region), ...this.byPeople(region)]);
  }

  private byRules(region: SimulatedRegion): Promised[] {
    const images = [...(this.everUsable.get(region) ?? [])]
      .filter(({ tags }) => !isFoundWanting(tags))
      .sort((a, b) => takenAt(b) - takenAt(a));
    // However many images there are of a backup: it is one.
    const usable = images.filter(
      (one, index) => images.findIndex((other) => isSame(one, other)) === index,
    );
    const [newest] = usable;
    if (newest === undefined) return [];
    const { last = 0, daily = 0, weekly = 0, monthly = 0, within } = this.rules;
    const wanted = [
      ...[newest].map((image) => ({ image, why: 'the newest usable one' })),
      ...usable.slice(0, last).map((image) => ({ image, why: 'last' })),
      ...firstOfEach(usable, daily, (at) => Math.floor(at / day)).map(named('daily')),
      // The first of January 1970 was a Thursday.
      ...firstOfEach(usable, weekly, (at) => Math.floor((at / day + 3) / 7)).map(named('weekly')),
      ...firstOfEach(usable, monthly, monthOf).map(named('monthly')),
      ...usable
        .filter((one) => takenAt(one) >= takenAt(newest) - (within ?? -1) * 1000)
        .map(named('within')),
    ];
    return wanted.flatMap(({ image, why }) =>
      images.filter((one) => isSame(one, image)).map((one) => ({ image: one, why, region })),
    );
  }

  private byPeople(region: SimulatedRegion): Promised[] {
    const lastProof = this.proofs.slice(-1);
    const reasons = [...this.holds.values(), ...this.uses.values(), ...lastProof];
    return reasons.flatMap((reason) => imagesFor(reason, region));
  }
}

/** The images of that backup which were there when the reason came up. */
function imagesFor({ image: told, why, since }: Reason, region: SimulatedRegion) {
  const images = [...region.images.values()].filter(
    (image) =>
      isSame(image, told) &&
      (image.goneAt === undefined ||
        image.goneAt > since ||
        (image.id === told.id && why === 'held')),
  );
  return images.map((image): Promised => ({ region, image, why }));
}

const named =
  (why: string) =>
  (image: StoredImage): { image: StoredImage; why: string } => ({ image, why });

function firstOfEach(
  newestFirst: readonly StoredImage[],
  count: number,
  periodOf: (at: number) => number,
): StoredImage[] {
  const periods = new Map<number, StoredImage>();
  for (const image of newestFirst) {
    if (periods.size >= count) break;
    const period = periodOf(takenAt(image));
    if (!periods.has(period)) periods.set(period, image);
  }
  return [...periods.values()];
}

function monthOf(at: number): number {
  const date = new Date(at);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

const moments = new WeakMap<StoredImage, number>();

/** Every image of a backup holds the moment at which that was taken. */
export function takenAt(image: StoredImage): number {
  const known = moments.get(image);
  if (known !== undefined) return known;
  const at = Date.parse(decodeRecord(image.tags)?.takenAt ?? '');
  moments.set(image, at);
  return at;
}

/** Whether both are images of one backup: each run makes one. */
export function isSame(one: StoredImage, other: StoredImage): boolean {
  const run = one.tags['runbook:run'];
  return run !== undefined && run === other.tags['runbook:run'];
}

function isFoundWanting(tags: StoredImage['tags']): boolean {
  return tags['runbook:verified']?.startsWith('no') === true;
}

export function isUsable(region: SimulatedRegion, image: StoredImage): boolean {
  const { tags, goneAt } = image;
  return (
    goneAt === undefined &&
    region.stateOf(image) === 'available' &&
    tags['runbook:installation'] === 'prod' &&
    tags['runbook:kind'] === 'backup' &&
    !isFoundWanting(tags)
  );
}
