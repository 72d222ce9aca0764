/**
 * Mounts the volumes that a person has approved, by the UUID that the backup recorded.
 *
 * Looks at: mounts and devices again, and whether anything of the app runs, just before; the mounts
 * afterwards. Changes: `mount`, and nothing else: no file system is made or checked, /etc/fstab stays.
 * Safe to repeat because: what is mounted by now is left alone.
 * Fails with: AppNotStopped, MountsDiffer.
 */
import { refuse } from '../../contract/failures';
import type { Machine } from '../../contract/plan';
import { lookAtContainers, parseLook } from '../../machine/docker/docker-look';
import { saidLast } from '../../machine/text/said';
import { mountLine, mountVolume, type VolumeOrder } from '../../machine/volumes/commands';
import type { World } from '../../world';
import type { Outcome } from '../frame/attempt';
import { differ, compareOn, type MountsExpected } from '../parts/machine/expected-mounts';
import { onMachine, type Remote } from '../frame/on-machine';

export interface MountVolumesInput extends MountsExpected {
  /** The commands that a person has seen: nothing else is mounted. */
  readonly approved: readonly string[];
}

export interface VolumesMounted extends Outcome {
  /** What the next boot will do, for the report. */
  readonly notes: readonly string[];
}

export const mountVolumes =
  (world: World) =>
  (input: MountVolumesInput): Promise<VolumesMounted> =>
    onMachine(world, input.machine, async (remote) => {
      const { machine, approved } = input;
      const { problems } = await compareOn(remote, input);
      const orders = problems.flatMap(({ order }) => (order === undefined ? [] : [order]));
      const isOther = orders.some((order) => !approved.includes(mountLine(order)));
      if (isOther || orders.length < problems.length) throw differ(machine, problems);
      let said = '';
      for (const order of orders) {
        await requireSilence(remote, machine, order);
        const { exitCode, stderr, stdout } = await remote.run(mountVolume(order));
        if (exitCode !== 0) said += ` ${mountLine(order)} said: ${saidLast(stderr || stdout)}`;
      }
      const after = await compareOn(remote, input);
      if (after.problems.length > 0) {
        throw differ(machine, [...after.problems, ...(said === '' ? [] : [{ text: said.trim() }])]);
      }
      const made = orders.map(({ source, target }) => `${source} at ${target}`).join(', ');
      return {
        note: orders.length > 0 ? `mounted: ${made}` : 'all are mounted by now',
        notNeeded: orders.length === 0,
        notes: orders.map((order) => aboutNextBoot(order, machine)),
      };
    });

/** What runs on the folder beneath would go on there, and its files would vanish from sight. */
async function requireSilence(
  remote: Remote,
  { instanceId }: Machine,
  { target }: VolumeOrder,
): Promise<void> {
  const seen = parseLook(await remote.read(lookAtContainers));
  const ofReplicated =
    '/var/lib/replicated'.startsWith(target) || target.startsWith('/var/lib/replicated');
  // Docker that does not run holds nothing, unless it has left something behind.
  const inTheWay = [
    ...seen.containers
      .filter(({ owner }) => owner === 'app' || (ofReplicated && owner === 'replicated'))
      .map(({ name }) => name),
    ...seen.leftBehind,
  ];
  if (inTheWay.length === 0) return;
  throw refuse(
    'AppNotStopped',
    `Nothing is mounted at ${target} on ${instanceId} while containers run that may use what lies ` +
      `there: ${inTheWay.slice(0, 10).join(', ')}. Stop ${ofReplicated ? 'Replicated' : 'the app'} ` +
      'there; then retry.',
  );
}

function aboutNextBoot({ target, source, fstype }: VolumeOrder, { instanceId }: Machine): string {
  const line = `${source} ${target} ${fstype || 'none'} ${fstype === '' ? 'bind' : 'defaults,nofail'} 0 2`;
  return (
    `${target} of ${instanceId} was mounted by this run, because its boot did not. /etc/fstab is as it ` +
    `was, so the next boot will not mount it either: put \`${line}\` there.`
  );
}
