/** The commands of the appliance, written once; both shells reach them by name. */
import type { ApplianceCommand, CommandOutput, SimulatedMachine } from '../shapes';
import { blkid, lsblk } from './block-devices';
import { curl } from './curl';
import { docker } from './docker';
import { hasReplicatedctl } from './generations';
import { initctl } from './jobs';
import { failed, modelOf } from './model';
import { getent, hostname, ip } from './network';
import { nomad } from './nomad';
import { service, systemctl, systemdRun } from './systemctl';
import { poweroff, shutdown } from './shutdown';
import { findmnt, mount, mountpoint, umount } from './volumes';
import { replicated, replicatedctl } from './wrapper';

const commands: Readonly<Record<string, ApplianceCommand>> = {
  blkid,
  curl,
  docker,
  findmnt,
  getent,
  hostname,
  initctl,
  ip,
  lsblk,
  mount,
  mountpoint,
  nomad,
  poweroff,
  replicated,
  replicatedctl,
  service,
  shutdown,
  systemctl,
  'systemd-run': systemdRun,
  umount,
};

/** Every command by its name, with the lab's barriers and the machine's traps around it. */
export const applianceCommands: Readonly<Record<string, ApplianceCommand>> = Object.fromEntries(
  Object.entries(commands).map(([name, run]) => [name, guarded(name, run)]),
);

/** Names of the commands that a machine does not have: each init system brings its own. */
export function missingOn(machine: SimulatedMachine): readonly string[] {
  const { init, replicatedVersion } = modelOf(machine).state.durable;
  return [
    ...(init === 'systemd' ? [] : ['systemctl', 'systemd-run']),
    ...(init === 'upstart' ? [] : ['initctl']),
    ...(hasReplicatedctl(replicatedVersion) ? [] : ['replicatedctl']),
  ];
}

/** Names of the commands that exist on a machine. */
export function commandNamesOn(machine: SimulatedMachine): string[] {
  const missing = missingOn(machine);
  return Object.keys(commands).filter((name) => !missing.includes(name));
}

/** Runs a command line that the machine itself has kept, such as a timer's. */
export async function runAppliance(
  machine: SimulatedMachine,
  argv: readonly string[],
): Promise<CommandOutput> {
  const [path = '', ...args] = argv;
  const run = applianceCommands[path.slice(path.lastIndexOf('/') + 1)];
  return run === undefined
    ? failed(`${path}: command not found\n`, 127)
    : run(machine, { args, stdin: '', tty: false });
}

function guarded(name: string, run: ApplianceCommand): ApplianceCommand {
  return async (machine, input) => {
    const { commandFails = [] } = modelOf(machine).state.volatile.traps;
    const line = [name, ...input.args].join(' ');
    const beginnings = typeof commandFails === 'string' ? [commandFails] : commandFails;
    const isTrapped = beginnings.some((words) => `${line} `.startsWith(`${words} `));
    const output = isTrapped ? failed(`${name}: simulated failure\n`) : await run(machine, input);
    await machine.surroundings.atBarrier(`command:${pointOf(name, input.args)}`);
    return output;
  };
}

/** The words that name a command at a barrier: `replicatedctl app stop`, `systemctl restart`. */
function pointOf(name: string, args: readonly string[]): string {
  const words = args.filter((word) => /^[a-z][a-z-]*$/.test(word));
  const count = name === 'replicatedctl' || name === 'replicated' ? 2 : 1;
  return [name, ...words.slice(0, count)].join(' ');
}
