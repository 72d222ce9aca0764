/**
 * An EC2 for launches alone, with a clock of its own: what it keeps of a token, when it shows what it
 * has made, and what becomes of a request and its reply on the way.
 */
import { ApplicationFailure } from '@temporalio/common';
import type { LaunchOnce } from '../../../../src/activities/parts/instances/launch-once';
import { refuse, tryAgain } from '../../../../src/contract/failures';
import type { Instance } from '../../../../src/world/ec2';

/** What becomes of one request. */
export type Fate = 'answered' | 'request lost' | 'reply lost' | 'late' | 'worker dies';

/** Where EC2's own documents leave it open, or have changed. */
export interface Habits {
  /** Whether a token stays bound to a request that was refused. */
  readonly bindsRefused: boolean;
  /** Whether a request is checked before its token is looked up. */
  readonly checksFirst: boolean;
  /** How it answers for a token whose machine is gone. */
  readonly gone: 'instance' | 'IdempotentInstanceTerminated';
  /** How long a new machine stays hidden. */
  readonly hiddenMs: number;
}

export class Crash extends Error {}

type Order = LaunchOnce & { readonly clientToken: string };

interface Token {
  readonly order: string;
  readonly id?: string;
}

export class SimulatedLaunches {
  now = 0;
  readonly machines: (Instance & { readonly madeAt: number })[] = [];
  /** The most that ever lived at once. */
  mostAlive = 0;
  readonly sent: Order[] = [];
  private readonly tokens = new Map<string, Token>();
  private late: { readonly at: number; readonly order: Order }[] = [];

  constructor(
    private readonly habits: Habits,
    private readonly fates: Iterator<Fate>,
    /** Whether EC2 has a machine for these settings at that time. */
    private readonly has: (order: Order) => boolean,
  ) {}

  pass(ms: number): void {
    this.now += ms;
    const due = this.late.filter(({ at }) => at <= this.now);
    this.late = this.late.filter(({ at }) => at > this.now);
    for (const { order } of due) this.attempt(order);
  }

  instances(): Promise<Instance[]> {
    const { hiddenMs } = this.habits;
    return Promise.resolve(this.machines.filter(({ madeAt }) => madeAt + hiddenMs <= this.now));
  }

  runInstance(order: Order): Promise<Instance> {
    this.sent.push(order);
    const fate = this.fates.next().value as Fate | undefined;
    if (fate === 'request lost') return Promise.reject(unanswered());
    if (fate === 'late') {
      this.late.push({ at: this.now + 60_000, order });
      return Promise.reject(unanswered());
    }
    const outcome = this.attempt(order);
    if (fate === 'worker dies') return Promise.reject(new Crash());
    if (fate === 'reply lost') return Promise.reject(unanswered());
    return outcome instanceof ApplicationFailure
      ? Promise.reject(outcome)
      : Promise.resolve(outcome);
  }

  end(id: string): void {
    const index = this.machines.findIndex((one) => one.id === id);
    const machine = this.machines[index];
    if (machine) this.machines[index] = { ...machine, state: 'terminated' };
  }

  alive(): string[] {
    return this.machines.filter(({ state }) => state !== 'terminated').map(({ id }) => id);
  }

  private attempt(order: Order): Instance | ApplicationFailure {
    const { bindsRefused, checksFirst, gone } = this.habits;
    const { clientToken, ...parameters } = order;
    const text = JSON.stringify(parameters);
    // A token counts in the zone that the request names.
    const key = `${clientToken} ${order.launch.subnetId}`;
    const known = this.tokens.get(key);
    const refused = this.has(order) ? undefined : noCapacity();
    if (checksFirst && refused) return refused;
    if (known && known.order !== text) return ec2Says('IdempotentParameterMismatch');
    const made = this.machines.find(({ id }) => id === known?.id);
    if (made?.state === 'terminated' && gone !== 'instance') return ec2Says(gone);
    if (made) return made;
    if (refused) {
      if (bindsRefused) this.tokens.set(key, { order: text });
      return refused;
    }
    const id = `i-${String(this.machines.length)}`;
    this.tokens.set(key, { order: text, id });
    const machine = machineOf(id, order);
    this.machines.push({ ...machine, madeAt: this.now });
    this.mostAlive = Math.max(this.mostAlive, this.alive().length);
    return machine;
  }
}

function machineOf(id: string, { imageId, launch, tags }: Order): Instance {
  const { instanceType, subnetId, securityGroupIds, httpTokens } = launch;
  return {
    ...{ id, state: 'pending', imageId, instanceType, subnetId, securityGroupIds, httpTokens },
    ...{ httpPutResponseHopLimit: 1, launchedAt: '', firstLaunchedAt: '', tags },
    ...{ volumeIds: [], volumes: [] },
  };
}

function unanswered(): ApplicationFailure {
  const facts = { code: 'ECONNRESET', kind: 'busy', answered: false };
  return tryAgain('AwsUnavailable', 'no answer', facts);
}

function noCapacity(): ApplicationFailure {
  const facts = { code: 'Unsupported', kind: 'type', answered: true };
  return refuse('TypeUnavailable', 'AWS refused', facts);
}

function ec2Says(code: string): ApplicationFailure {
  return refuse('AwsRefused', code, { code, kind: 'unknown', answered: true });
}
