/**
 * 5. From the root directory of the Services box, run `sudo rm -rf /opt/nomad`.
 *
 * Looks at: that nothing of Replicated runs, or that the app is stopped; that /opt/nomad is a folder and no mount point; that
 * no container named nomad runs. Changes: moves /opt/nomad aside, then deletes it there.
 * Safe to repeat because: an absent folder is what is wanted.
 * Fails with: NomadNotRemovable, AppNotStopped, CommandFailed.
 */
import { refuse } from '../../contract/failures';
import { isStopped } from '../../machine/app/app-status';
import { markNomadRemoved, removeNomad } from '../../machine/shell/commands';
import type { World } from '../../world';
import { lookAtApp } from '../parts/app/app';
import type { Outcome } from '../frame/attempt';
import { commandFailed, onMachine, type Remote } from '../frame/on-machine';
import type { StopInput } from './stop-app';
import { readSounds, type Silence } from '../parts/app/quarantine';

export interface WipeInput extends StopInput {
  /** A spare: nothing of Replicated may run at all. */
  readonly isSealed?: boolean;
}

export const wipeNomad =
  (world: World) =>
  async ({ machine, isReadied, isSealed = false }: WipeInput): Promise<Outcome> => {
    if (isReadied) return { note: 'it was removed on this machine before', notNeeded: true };
    return onMachine(world, machine, async (remote) => {
      const silence = await readSounds(remote, machine);
      const { isStill, seen } = silence.isStill || isSealed ? silence : await lookAtStill(remote);
      if (!isStill) {
        throw refuse(
          'AppNotStopped',
          `/opt/nomad is only removed while the app is stopped; seen: ${seen}. If somebody ` +
            'started it meanwhile, stop it in the Management Console; then retry.',
        );
      }
      const result = await remote.run(removeNomad);
      const said = result.stdout.trim();
      if (result.exitCode === 0) {
        await remote.read(markNomadRemoved(machine.instanceId));
        return said === 'absent'
          ? { note: '/opt/nomad is absent', notNeeded: true }
          : { note: '/opt/nomad removed' };
      }
      if (result.exitCode < 70 || result.exitCode > 72) {
        throw commandFailed(machine, removeNomad, result);
      }
      throw refuse(
        'NomadNotRemovable',
        `/opt/nomad on ${machine.instanceId} cannot be removed: ${said}. It must be a plain folder ` +
          'without mounts, and no nomad container may run. Mend it by hand, then retry.',
      );
    });
  };

async function lookAtStill(remote: Remote): Promise<Pick<Silence, 'isStill' | 'seen'>> {
  const { status, seen } = await lookAtApp(remote);
  return { isStill: isStopped(status), seen };
}
