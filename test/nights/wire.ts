/**
 * What lies between an activity and EC2: each call takes time, and can be lost before or after its
 * effect, be throttled, refused, or be the last one of a worker that is killed.
 */
import { call, type Call } from '../../src/world/ec2/errors';
import type { Random } from './random';

/** Time that passes only when somebody waits; milliseconds since the epoch. */
export class Clock {
  constructor(public now: number) {}

  advance(seconds: number): void {
    this.now += Math.round(seconds * 1000);
  }

  iso(): string {
    return new Date(this.now).toISOString();
  }
}

/** An error as the SDK throws it. */
export function awsError(name: string, message = 'as it befell'): Error {
  return Object.assign(new Error(message), { name });
}

const troubles = ['lost before', 'lost after', 'throttled', 'denied', 'refused', 'killed'] as const;
type Trouble = (typeof troubles)[number] | 'killed after';

/** The connection of one attempt; a worker that was killed has no further effect. */
export class Wire {
  killed = false;

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly weather: {
      readonly trouble: number;
      readonly meanwhile: (action: string) => void;
    },
  ) {}

  send<T>(about: Call, effect: () => T): Promise<T> {
    return call(about, async () => {
      // Calls to two regions at once interleave.
      await Promise.resolve();
      this.stopIfKilled();
      this.clock.advance(this.random.next());
      this.weather.meanwhile(about.action);
      const trouble = this.trouble(about);
      this.before(trouble, about);
      const result = effect();
      if (trouble === 'killed after') this.killed = true;
      this.stopIfKilled();
      if (trouble === 'lost after') throw awsError('TimeoutError', 'socket hang up: ECONNRESET');
      return result;
    });
  }

  private trouble({ action }: Call): Trouble | undefined {
    const isRead = action.startsWith('Describe');
    // A read is one of many and changes nothing: most of what goes wrong shall befall the others.
    if (!this.random.chance(this.weather.trouble * (isRead ? 0.3 : 1))) return undefined;
    const trouble = this.random.pick(troubles);
    if (trouble === 'refused' && isRead) return 'throttled';
    return trouble === 'killed' && this.random.chance(0.5) ? 'killed after' : trouble;
  }

  private before(trouble: Trouble | undefined, { action }: Call): void {
    if (trouble === 'killed') this.killed = true;
    this.stopIfKilled();
    if (trouble === 'lost before') throw awsError('TimeoutError', 'ECONNREFUSED');
    if (trouble === 'throttled') throw awsError('RequestLimitExceeded');
    if (trouble === 'denied') throw awsError('ExpiredToken');
    if (trouble === 'refused')
      throw awsError('OperationNotPermitted', `${action} is not permitted`);
  }

  private stopIfKilled(): void {
    if (this.killed) throw new Error('the worker was killed');
  }
}
