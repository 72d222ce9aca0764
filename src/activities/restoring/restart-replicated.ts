/**
 * Restarts Replicated's three units, which read their address files only when they start. The
 * vendor's document leaves this out; without it the app restarts on the old addresses.
 *
 * Looks at: the daemon's LocalAddress, the operator's environment, `system status`. Changes: restarts
 * replicated, replicated-ui and replicated-operator, and Docker where it does not answer; on a sealed machine after it has opened the seal
 * for good, in a drill until the next boot. Safe to repeat because: units that already run on the new
 * address are left alone. Fails with: ReplicatedNotReady, DockerNotReady, MountsDiffer,
 * CommandFailed, QuarantineBroken.
 */
import { refuse } from '../../contract/failures';
import type { Machine, OldAddresses } from '../../contract/plan';
import { hostOfEndpoint } from '../../machine/addresses/addresses';
import {
  readInit,
  readOperatorEndpoint,
  readOperatorPublicAddress,
} from '../../machine/shell/commands';
import { valueOf } from '../../machine/dialects/item';
import { parseLook } from '../../machine/docker/docker-look';
import { parseInit, restartReplicatedBy } from '../../machine/platform/init';
import { openSeal, putIntoService, readSealAndContainers } from '../../machine/app/seal';
import type { World } from '../../world';
import type { Outcome, Say } from '../frame/attempt';
import { bringDockerUp } from '../parts/app/bring-docker-up';
import { bearWith, dialectOf } from '../parts/machine/dialect';
import { requireMounts, type MountsExpected } from '../parts/machine/expected-mounts';
import { onMachine, type Remote } from '../frame/on-machine';
import { ownHosts } from '../parts/machine/own-addresses';
import { requireClosedOff } from '../parts/app/quarantine';
import { until } from '../frame/until';

export interface RestartInput {
  readonly machine: Machine;
  readonly old: OldAddresses;
  /** Where the app's files must be: units that start may start the app by themselves. */
  readonly mounts?: MountsExpected;
  /** In a drill: the security groups behind which it happens. Its seal holds at the next boot. */
  readonly behind?: readonly string[];
}

export const restartReplicated =
  (world: World) =>
  ({ machine, old, mounts, behind }: RestartInput, say: Say): Promise<Outcome> =>
    onMachine(world, machine, async (remote) => {
      const limits = world.installation(machine.installation).limits;
      const { replicated: limitSeconds, poll: pollSeconds } = limits;
      const before = await look(remote, machine, old);
      if (before.right) {
        if (behind === undefined) await remote.read(putIntoService(machine.instanceId));
        return { note: `runs on it already: ${before.seen}`, notNeeded: true };
      }

      if (behind !== undefined) await requireClosedOff(world, machine, behind);
      if (mounts !== undefined) await requireMounts(remote, mounts);
      const said = await remote.read(readSealAndContainers(machine.instanceId));
      // Before the seal is opened: units without Docker fail, and nothing keeps them silent then.
      const { silence } = parseLook(said);
      if (silence !== undefined) await bringDockerUp(remote, machine, limits);
      // Also where the seal did not hold: a boothook that comes late, or obeys at the next boot, would
      // seal the machine that serves by then.
      const isSealed = said.split('\n', 1)[0] === 'sealed';
      if (behind === undefined) await remote.read(putIntoService(machine.instanceId));
      else if (isSealed) await remote.read(openSeal);
      const init = parseInit(await remote.read(readInit)) ?? 'upstart';
      await remote.read(restartReplicatedBy[init]);
      let { seen } = before;
      const right = await until({ limitSeconds, pollSeconds }, async () => {
        const now = await look(remote, machine, old);
        seen = now.seen;
        say(seen);
        return now.right ? true : undefined;
      });
      if (right) return { note: `${silence === undefined ? '' : 'Docker was started; '}${seen}` };
      throw refuse(
        'ReplicatedNotReady',
        `Replicated on ${machine.instanceId} is not ready on ${machine.privateAddress} after ` +
          `${String(limitSeconds)} s: ${seen}. Look at \`docker logs replicated\`, then retry.`,
      );
    });

/** What daemon and operator run on now. Both fail to answer while they start: that is no error. */
async function look(
  remote: Remote,
  machine: Machine,
  old: OldAddresses,
): Promise<{ readonly right: boolean; readonly seen: string }> {
  const { readSystemStatus, parseSystemStatus, readLocalAddress } = await dialectOf(remote);
  const status = parseSystemStatus((await remote.run(readSystemStatus)).stdout);
  bearWith(remote, status.isReadable, status.description);
  const address = valueOf((await remote.run(readLocalAddress)).stdout) ?? '';
  const endpoint = (await remote.run(readOperatorEndpoint)).stdout.trim();
  const outside = (await remote.run(readOperatorPublicAddress)).stdout.trim();
  const dialled = hostOfEndpoint(endpoint);
  const isOwn = await ownHosts(remote, machine, [address, dialled]);
  // The old address may have moved to this machine as a second one: the files name the first.
  const isRight = (host: string): boolean =>
    isOwn(host) && (host !== old.private || host === machine.privateAddress);
  const isStale = outside !== '' && outside === old.public && outside !== machine.publicAddress;
  return {
    right: status.isReady && isRight(address) && isRight(dialled) && !isStale,
    seen:
      `${status.description}; daemon on ${address || '?'}, operator dials ${endpoint || '?'}` +
      (isStale ? `, still gives ${outside} as the public address` : ''),
  };
}
