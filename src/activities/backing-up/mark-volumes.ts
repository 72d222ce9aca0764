/**
 * Leaves a mark on each volume just before the image, so that a restore can tell which point in time
 * came back on each.
 *
 * Looks at: whether each volume is mounted still. Changes: one small file on each volume, in one rename.
 * Safe to repeat because: the mark of a run is the same each time. A volume that cannot be marked is
 * named, and no reason not to make an image. Fails with: nothing of its own.
 */
import type { Machine } from '../../contract/plan';
import { writeMark, type Mark } from '../../machine/proof/marks';
import { saidLast } from '../../machine/text/said';
import type { World } from '../../world';
import type { Outcome } from '../frame/attempt';
import { onMachine } from '../frame/on-machine';

export interface MarkInput {
  readonly machine: Machine;
  readonly targets: readonly string[];
  readonly mark: Mark;
}

export interface Marked extends Outcome {
  /** Targets of the mounts that bear the mark. */
  readonly marked: readonly string[];
  /** What could not be marked, and why. */
  readonly unmarked: readonly string[];
}

export const markVolumes =
  (world: World) =>
  ({ machine, targets, mark }: MarkInput): Promise<Marked> =>
    onMachine(world, machine, async (remote) => {
      const marked: string[] = [];
      const unmarked: string[] = [];
      for (const target of targets) {
        const { exitCode, stderr } = await remote.run(writeMark(target, mark));
        if (exitCode === 0) marked.push(target);
        else {
          const said = saidLast(stderr, 120) || `status ${String(exitCode)}`;
          unmarked.push(`mark on ${target} (${said})`);
        }
      }
      const note = [
        `on ${marked.join(', ') || 'no volume'}`,
        ...unmarked.map((one) => `no ${one}`),
      ];
      return { note: note.join('; '), marked, unmarked };
    });
