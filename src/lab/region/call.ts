/** One call of the EC2 API, as the actions see it. */
import type { ActiveFault } from '../faults';
import { ApiError, checkId, notFound } from './api-error';
import type { Image, Instance, Snapshot } from './model';
import type { Query } from './query';
import type { Region } from './region';
import type { XmlValue } from './xml';

/** What an action answers: the elements below `<…Response>`. */
export type Reply = Readonly<Record<string, XmlValue>>;
export type Action = (call: Call) => Reply;

/** How long a terminated instance stays visible, and how long its client token stays spent. */
const terminatedVisibleMs = 3_600_000;

/** What a call is made of. */
interface CallParts {
  readonly region: Region;
  readonly query: Query;
  /** The faults that strike it. */
  readonly strikes: readonly ActiveFault[];
  /** Whether the caller's policy forbids an action. */
  readonly denies: (action: string) => boolean;
}

/** The request with everything that decides its answer. */
export class Call {
  readonly region: Region;
  readonly query: Query;
  private readonly strikes: readonly ActiveFault[];
  private readonly denies: (action: string) => boolean;

  constructor({ region, query, strikes, denies }: CallParts) {
    this.region = region;
    this.query = query;
    this.strikes = strikes;
    this.denies = denies;
  }

  /** Ends a dry run. Each action calls it after its checks and before its first effect. */
  commit(): void {
    if (this.query.flag('DryRun') === true) {
      throw new ApiError(
        'DryRunOperation',
        'Request would have succeeded, but DryRun flag is set.',
        412,
      );
    }
  }

  /** Refuses a call that the caller's policy does not allow. */
  demand(action: string): void {
    if (this.denies(action)) {
      throw new ApiError(
        'UnauthorizedOperation',
        `You are not authorized to perform this operation. Not allowed: ${action}`,
        403,
      );
    }
  }

  /** The reason for which what this call makes will fail, if a fault says so. */
  fate(effect: 'image-fails' | 'instance-dies'): { code: string; message: string } | undefined {
    const strike = this.strikes.find((fault) => fault.effect === effect);
    return strike !== undefined && 'code' in strike
      ? { code: strike.code, message: strike.message }
      : undefined;
  }

  /** Whether reads see an object of this age: EC2 shows a new object only after a while. */
  sees(createdAt: number): boolean {
    const now = this.region.now();
    const hidden = this.strikes.some(
      (fault) => fault.effect === 'stale' && createdAt > fault.setAt,
    );
    return !hidden && now >= createdAt + this.region.timings.visible * 1000;
  }

  instances(): Instance[] {
    const now = this.region.now();
    return Object.values(this.region.state.instances).filter(
      ({ createdAt, terminatedAt }) =>
        this.sees(createdAt) &&
        (terminatedAt === undefined || now < terminatedAt + terminatedVisibleMs),
    );
  }

  instance(id: string): Instance {
    checkId('i', id);
    const found = this.instances().find((instance) => instance.id === id);
    if (found === undefined) {
      throw notFound('i', id);
    }
    return found;
  }

  /** The instances `InstanceId.1` …, all of them or none. */
  namedInstances(): Instance[] {
    const ids = this.query.list('InstanceId');
    if (ids.length === 0) {
      this.query.required('InstanceId');
    }
    return ids.map((id) => this.instance(id));
  }

  images(): Image[] {
    return Object.values(this.region.state.images).filter(
      ({ state, createdAt }) => state !== 'deregistered' && this.sees(createdAt),
    );
  }

  image(id: string): Image {
    checkId('ami', id);
    const found = this.images().find((image) => image.id === id);
    if (found === undefined) {
      const known = this.region.state.images[id];
      if (known?.state === 'deregistered') {
        throw new ApiError(
          'InvalidAMIID.Unavailable',
          `The image ID '${id}' is no longer available`,
        );
      }
      throw notFound('ami', id);
    }
    return found;
  }

  snapshots(): Snapshot[] {
    return Object.values(this.region.state.snapshots).filter(({ createdAt }) =>
      this.sees(createdAt),
    );
  }
}

/** Keeps the objects a reader asked for; refuses ids that are malformed or not to be seen. */
export function select<T extends { readonly id: string }>(
  objects: readonly T[],
  ids: readonly string[],
  kind: 'i' | 'ami' | 'snap' | 'vol' | 'subnet' | 'sg',
): T[] {
  ids.forEach((id) => checkId(kind, id));
  const absent = ids.filter((id) => !objects.some((object) => object.id === id));
  if (absent.length > 0) {
    throw notFound(kind, ...absent);
  }
  return objects.filter(({ id }) => ids.length === 0 || ids.includes(id));
}
