/**
 * Checks that the hostname resolves to the new machine, as seen from that machine: Replicated
 * refuses a hostname that does not resolve there.
 *
 * Looks at: `getent` on the machine. Changes: nothing. Safe to repeat because: it only reads.
 * Fails with: DnsNotChanged.
 */
import { refuse } from '../contract/failures';
import type { Machine } from '../contract/plan';
import { resolveHostname } from '../machine/commands';
import type { World } from '../world';
import type { Outcome, Say } from './attempt';
import { onMachine } from './on-machine';
import { until } from './until';

export interface DnsInput {
  readonly machine: Machine;
  readonly hostname: string;
}

export const checkDns =
  (world: World) =>
  async ({ machine, hostname }: DnsInput, say: Say): Promise<Outcome> => {
    const { ssh: limitSeconds, poll: pollSeconds } = world.installation(
      machine.installation,
    ).limits;
    const wanted = [machine.publicAddress, machine.privateAddress].filter(Boolean);
    let seen = 'nothing';
    const right = await until({ limitSeconds, pollSeconds }, () =>
      onMachine(world, machine, async (remote) => {
        const { stdout } = await remote.run(resolveHostname(hostname));
        const found = new Set(stdout.split('\n').map((line) => line.split(/\s/, 1)[0] ?? ''));
        found.delete('');
        seen = [...found].join(' and ');
        say(`${hostname} resolves to ${seen === '' ? 'nothing' : seen}`);
        // A record that still has the old address beside the new one sends people to both.
        return found.size > 0 && [...found].every((one) => wanted.includes(one)) ? seen : undefined;
      }),
    );
    if (right !== undefined) return { note: `${hostname} resolves to ${right}` };
    throw refuse(
      'DnsNotChanged',
      `${hostname} resolves to ${seen === '' ? 'nothing' : seen} on ${machine.instanceId}, not to ` +
        `${wanted.join(' or ')}. Change the DNS record, wait for its TTL, then retry.`,
    );
  };
