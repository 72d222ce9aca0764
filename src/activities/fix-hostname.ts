/**
 * 3. Ensure that the hostname configured in the Management Console reflects the correct address.
 *
 * Looks at: the app's configured hostname, and /etc/circle-installation-customizations, which can
 * override it. Changes: the hostname, if it differs. Safe to repeat because: it reads first, and
 * reads back. Fails with: HostnameNotSet, DnsNotChanged, CommandFailed.
 */
import { refuse } from '../contract/failures';
import type { Machine } from '../contract/plan';
import {
  lookUpAny,
  readHostname,
  readHostnameBefore,
  rememberHostname,
  readUrlOverride,
  setHostname,
} from '../machine/commands';
import type { World } from '../world';
import type { Outcome } from './attempt';
import { onMachine } from './on-machine';

export interface HostnameInput {
  readonly machine: Machine;
  readonly hostname: string;
}

export interface HostnameFixed extends Outcome {
  readonly changed: boolean;
  readonly before: string;
  /** Lines that override scheme and host whatever the console says. */
  readonly override: string;
}

export const fixHostname =
  (world: World) =>
  ({ machine, hostname }: HostnameInput): Promise<HostnameFixed> =>
    onMachine(world, machine, async (remote) => {
      const now = await remote.read(readHostname);
      const before = (await remote.read(readHostnameBefore(machine.instanceId))) || now;
      const changed = before !== hostname;
      const override = await remote.read(readUrlOverride);
      if (now === hostname) {
        const note = changed ? `it is ${hostname}, and was ${before}` : `it is ${hostname}`;
        return { note, notNeeded: true, changed, before, override };
      }
      if ((await remote.read(lookUpAny(hostname))) === '') throw notToBeFound(machine, hostname);
      await remote.read(rememberHostname(now, machine.instanceId));
      await remote.read(setHostname(hostname));
      // Items marked write_once ignore a new value without a word.
      const after = await remote.read(readHostname);
      if (after !== hostname) {
        throw refuse(
          'HostnameNotSet',
          `The hostname was set to ${hostname} but reads back as ${after}. Set it in the ` +
            `Management Console (https://${machine.privateAddress}:8800/settings), then retry.`,
        );
      }
      return { note: `${now} → ${hostname}`, changed: true, before, override };
    });

/** Replicated tests that, and says so in the words of its own parts. */
function notToBeFound({ instanceId }: Machine, hostname: string): ReturnType<typeof refuse> {
  return refuse(
    'DnsNotChanged',
    `${hostname} cannot be looked up on ${instanceId}, and Replicated takes no such hostname. Make a ` +
      'DNS record for it, then retry.',
  );
}
