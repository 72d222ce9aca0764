/**
 * The addresses that a machine has, as it says itself. `hostname -I` is not everywhere: BusyBox and
 * some older nets-tools know no such option; `ip` is asked where it says nothing of use.
 */
import type { Command } from '../shell/commands';

/** Prints a line for each address, as `2: eth0    inet 10.0.1.57/24 brd 10.0.1.255 scope global eth0`. */
export const readAddressesByIp: Command = {
  name: 'the look at its addresses by `ip`',
  script: 'PATH=$PATH:/sbin:/usr/sbin ip -o addr show',
  args: [],
  timeoutSeconds: 30,
};

const ipv4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const ipv6 = /^(?=.*:)[0-9a-f:]+$/i;

/** Reads `hostname -I`; undefined for anything but addresses. */
export function parseOwnAddresses(text: string): string[] | undefined {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const areAll = words.length > 0 && words.every((word) => ipv4.test(word) || ipv6.test(word));
  return areAll ? words : undefined;
}

/** Reads `ip -o addr show`; undefined where no line of it gives an address. */
export function parseIpAddresses(text: string): string[] | undefined {
  const found = text.split('\n').flatMap((line) => {
    const [, address = ''] = /\sinet6?\s+([0-9a-f.:]+)(?:\/\d+)?(?:\s|$)/i.exec(line) ?? [];
    return ipv4.test(address) || ipv6.test(address) ? [address] : [];
  });
  const own = found.filter((address) => !address.startsWith('127.') && address !== '::1');
  return own.length > 0 ? own : undefined;
}
