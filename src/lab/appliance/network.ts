/** `hostname`, `ip` and `getent`: who the machine is. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApplianceCommand } from '../shapes';
import { addressesOf } from './host-names';
import { failed, modelOf, printed } from './model';

// Docker's bridge is there on every Services machine.
const bridge = '172.17.0.1';

/** `hostname`, with -s, -f, -i or -I. */
export const hostname: ApplianceCommand = (machine, { args }) => {
  const model = modelOf(machine);
  switch (args[0] ?? '-s') {
    case '-I':
    case '--all-ip-addresses':
      return printed(`${model.privateAddress} ${bridge} \n`);
    case '-i':
      return printed(`${model.privateAddress}\n`);
    case '-f':
    case '--fqdn':
      return printed(`${model.hostname}.ec2.internal\n`);
    case '-s':
      return printed(`${model.hostname}\n`);
    default:
      return failed('hostname: you must be root to change the host name\n');
  }
};

/** `ip addr`, with or without -4 and -o. */
export const ip: ApplianceCommand = (machine, { args }) => {
  const { privateAddress } = modelOf(machine);
  const [object = ''] = args.filter((word) => !word.startsWith('-'));
  if (!/^a(ddr(ess)?)?$/.test(object)) {
    return failed(`Object "${object}" is unknown, try "ip help".\n`);
  }
  const interfaces = [
    ['1: lo', '127.0.0.1/8', 'host lo'],
    ['2: eth0', `${privateAddress}/24`, 'global eth0'],
    ['3: docker0', `${bridge}/16`, 'global docker0'],
  ];
  const oneLine = args.some((word) => /^-4?o/.test(word));
  return printed(
    interfaces
      .map(([name, address, scope]) =>
        oneLine
          ? `${name ?? ''}    inet ${address ?? ''} scope ${scope ?? ''}\n`
          : `${name ?? ''}: <BROADCAST,UP> mtu 9001\n    inet ${address ?? ''} scope ${scope ?? ''}\n`,
      )
      .join(''),
  );
};

/** `getent hosts|ahosts|ahostsv4|shadow NAME`. */
export const getent: ApplianceCommand = (machine, { args }) => {
  const [database = '', name = ''] = args;
  if (database === 'shadow') return printed(shadowOf(modelOf(machine).root, name));
  if (!/^a?hosts(v4)?$/.test(database)) {
    return failed(`Unknown database: ${database}\n`, 1);
  }
  const addresses = addressesOf(modelOf(machine), name);
  if (addresses.length === 0) {
    return failed('', 2);
  }
  const lines = addresses.map((address) => {
    const padded = address.padEnd(15);
    return database === 'hosts'
      ? `${padded} ${name}\n`
      : `${padded} STREAM ${name}\n${padded} DGRAM  \n${padded} RAW    \n`;
  });
  return printed(lines.join(''));
};

/** A line of /etc/shadow; where the machine has none, of an account that never ends. */
function shadowOf(root: string, user: string): string {
  const path = join(root, 'etc/shadow');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const line = lines.find((one) => one.startsWith(`${user}:`)) ?? `${user}:*:17000:0:99999:7:::`;
  return `${line}\n`;
}
