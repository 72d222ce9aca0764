/**
 * 3. Ensure that the hostname configured in the Management Console reflects the correct address.
 *
 * Looks at: the app's configured hostname, and /etc/circle-installation-customizations, which can
 * override it. Changes: the hostname, if it differs. Safe to repeat because: it reads first, and
 * reads back. Fails with: HostnameNotSet, CommandFailed.
 */
import { refuse } from '../contract/failures';
import type { Machine } from '../contract/plan';
import { readHostname, readUrlOverride, setHostname } from '../machine/commands';
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
      const before = await remote.read(readHostname);
      const override = await remote.read(readUrlOverride);
      if (before === hostname) {
        return { note: `it is ${hostname}`, notNeeded: true, changed: false, before, override };
      }
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
      return { note: `${before} → ${hostname}`, changed: true, before, override };
    });
