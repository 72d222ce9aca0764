/**
 * 2. Stop the app in the Management Console, if it is already running.
 *
 * Looks at: whether anything of Replicated runs; `replicatedctl app status` and the running
 * containers. Changes: stops the app; by force when a plain stop was taken and did not end within
 * half of its time limit. On a machine that is sealed and silent nothing, for nothing has started.
 * Safe to repeat because: an app that is stopped is left alone.
 * Fails with: AppNotStopped, DockerNotReady, MachineUnreachable, ConnectionLost.
 */
import type { Machine } from '../../contract/plan';
import { stopUnits } from '../../machine/app/seal';
import type { World } from '../../world';
import type { Outcome, Say } from '../frame/attempt';
import { onMachine } from '../frame/on-machine';
import { readSounds } from '../parts/app/quarantine';
import { stopOn } from '../parts/app/stop';

export interface StopInput {
  readonly machine: Machine;
  /** Whether instructions 4 and 5 are done on this very machine: then its app may keep running. */
  readonly isReadied: boolean;
  /** Whether it was launched with the seal: one that does not hold is told. */
  readonly isSealed?: boolean;
}

export interface Stopped extends Outcome {
  /** Nothing of Replicated has started: its units start only on the new addresses. */
  readonly isSilent: boolean;
  /** What ran although the machine was sealed. */
  readonly broken?: string;
}

export const stopApp =
  (world: World) =>
  async ({ machine, isReadied, isSealed = false }: StopInput, say: Say): Promise<Stopped> => {
    if (isReadied) {
      const note = 'this machine is past it, its app may run';
      return { note, notNeeded: true, isSilent: false };
    }
    return onMachine(world, machine, async (remote) => {
      const { isStill, seal, daemonRuns, seen } = await readSounds(remote, machine);
      if (isStill) return { note: `it has not started: ${seen}`, notNeeded: true, isSilent: true };
      if (seal === 'sealed' && !daemonRuns) {
        // Nothing can be told to stop the app, and nothing has started it.
        await remote.read(stopUnits);
        const after = await readSounds(remote, machine);
        const note = `the seal did not hold in part (${seen}); now ${after.seen}`;
        if (after.isStill) return { note, isSilent: true, broken: seen };
      }
      const stopped = await stopOn(world, { machine, remote, say });
      if (!isSealed && seal !== 'sealed') return { ...stopped, isSilent: false };
      const note = `the seal did not hold (${seen}); ${stopped.note}`;
      return { ...stopped, note, isSilent: false, broken: seen };
    });
  };
