/** Machines for tests of the region: one file, a power switch, and a count of boots. */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineFactory, MachinePlace, SimulatedMachine } from '../../../src/lab/shapes';

/** Where a fake machine keeps the one text that an image copies. */
export function textFile(machineFolder: string): string {
  return join(machineFolder, 'root', 'text');
}

class FakeMachine implements SimulatedMachine {
  publicAddress: string | undefined;
  answers: boolean;
  boots = 0;
  readonly hostKeys = ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGhvc3RrZXkgb2YgYSBmYWtlIG1hY2hpbmU='];

  constructor(
    private readonly place: MachinePlace,
    on: boolean,
  ) {
    this.publicAddress = place.publicAddress;
    this.answers = on;
  }
  get instanceId() {
    return this.place.instanceId;
  }
  get root() {
    return join(this.place.folder, 'root');
  }
  get privateAddress() {
    return this.place.privateAddress;
  }
  get surroundings() {
    return this.place.surroundings;
  }
  get consoleOutput() {
    return `console of ${this.instanceId}`;
  }
  boot() {
    this.answers = true;
    this.boots += 1;
    this.place.surroundings.journal.write({
      kind: 'boot',
      machine: this.instanceId,
      text: 'boots',
    });
  }
  powerOff() {
    this.answers = false;
  }
  copyInto(folder: string) {
    mkdirSync(folder, { recursive: true });
    cpSync(this.root, join(folder, 'root'), { recursive: true });
  }
  inspect() {
    return { answers: this.answers, boots: this.boots };
  }
  set(values: Readonly<Record<string, unknown>>) {
    if (Object.keys(values).some((key) => key !== 'answers')) {
      throw new TypeError(`unknown: ${Object.keys(values).join(', ')}`);
    }
    this.answers = values['answers'] === true;
  }
}

export const fakeFactory: MachineFactory = {
  install(place) {
    const machine = new FakeMachine(place, true);
    mkdirSync(machine.root, { recursive: true });
    writeFileSync(textFile(place.folder), 'fresh');
    return machine;
  },
  fromImage(place, imageFolder) {
    if (!existsSync(textFile(imageFolder))) {
      throw new Error('there is no such image');
    }
    cpSync(join(imageFolder, 'root'), join(place.folder, 'root'), { recursive: true });
    return new FakeMachine(place, false);
  },
  reopen: (place) => new FakeMachine(place, true),
};

/** The text of a machine's or an image's folder. */
export function readText(folder: string): string {
  return readFileSync(textFile(folder), 'utf8');
}
