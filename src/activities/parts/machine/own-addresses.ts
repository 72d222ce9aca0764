/**
 * Which hosts are the machine itself. An endpoint rightly names docker's bridge, the loopback or
 * any other address that the machine has; a name is the machine where all its addresses are.
 */
import type { Machine } from '../../../contract/plan';
import { lookUpAny, readOwnAddresses } from '../../../machine/shell/commands';
import { addressesOf, isLoopback, isName } from '../../../machine/addresses/own-hosts';
import {
  parseIpAddresses,
  parseOwnAddresses,
  readAddressesByIp,
} from '../../../machine/addresses/own-addresses';
import type { Remote } from '../../frame/on-machine';
import { unreadable } from '../../frame/unreadable';

/** Tells of a host whether it is the machine. */
export type IsOwn = (host: string) => boolean;

/** The addresses that the machine says it has. Refuses where it says none that can be read. */
export async function addressesOn(remote: Remote): Promise<readonly string[]> {
  const said = await remote.run(readOwnAddresses);
  const own = said.exitCode === 0 ? parseOwnAddresses(said.stdout) : undefined;
  if (own !== undefined) return own;
  const other = await remote.run(readAddressesByIp);
  const found = other.exitCode === 0 ? parseIpAddresses(other.stdout) : undefined;
  if (found !== undefined) return found;
  const both = (part: 'stdout' | 'stderr'): string => `${said[part]} ${other[part]}`.trim();
  throw unreadable('`hostname -I`, and then `ip addr`,', {
    exitCode: said.exitCode,
    stdout: both('stdout'),
    stderr: both('stderr'),
  });
}

/** Asks the machine for its addresses, and for those of each name among the hosts. */
export async function ownHosts(
  remote: Remote,
  machine: Machine,
  hosts: readonly string[],
): Promise<IsOwn> {
  const own = new Set([
    ...(await addressesOn(remote)),
    ...[machine.privateAddress, machine.publicAddress].filter((one) => one !== undefined),
  ]);
  const isOwnAddress: IsOwn = (address) => isLoopback(address) || own.has(address);
  const ownNames = new Set<string>();
  for (const name of new Set(hosts.filter(isName))) {
    const addresses = addressesOf((await remote.run(lookUpAny(name))).stdout);
    if (addresses.length > 0 && addresses.every(isOwnAddress)) ownNames.add(name);
  }
  return (host) => isOwnAddress(host) || ownNames.has(host);
}
