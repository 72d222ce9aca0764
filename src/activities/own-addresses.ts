/**
 * Which hosts are the machine itself. An endpoint rightly names docker's bridge, the loopback or
 * any other address that the machine has; a name is the machine where all its addresses are.
 */
import type { Machine } from '../contract/plan';
import { lookUpAny, readOwnAddresses } from '../machine/commands';
import { addressesOf, isLoopback, isName } from '../machine/own-hosts';
import type { Remote } from './on-machine';

/** Tells of a host whether it is the machine. */
export type IsOwn = (host: string) => boolean;

/** Asks the machine for its addresses, and for those of each name among the hosts. */
export async function ownHosts(
  remote: Remote,
  machine: Machine,
  hosts: readonly string[],
): Promise<IsOwn> {
  const { stdout } = await remote.run(readOwnAddresses);
  const own = new Set([
    ...stdout.split(/\s+/).filter((address) => address !== ''),
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
