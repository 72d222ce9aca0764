/** What a host in a configuration can be, before anybody is asked. */

/** Docker's bridge, as it is unless its configuration says otherwise: every machine has it. */
const usualBridge = '172.17.0.1';

/** Whether the host never leaves the machine, whatever addresses that has. */
export function isLoopback(host: string): boolean {
  return (
    /^127(?:\.\d{1,3}){3}$/.test(host) ||
    ['localhost', '::1', '0.0.0.0', usualBridge].includes(host)
  );
}

/** Whether the host is a name that has to be looked up. */
export function isName(host: string): boolean {
  return /^(?=.*[a-z])[\w.-]+$/i.test(host) && host !== 'localhost' && !host.startsWith('-');
}

/** The addresses that `getent ahostsv4` prints. */
export function addressesOf(getent: string): readonly string[] {
  const addresses = getent.split('\n').map((line) => line.split(/\s+/)[0] ?? '');
  return [...new Set(addresses.filter((address) => /^\d/.test(address)))];
}
