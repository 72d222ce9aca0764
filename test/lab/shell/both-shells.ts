/** A machine of each shell, for what must be true on both. */
import type { MachineProfile, SimulatedMachine } from '../../../src/lab/shapes';
import type { Command } from '../../../src/machine/commands';
import { describeReal } from './real-machine';
import { RealReach } from './real-reach';
import { openStage, run, type Answer } from './session';

/** A machine of the lab behind one of the shells. */
export interface Place {
  readonly machine: SimulatedMachine;
  readonly root: string;
  run(command: Command): Promise<Answer>;
  /** Lets simulated time pass. */
  skip(seconds: number): void;
  close(): Promise<void> | void;
}

type Open = (profile?: Partial<MachineProfile>) => Promise<Place>;

const openPortable: Open = async (profile) => {
  const stage = await openStage(profile);
  const { machine, client } = stage;
  const { root } = machine;
  const skip = (seconds: number): void => {
    stage.lab.clock.skip(seconds);
  };
  return { machine, root, skip, run: (c) => run(client, c), close: () => stage.end() };
};
const openReal: Open = async (profile) => {
  const reach = await RealReach.open(profile);
  const { machine } = reach;
  const skip = (seconds: number): void => {
    reach.lab.clock.skip(seconds);
  };
  return {
    machine,
    root: machine.root,
    skip,
    run: (c) => reach.run(c),
    close: () => reach.close(),
  };
};

/** By their names, with what skips the real one where the host cannot have it. */
export const shells: readonly [string, jest.Describe, Open][] = [
  ['portable', describe, openPortable],
  ['real', describeReal(), openReal],
];
