/**
 * What a region has of images and snapshots, with EC2's rules: names are unique, what is new shows
 * late, what is gone shows for a while, a snapshot on which an image stands cannot be deleted.
 */
import { awsError, type Clock } from './wire';
import type { Random } from './random';

export type Tags = Readonly<Record<string, string>>;

/** An image, registered until it is `goneAt` some time. */
export interface StoredImage {
  readonly id: string;
  readonly name: string;
  readonly sourceInstanceId?: string | undefined;
  readonly clientToken?: string | undefined;
  readonly createdAt: number;
  readonly readyAt: number;
  readonly doomed: boolean;
  /** How late reads notice that it is there, or gone. */
  readonly lagMs: number;
  readonly snapshotIds: readonly string[];
  tags: Tags;
  goneAt?: number;
  isProtected?: boolean;
}

export interface StoredSnapshot {
  readonly id: string;
  readonly createdAt: number;
  readonly lagMs: number;
  readonly readyAt: number;
  tags: Tags;
}

/** A machine that an unfinished restore has launched. */
export interface StoredMachine {
  readonly id: string;
  readonly imageId: string;
  readonly tags: Tags;
}

export interface NewImage {
  readonly name: string;
  readonly tags: Tags;
  readonly snapshotTags: Tags;
  readonly volumes: number;
  readonly sourceInstanceId?: string;
  readonly clientToken?: string;
  /** Stands on these instead of on new snapshots. */
  readonly on?: readonly string[];
}

const mostTags = 50;

export class SimulatedRegion {
  readonly images = new Map<string, StoredImage>();
  readonly snapshots = new Map<string, StoredSnapshot>();
  machines: StoredMachine[] = [];
  isOff = false;
  private made = 0;

  constructor(
    readonly name: string,
    readonly clock: Clock,
    private readonly random: Random,
  ) {}

  registered(): StoredImage[] {
    return [...this.images.values()].filter(({ goneAt }) => goneAt === undefined);
  }

  stateOf({ readyAt, doomed }: StoredImage): 'pending' | 'available' | 'failed' {
    if (this.clock.now < readyAt) return 'pending';
    return doomed ? 'failed' : 'available';
  }

  /** What reads show by now. */
  shown(): StoredImage[] {
    const { now } = this.clock;
    return [...this.images.values()].filter(
      ({ createdAt, lagMs, goneAt }) =>
        now >= createdAt + lagMs && (goneAt === undefined || now < goneAt + lagMs),
    );
  }

  shownSnapshots(): StoredSnapshot[] {
    const { now } = this.clock;
    return [...this.snapshots.values()].filter(({ createdAt, lagMs }) => now >= createdAt + lagMs);
  }

  /** The snapshots of a new image show up a little after the image itself. */
  shownOn({ createdAt, lagMs, snapshotIds }: StoredImage): readonly string[] {
    return this.clock.now >= createdAt + 2 * lagMs ? snapshotIds : [];
  }

  addImage(order: NewImage): StoredImage {
    const { name, tags, snapshotTags, volumes, sourceInstanceId, clientToken, on } = order;
    const holder = this.registered().find((image) => image.name === name);
    if (holder) throw awsError('InvalidAMIName.Duplicate', `${name} is in use by ${holder.id}`);
    withinLimit(tags);
    const times = {
      createdAt: this.clock.now,
      readyAt: this.clock.now + this.random.between(5, 150) * 1000,
      lagMs: this.random.between(0, 20) * 1000,
    };
    const snapshotIds = on ?? Array.from({ length: volumes }, () => this.newId('snap'));
    if (on === undefined) {
      for (const id of snapshotIds) this.snapshots.set(id, { ...times, id, tags: snapshotTags });
    }
    const doomed = this.random.chance(0.02);
    const id = this.newId('ami');
    const image = { ...times, id, name, sourceInstanceId, clientToken, doomed, snapshotIds, tags };
    this.images.set(id, image);
    return image;
  }

  deregister(id: string): void {
    const image = this.images.get(id);
    if (image === undefined) throw awsError('InvalidAMIID.NotFound');
    if (image.goneAt !== undefined) throw awsError('InvalidAMIID.Unavailable');
    if (image.isProtected) throw awsError('OperationNotPermitted', `${id} is protected`);
    image.goneAt = this.clock.now;
  }

  deleteSnapshot(id: string): void {
    if (!this.snapshots.has(id)) throw awsError('InvalidSnapshot.NotFound');
    const user = [...this.images.values()].find(
      ({ snapshotIds, goneAt, lagMs }) =>
        snapshotIds.includes(id) && (goneAt === undefined || this.clock.now < goneAt + lagMs / 2),
    );
    if (user) throw awsError('InvalidSnapshot.InUse', `${id} is in use by ${user.id}`);
    this.snapshots.delete(id);
  }

  /** All or none, as CreateTags does it. */
  retag(ids: readonly string[], change: (tags: Tags) => Tags): void {
    const objects = ids.map((id) => {
      const found = id.startsWith('snap-')
        ? this.snapshots.get(id)
        : this.shown().find((image) => image.id === id && image.goneAt === undefined);
      const kind = id.startsWith('snap-') ? 'InvalidSnapshot' : 'InvalidAMIID';
      if (found === undefined) throw awsError(`${kind}.NotFound`, id);
      withinLimit(change(found.tags));
      return found;
    });
    for (const object of objects) object.tags = change(object.tags);
  }

  private newId(kind: string): string {
    this.made += 1;
    return `${kind}-${this.name.slice(0, 4)}${String(this.made)}`;
  }
}

function withinLimit(tags: Tags): void {
  if (Object.keys(tags).length > mostTags) throw awsError('TagLimitExceeded');
}
