/**
 * Compares the machine's mounts with what the backup recorded, before anything of the app starts: on
 * other instance types devices get other names, and a line of /etc/fstab with `nofail` passes over
 * the missing one in silence.
 *
 * Looks at: mounts, block devices, /etc/fstab, the app's folders. Changes: nothing.
 * Safe to repeat because: it only reads; a retry looks again.
 * Fails with: MountsDiffer, where a mount is not all that is missing.
 */
import { mountLine } from '../../machine/volumes/commands';
import type { World } from '../../world';
import type { Outcome } from '../frame/attempt';
import { onMachine } from '../frame/on-machine';
import { compareOn, differ, type MountsExpected } from '../parts/machine/expected-mounts';

export interface CompareInput extends MountsExpected {
  /** Nobody is there to approve a mount: what is missing is a failure. */
  readonly unasked?: boolean;
}

export interface Compared extends Outcome {
  /** What is missing and can be mounted: for the person who approves. */
  readonly wanting: readonly { readonly text: string; readonly command: string }[];
  readonly notes: readonly string[];
}

export const compareMounts =
  (world: World) =>
  (input: CompareInput): Promise<Compared> =>
    onMachine(world, input.machine, async (remote) => {
      const { problems, notes, seen } = await compareOn(remote, input);
      const wanting = problems.flatMap(({ text, order }) =>
        order === undefined ? [] : [{ text, command: mountLine(order) }],
      );
      if (input.unasked === true ? problems.length > 0 : wanting.length < problems.length) {
        throw differ(input.machine, problems);
      }
      const lacking = `${String(wanting.length)} mount(s) missing`;
      return { note: wanting.length > 0 ? `${lacking}; ${seen}` : seen, wanting, notes };
    });
