/** Names as the machine resolves them: its own hosts file first, then the lab's DNS. */
import { existsSync, readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import type { Machine } from '../machine/machine';

/** IPv4 addresses of a name; none when it does not resolve. */
export function addressesOf(machine: Machine, name: string): string[] {
  if (isIPv4(name)) {
    return [name];
  }
  const path = join(machine.root, 'etc/hosts');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const local = lines.flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    return isIPv4(address) && names.includes(name) ? [address] : [];
  });
  if (local.length > 0) {
    return local;
  }
  const own = [machine.hostname, `${machine.hostname}.ec2.internal`];
  const found = own.includes(name) ? machine.privateAddress : machine.surroundings.resolve(name);
  return found === undefined ? [] : [found];
}
