/**
 * Checks that the hostname resolves to the new machine, as seen from that machine: Replicated
 * refuses a hostname that does not resolve there.
 *
 * Looks at: `getent` on the machine. Changes: nothing. Safe to repeat because: it only reads.
 * Fails with: DnsNotChanged.
 */
import { refuse } from '../../contract/failures';
import type { Machine } from '../../contract/plan';
import { resolveHostname } from '../../machine/shell/commands';
import { isAddress } from '../../machine/addresses/own-hostname';
import type { World } from '../../world';
import type { Outcome, Say } from '../frame/attempt';
import { onMachine, type Remote } from '../frame/on-machine';
import { unreadable } from '../frame/unreadable';
import { until } from '../frame/until';

export interface DnsInput {
  readonly machine: Machine;
  readonly hostname: string;
}

/** Looks once, so that nobody is asked to change a record that is right already. */
export const lookUpHostname =
  (world: World) =>
  ({ machine, hostname }: DnsInput): Promise<Outcome & { isRight: boolean }> =>
    onMachine(world, machine, async (remote) => {
      const { isRight, seen } = await lookUp(remote, machine, hostname);
      return { note: `${hostname} resolves to ${seen}`, isRight };
    });

export const checkDns =
  (world: World) =>
  async ({ machine, hostname }: DnsInput, say: Say): Promise<Outcome> => {
    const { ssh: limitSeconds, poll: pollSeconds } = world.installation(
      machine.installation,
    ).limits;
    if (isAddress(hostname)) {
      return { note: `${hostname} is an address, which nobody looks up`, notNeeded: true };
    }
    let seen = 'nothing';
    const right = await until({ limitSeconds, pollSeconds }, () =>
      onMachine(world, machine, async (remote) => {
        const found = await lookUp(remote, machine, hostname);
        seen = found.seen;
        say(`${hostname} resolves to ${seen}`);
        return found.isRight ? seen : undefined;
      }),
    );
    if (right !== undefined) return { note: `${hostname} resolves to ${right}` };
    throw refuse(
      'DnsNotChanged',
      `${hostname} resolves to ${seen} on ${machine.instanceId}, not to ` +
        `${wantedFor(machine).join(' or ')}. Change the DNS record, wait for its TTL, then retry.`,
    );
  };

function wantedFor({ publicAddress, privateAddress }: Machine): string[] {
  return publicAddress === undefined ? [privateAddress] : [publicAddress, privateAddress];
}

async function lookUp(
  remote: Remote,
  machine: Machine,
  hostname: string,
): Promise<{ readonly isRight: boolean; readonly seen: string }> {
  if (isAddress(hostname)) {
    return { isRight: wantedFor(machine).includes(hostname), seen: 'itself: it is an address' };
  }
  const said = await remote.run(resolveHostname(hostname));
  const found = new Set(said.stdout.split('\n').map((line) => line.split(/\s/, 1)[0] ?? ''));
  found.delete('');
  // 2 says that there is no such name; anything else says nothing of it, however long one waits.
  const isAnswer = said.exitCode === 2 || (said.exitCode === 0 && [...found].every(isAddress));
  if (!isAnswer) throw unreadable('`getent ahostsv4`', said);
  const wanted = wantedFor(machine);
  // A record that still has the old address beside the new one sends people to both.
  const isRight = found.size > 0 && [...found].every((one) => wanted.includes(one));
  return { isRight, seen: found.size === 0 ? 'nothing' : [...found].join(' and ') };
}
