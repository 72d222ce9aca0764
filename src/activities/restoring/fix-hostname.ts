/**
 * 3. Ensure that the hostname configured in the Management Console reflects the correct address.
 *
 * Looks at: the app's configured hostname, and /etc/circle-installation-customizations, which can
 * override it. Changes: the hostname, if it differs. Safe to repeat because: it reads first, and
 * reads back. Fails with: HostnameNotSet, DnsNotChanged, CommandFailed.
 */
import { refuse } from '../../contract/failures';
import type { Machine } from '../../contract/plan';
import { markRestartDue } from '../../machine/app/due-restart';
import { saysItStarts } from '../../machine/app/app-stop';
import {
  lookUpAny,
  readHostnameBefore,
  rememberHostname,
  readUrlOverride,
  type Command,
} from '../../machine/shell/commands';
import { isAddress } from '../../machine/addresses/own-hostname';
import type { World } from '../../world';
import type { Outcome, Say } from '../frame/attempt';
import type { AppPlace } from '../parts/app/app';
import { itemOf, settingsPage } from '../parts/machine/config-item';
import { dialectOf } from '../parts/machine/dialect';
import { commandFailed, onMachine } from '../frame/on-machine';
import { until } from '../frame/until';

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
  ({ machine, hostname }: HostnameInput, say: Say): Promise<HostnameFixed> =>
    onMachine(world, machine, async (remote) => {
      const now = await itemOf(remote, 'hostname');
      const before = (await remote.read(readHostnameBefore(machine.instanceId))) || now;
      const changed = before !== hostname;
      const override = await remote.read(readUrlOverride);
      if (now === hostname) {
        const seen = changed ? `it is ${hostname}, and was ${before}` : `it is ${hostname}`;
        return { note: seen, notNeeded: true, changed, before, override };
      }
      if (!isAddress(hostname) && (await remote.read(lookUpAny(hostname))) === '')
        throw notToBeFound(machine, hostname);
      await remote.read(rememberHostname(now, machine.instanceId));
      const { setHostname, title } = await dialectOf(remote);
      // The app takes it only when it starts: one that is up by then is started anew, also where a
      // person sets it.
      await remote.read(markRestartDue(machine.instanceId));
      if (setHostname === undefined) throw onlyByHand(machine, { now, hostname, title });
      await setOn(world, { machine, remote, say }, setHostname(hostname));
      // Items marked write_once ignore a new value without a word.
      const after = await itemOf(remote, 'hostname');
      if (after !== hostname) {
        throw refuse(
          'HostnameNotSet',
          `The hostname was set to ${hostname} but reads back as ${after}. Set it in the ` +
            `Management Console (${settingsPage(machine)}), then retry.`,
        );
      }
      return { note: `${now} → ${hostname}`, changed: true, before, override };
    });

/** Sets it, as soon as an app that starts takes it. */
async function setOn(
  world: World,
  { machine, remote, say }: AppPlace,
  command: Command,
): Promise<void> {
  const { startApp: limitSeconds, poll: pollSeconds } = world.installation(
    machine.installation,
  ).limits;
  await until({ limitSeconds, pollSeconds }, async () => {
    const result = await remote.run(command);
    if (result.exitCode === 0) return true;
    if (!saysItStarts(result.stderr)) throw commandFailed(machine, command, result);
    say('the app starts, and takes no hostname yet');
    return undefined;
  });
}

/** Replicated tests that, and says so in the words of its own parts. */
function notToBeFound({ instanceId }: Machine, hostname: string): ReturnType<typeof refuse> {
  return refuse(
    'DnsNotChanged',
    `${hostname} cannot be looked up on ${instanceId}, and Replicated takes no such hostname. Make a ` +
      'DNS record for it, then retry.',
  );
}

/** The older command line sets no item of the configuration. */
function onlyByHand(
  machine: Machine,
  {
    now,
    hostname,
    title,
  }: { readonly now: string; readonly hostname: string; readonly title: string },
): ReturnType<typeof refuse> {
  return refuse(
    'HostnameNotSet',
    `The hostname on ${machine.instanceId} is ${now || 'not set'} and must become ${hostname}, but ` +
      `${title} has no command that sets it. Set it in the Management Console ` +
      `(${settingsPage(machine)}), without a restart of the app, then retry: it is read back.`,
  );
}
