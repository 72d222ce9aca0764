/** A region: what exists in it, the machines behind its instances, and what is still to happen. */
import { join } from 'node:path';
import type { MachineFactory, MachineProfile, SimulatedMachine, Surroundings } from '../shapes';
import {
  quarantineGroupName,
  type Due,
  type Instance,
  type RegionState,
  type Timings,
} from './model';

/** What a region stands on. */
export interface RegionParts {
  /** The lab's folder. */
  readonly dir: string;
  readonly factory: MachineFactory;
  readonly profile: MachineProfile;
  readonly surroundings: Surroundings;
  readonly timings: Timings;
  /** Another region of the lab. */
  readonly neighbour: (name: string) => Region | undefined;
  /** Writes the state to disk; called after every change. */
  readonly save: () => void;
}

/** One AWS region of the lab. Its rules are in the functions beside; this holds the things. */
export class Region {
  readonly machines = new Map<string, SimulatedMachine>();
  private readonly calledOff = new Set<() => void>();
  private perform: (due: Due) => void = () => undefined;

  constructor(
    readonly state: RegionState,
    readonly parts: RegionParts,
  ) {}

  get name(): string {
    return this.state.name;
  }

  get timings(): Timings {
    return this.parts.timings;
  }

  now(): number {
    return this.parts.surroundings.clock.now();
  }

  save(): void {
    this.parts.save();
  }

  machineFolder(instanceId: string): string {
    return join(this.parts.dir, 'machines', instanceId);
  }

  imageFolder(imageId: string): string {
    return join(this.parts.dir, 'images', imageId);
  }

  /** The public address that the instance has now: an Elastic IP goes before an assigned one. */
  publicAddressOf(instance: Instance): string | undefined {
    const elastic = Object.values(this.state.addresses).find(
      ({ instanceId }) => instanceId === instance.id,
    );
    return elastic?.address ?? instance.autoAddress;
  }

  /** The machine of the running instance that has the address, private or public. */
  machineAt(address: string): SimulatedMachine | undefined {
    if (this.state.off) {
      return undefined;
    }
    const holder = Object.values(this.state.instances).find(
      (instance) =>
        instance.state === 'running' &&
        (instance.privateAddress === address || this.publicAddressOf(instance) === address),
    );
    return holder === undefined ? undefined : this.machines.get(holder.id);
  }

  /**
   * Whether the instance reaches no other machine. Security groups only ever allow: one that lets
   * it out among several is enough.
   */
  isIsolated({ groupIds }: Instance): boolean {
    return groupIds.every((id) => this.state.groups[id]?.name === quarantineGroupName);
  }

  /** Tells the machine which public address it has now. */
  announceAddress(instance: Instance): void {
    const machine = this.machines.get(instance.id);
    if (machine !== undefined) {
      machine.publicAddress = this.publicAddressOf(instance);
    }
  }

  /** Lets something happen after simulated seconds, also if the lab is restarted in between. */
  schedule(seconds: number, what: Due['what'], id: string): void {
    const due = { at: this.now() + seconds * 1000, what, id };
    this.state.due.push(due);
    this.arm(due);
  }

  /** Forgets what would still happen to the resource. */
  callOff(id: string): void {
    this.state.due = this.state.due.filter((due) => due.id !== id);
  }

  /** Takes up what was still to happen when the lab was stopped. */
  start(perform: (due: Due) => void): void {
    this.perform = perform;
    this.state.due.forEach((due) => {
      this.arm(due);
    });
  }

  stop(): void {
    this.calledOff.forEach((callOff) => {
      callOff();
    });
    this.calledOff.clear();
  }

  private arm(due: Due): void {
    const seconds = Math.max(0, due.at - this.now()) / 1000;
    const callOff = this.parts.surroundings.clock.after(seconds, () => {
      this.calledOff.delete(callOff);
      if (!this.state.due.includes(due)) {
        return;
      }
      this.state.due = this.state.due.filter((other) => other !== due);
      this.perform(due);
      this.save();
    });
    this.calledOff.add(callOff);
  }
}
