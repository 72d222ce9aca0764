/** A machine of each shell, for what must be true on both. */
import type { MachineProfile, SimulatedMachine } from '../../../src/lab/shapes';
import type { Command } from '../../../src/machine/shell/commands';
import type { SmallLab } from '../machine/small-lab';
import { describeReal } from './real-machine';
import { RealReach } from './real-reach';
import { openStage, run, type Answer } from './session';

/** A machine of the lab behind one of the shells. */
export interface Place {
  readonly machine: SimulatedMachine;
  readonly root: string;
  run(command: Command): Promise<Answer>;
  /** Lets simulated seconds pass. */
  skip(seconds: number): void;
  /** What has happened on the machine, in words. */
  events(): readonly string[];
  close(): Promise<void> | void;
}

type Open = (profile?: Partial<MachineProfile>) => Promise<Place>;

const seenOf = ({ lab }: { readonly lab: SmallLab }): Pick<Place, 'skip' | 'events'> => ({
  skip: (seconds) => {
    lab.clock.skip(seconds);
  },
  events: () => lab.events.map(({ text }) => text),
});

const openPortable: Open = async (profile) => {
  const stage = await openStage(profile);
  const { machine, client } = stage;
  const { root } = machine;
  const send = (command: Command): Promise<Answer> => run(client, command);
  return { machine, root, run: send, close: () => stage.end(), ...seenOf(stage) };
};

const openReal: Open = async (profile) => {
  const reach = await RealReach.open(profile);
  const { machine } = reach;
  const { root } = machine;
  const send = (command: Command): Promise<Answer> => reach.run(command);
  return { machine, root, run: send, close: () => reach.close(), ...seenOf(reach) };
};

/** By their names, with what skips the real one where the host cannot have it. */
export const shells: readonly [string, jest.Describe, Open][] = [
  ['portable', describe, openPortable],
  ['real', describeReal(), openReal],
];
