/**
 * Tells a machine that a run has ended with a step there that nobody heard the end of: a worker that
 * was cut off in it may go on at any time, and nothing of this run is let in there any more.
 *
 * Looks at: nothing. Changes: the mark of the fence. Safe to repeat because: an end stays an end.
 * Fails with: nothing; what did not work is said in the note.
 */
import type { Machine } from '../../contract/plan';
import type { World } from '../../world';
import type { Outcome } from '../frame/attempt';
import { targetOf } from '../frame/on-machine';

export interface Leaving extends Outcome {
  readonly hasLeft: boolean;
}

export const leaveMachine =
  (world: World) =>
  async ({ machine }: { readonly machine: Machine }): Promise<Leaving> => {
    try {
      const connection = await world.ssh.connect(targetOf(world, machine));
      await connection.endRun().finally(() => {
        connection.close();
      });
      return { hasLeft: true, note: `${machine.instanceId} knows that the run has ended` };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { hasLeft: false, note: why.slice(0, 500) };
    }
  };
