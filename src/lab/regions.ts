/** All regions of a lab: what is asked for by an address or an id, wherever it is. */
import type { Region } from './region/region';
import type { SimulatedMachine } from './shapes';

/** The regions, the one where the Services machine runs first. */
export class Regions {
  constructor(readonly all: readonly [Region, ...Region[]]) {}

  get first(): Region {
    return this.all[0];
  }

  named(name: string): Region | undefined {
    return this.all.find((region) => region.name === name);
  }

  /** The running machine that has the address, private or public. */
  machineAt(address: string): SimulatedMachine | undefined {
    return this.all.map((region) => region.machineAt(address)).find(Boolean);
  }

  /** The region in which the machine is. */
  of(instanceId: string): Region | undefined {
    return this.all.find(({ machines }) => machines.has(instanceId));
  }

  stop(): void {
    this.all.forEach((region) => {
      region.stop();
    });
  }
}
