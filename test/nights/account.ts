/** An account with two regions, what people do in it, and the world as an activity gets it. */
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { Installation } from '../../src/config';
import { inRegion } from '../../src/machine/launch/places';
import type { World } from '../../src/world';
import { Ledger } from './ledger';
import { randomOf, type Random } from './random';
import { simulatedEc2 } from './simulated-ec2';
import { SimulatedRegion, type StoredImage } from './simulated-region';
import { Clock, type Wire } from './wire';

export const installation = 'prod';
export const restoreClaim = 'restore-claim/runbook/prod';
const restore = 'restore-prod-1';

export class Account {
  readonly random: Random;
  readonly clock = new Clock(Date.UTC(2026, 0, 1, 2));
  readonly home: SimulatedRegion;
  readonly away: SimulatedRegion;
  readonly regions: readonly SimulatedRegion[];
  readonly ledger: Ledger;
  /** What this tool did to things that it must leave alone. */
  readonly misdeeds: string[] = [];
  isRestoreOpen = false;

  constructor(
    seed: number,
    readonly configured: Installation,
  ) {
    this.random = randomOf(seed);
    const [there] = configured.copies ?? [];
    this.home = new SimulatedRegion(configured.region, this.clock, this.random);
    this.away = new SimulatedRegion(there?.region ?? '', this.clock, this.random);
    this.regions = [this.home, this.away];
    this.ledger = new Ledger(this.regions, configured.keep ?? {});
  }

  /** The world of one attempt. */
  world(wire: Wire): World {
    const open = (name: string) => {
      const region = this.region(name);
      const onChange = (id: string, action: string): void => {
        this.audit(region, id, action);
      };
      const neighbour = (other: string): SimulatedRegion => this.region(other);
      return simulatedEc2({ region, wire, random: this.random, neighbour, onChange });
    };
    const known: Pick<World, 'installation' | 'ec2'> = {
      installation: (_, region = this.home.name) =>
        inRegion(this.configured, region) ?? this.configured,
      ec2: open,
    };
    return known as World;
  }

  /** Temporal, as far as a prune asks it: whether a restore is open. */
  temporal(): Client {
    const describe = (id: string) => {
      if (!this.isRestoreOpen || ![restoreClaim, restore].includes(id)) {
        return Promise.reject(new WorkflowNotFoundError('none', id, undefined));
      }
      const parentExecution = { workflowId: restore, runId: 'first' };
      const raw = { workflowExecutionInfo: { parentExecution } };
      return Promise.resolve({ runId: 'first', status: { name: 'RUNNING' }, raw });
    };
    const getHandle = (id: string) => ({ describe: () => describe(id) });
    const withAbortSignal = (_: AbortSignal, work: () => unknown): unknown => work();
    return { workflow: { getHandle }, withAbortSignal } as unknown as Client;
  }

  /** Our images that are there. */
  backups(): { readonly region: SimulatedRegion; readonly image: StoredImage }[] {
    return this.regions.flatMap((region) =>
      region
        .registered()
        .filter(({ tags }) => isOurs(tags))
        .map((image) => ({ region, image })),
    );
  }

  private region(name: string): SimulatedRegion {
    return name === this.home.name ? this.home : this.away;
  }

  private audit(region: SimulatedRegion, id: string, action: string): void {
    if (action === 'DeregisterImage' && this.isRestoreOpen) {
      this.misdeeds.push(`${id} was to go while a restore was open`);
    }
    if (id.startsWith('ami-')) this.ledger.observe();
    const object = region.images.get(id) ?? region.snapshots.get(id);
    if (object && !isOurs(object.tags)) this.misdeeds.push(`${id} is not ours, and was touched`);
  }
}

export function isOurs(tags: Readonly<Record<string, string>>): boolean {
  return tags['runbook:installation'] === installation && tags['runbook:kind'] === 'backup';
}
