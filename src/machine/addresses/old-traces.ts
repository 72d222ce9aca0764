/**
 * What else on a machine tells the address of the one that its image was made of. Some operators'
 * boot scripts write the address files anew at each boot, so that a clone's files name the clone.
 */
import type { Command } from '../shell/commands';
import { isLoopback } from './own-hosts';

// The most telling first: a first installation's file may name a machine before the last one.
const sources = ['raft', 'no-proxy', 'node-name', 'images', 'hosts', 'first-start'] as const;

const names: Readonly<Record<(typeof sources)[number], string>> = {
  raft: 'Nomad’s Raft peers',
  'no-proxy': 'Replicated’s no_proxy',
  'node-name': 'NODENAME in the address files',
  images: 'the names of Docker’s images',
  hosts: '/etc/hosts',
  'first-start': '/etc/replicated.conf',
};

/** Prints `SOURCE ADDRESS`, a line each; an address may be in its dashed form. */
export const lookForTraces: Command = {
  readsOnly: true,
  name: 'the search for traces of the old address',
  script: [
    'address="[0-9]{1,3}([.-][0-9]{1,3}){3}"',
    'told() { grep -oE "$address" | sort -u | sed "s/^/$1 /"; }',
    'cat /opt/nomad/server/raft/peers.info /opt/nomad/server/raft/peers.json 2>/dev/null |',
    '  head -c 1000000 | grep -aoE "$address:4647" | told raft',
    'cat /var/lib/replicated/circle-config/no_proxy 2>/dev/null | told no-proxy',
    'cat /etc/default/replicated /etc/default/replicated-operator \\',
    '  /etc/sysconfig/replicated /etc/sysconfig/replicated-operator 2>/dev/null |',
    '  grep -oE "NODENAME=ip-$address" | told node-name',
    "timeout 20 docker images --format '{{.Repository}}' 2>/dev/null |",
    '  grep -oE "^$address:9874/" | told images',
    'grep -shoE "ip-$address" /etc/hosts /dev/null | told hosts',
    'cat /etc/replicated.conf 2>/dev/null |',
    '  grep -oE "LocalAddress\\"[^,}]*" | told first-start',
    'true',
  ].join('\n'),
  args: [],
  timeoutSeconds: 60,
};

/** An old address, and what tells it. */
export interface Trace {
  readonly address: string;
  readonly signs: readonly string[];
}

/** The old private address, by the most telling source that names one other machine alone. */
export function parseTraces(output: string, own: readonly string[]): Trace | undefined {
  const told = output.split('\n').flatMap((line) => {
    const [source, text = ''] = line.split(' ');
    const address = text.replaceAll('-', '.');
    const isOther = address !== '' && !own.includes(address) && !isLoopback(address);
    return isOther ? [{ source, address }] : [];
  });
  for (const source of sources) {
    const [address, ...more] = new Set(
      told.filter((one) => one.source === source).map((one) => one.address),
    );
    if (address === undefined || more.length > 0) continue;
    const signs = sources.filter((name) =>
      told.some((one) => one.source === name && one.address === address),
    );
    return { address, signs: signs.map((name) => names[name]) };
  }
  return undefined;
}
