/**
 * Which hostname a restored app is to have. It may be a name or the machine's own address; an address
 * moves with the machine, and a file that names one is out of date after the first restore.
 */

/** The addresses of one machine. */
export interface Pair {
  readonly private?: string | undefined;
  readonly public?: string | undefined;
}

/** Whether the hostname is an address, which nobody looks up. */
export function isAddress(hostname: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(hostname) || hostname.includes(':');
}

/**
 * The hostname to go by, of what runbook.yaml says and what the app itself had. A name in the file is
 * what its owner wants. An address there may be of any machine before: if it is none that is known,
 * what the app had is newer.
 */
export function currentHostname(
  configured: string,
  { had, known }: { readonly had: string | undefined; readonly known: readonly Pair[] },
): string {
  if (!isAddress(configured) || whichOf(configured, known) !== undefined) return configured;
  return had === undefined || had === '' ? configured : had;
}

/** The same on the new machine: an address of the machine that is replaced becomes its own. */
export function hostnameOn(
  machine: { readonly privateAddress: string; readonly publicAddress?: string | undefined },
  { hostname, replaced }: { readonly hostname: string; readonly replaced: readonly Pair[] },
): string {
  const { privateAddress, publicAddress } = machine;
  if ([privateAddress, publicAddress].includes(hostname)) return hostname;
  const which = whichOf(hostname, replaced);
  if (which === undefined) return hostname;
  return which === 'private' ? privateAddress : (publicAddress ?? privateAddress);
}

function whichOf(hostname: string, pairs: readonly Pair[]): keyof Pair | undefined {
  if (pairs.some((pair) => pair.private === hostname)) return 'private';
  return pairs.some((pair) => pair.public === hostname) ? 'public' : undefined;
}
