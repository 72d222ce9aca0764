/**
 * Finds out which host key the new machine is known by, without ever trusting one on first use.
 *
 * Looks at: the keys that cloud-init printed on this instance's console, the keys recorded at
 * backup, and the key that the machine shows. Changes: nothing.
 * Safe to repeat because: it only reads.
 * Fails with: MachineUnreachable, BootStopped; for the bastion also as every login does.
 */
import type { Machine } from '../../contract/plan';
import { parseConsoleHostKeys } from '../../machine/login/host-keys';
import type { World } from '../../world';
import type { OfferedKey } from '../../world/ssh';
import { refuse } from '../../contract/failures';
import type { Outcome, Say } from '../frame/attempt';
import { targetOf } from '../frame/on-machine';
import { consoleWatch } from '../parts/machine/stopped-boot';
import { isFinal, until } from '../frame/until';

export interface TrustInput {
  readonly machine: Machine;
  /** Keys recorded in the image's tags: an image without cloud-init keeps its keys. */
  readonly recorded: readonly string[];
}

export interface Trust extends Outcome {
  readonly known: boolean;
  /** What the machine shows. */
  readonly offered: string;
  /** What it was compared with. */
  readonly expected: readonly string[];
  /** The machine can prove the key by SHA-1 only, which nobody has allowed: then it is not known. */
  readonly isWeak?: boolean;
}

export const trustHostKey =
  (world: World) =>
  async ({ machine, recorded }: TrustInput, say: Say): Promise<Trust> => {
    const { limits, region } = world.installation(machine.installation, machine.region);
    const ec2 = world.ec2(region);
    const { pin: offered, isWeak } = await awaitOfferedKey(world, machine, say);
    const proof = isWeak ? ', but can prove it by SHA-1 only' : ', as expected';
    // The console appears some minutes after the boot, so an unknown key is looked up again.
    const look = async (): Promise<Trust | undefined> => {
      const console = await ec2.consoleOutput(machine.instanceId);
      const expected = [...recorded, ...parseConsoleHostKeys(console).map(world.fingerprint)];
      say(`console shows ${String(expected.length - recorded.length)} host keys`);
      if (expected.includes(offered)) {
        return { note: `${offered}${proof}`, known: !isWeak, isWeak, offered, expected };
      }
      const unknown = {
        note: `${offered} is not confirmed`,
        known: false,
        isWeak,
        offered,
        expected,
      };
      return expected.length > recorded.length ? unknown : undefined;
    };
    const limitSeconds = Math.min(limits.ssh, 300);
    const found = await until({ limitSeconds, pollSeconds: limits.poll }, look);
    return (
      found ?? {
        note: `${offered} is not confirmed`,
        known: false,
        isWeak,
        offered,
        expected: recorded,
      }
    );
  };

async function awaitOfferedKey(world: World, machine: Machine, say: Say): Promise<OfferedKey> {
  const { limits, region } = world.installation(machine.installation, machine.region);
  const { ssh: limitSeconds, poll: pollSeconds } = limits;
  const watch = consoleWatch(world.ec2(region), machine.instanceId);
  let why = 'no answer yet';
  const offered = await until({ limitSeconds, pollSeconds }, async () => {
    try {
      return await world.ssh.offeredHostKey(targetOf(world, machine, true));
    } catch (error) {
      // A bastion that is not let in to stays so.
      if (isFinal(error)) throw error;
      why = error instanceof Error ? error.message : String(error);
      say(why);
      await watch();
      return undefined;
    }
  });
  if (offered !== undefined) return offered;
  await watch(true);
  throw refuse(
    'MachineUnreachable',
    `${machine.instanceId} (${machine.privateAddress}) did not answer SSH within ` +
      `${String(limitSeconds)} s. Check security groups, bastion and the console, then retry. ` +
      `Last seen: ${why}`,
  );
}
