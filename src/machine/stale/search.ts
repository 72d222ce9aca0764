/**
 * Looks for whole old addresses in every place of a machine that its programs read addresses from.
 * The search is bounded in time and output and says so; what it prints holds lines of
 * configuration, so it is confidential: only place and kind of a line ever leave the worker.
 */
import { addressTokensIn } from '../addresses/addresses';
import type { Command } from '../shell/commands';

/** A line that names an old address. */
export interface StaleLine {
  readonly path: string;
  /** Number of the line, from 1. */
  readonly line: number;
  readonly text: string;
}

/** What the search found. */
export interface StaleLines {
  readonly lines: readonly StaleLine[];
  /** How many more lines there are than were printed. */
  readonly more: number;
  /** Whether the search was ended by its time limit. */
  readonly isCut: boolean;
}

// Files that programs read: all of /etc; the others by name, because much else lies beside them.
const roots = [
  '/etc',
  '/usr/local/etc',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
  '/run/resolvconf',
  '/run/systemd/resolve',
  '/var/lib/dhcp',
  '/var/lib/dhclient',
  '/var/spool/cron',
  '/var/lib/cloud/scripts',
  '/var/lib/replicated/circle-config',
  '/var/awslogs/etc',
  '/opt/aws/amazon-cloudwatch-agent/etc',
  '/opt/datadog-agent/etc',
  '/opt/collectd/etc',
  '/opt/prometheus',
  '/opt/telegraf',
  '/root/.docker',
] as const;

// What runs by itself, at a boot or at a time.
const scriptRoots = [
  '/etc/rc.local',
  '/etc/rc.d',
  '/etc/cloud',
  '/etc/init',
  '/etc/init.d',
  '/etc/cron.d',
  '/etc/crontab',
  '/etc/cron.daily',
  '/etc/cron.hourly',
  '/etc/systemd/system',
  '/etc/network',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/var/lib/cloud/scripts',
  '/var/spool/cron',
] as const;

const mostLines = 300;
const mostCounted = 5000;
const longestLine = 2000;

/**
 * Prints `PATH:NUMBER:LINE` for each line with one of the addresses, then `total N`, and `cut` if
 * the time was not enough. No links are followed, no other file system is entered, and binary files
 * and those of more than a megabyte are passed over.
 */
export function searchForAddresses(addresses: readonly string[]): Command {
  return search('the search for old addresses', roots, patternOf(addresses));
}

/** Prints in the same form what scripts say of files that programs read addresses from. */
export const searchForWriters = search(
  'the search for boot scripts',
  scriptRoots,
  'PRIVATE_ADDRESS|DAEMON_(HOST|ENDPOINT)|(default|sysconfig)/(replicated|docker)|' +
    'etc/hosts([^.]|$)|docker/daemon[.]json|resolv[.]conf',
);

function search(name: string, folders: readonly string[], pattern: string): Command {
  return {
    readsOnly: true,
    confidential: true,
    name,
    script: [
      `timeout 40 find ${folders.join(' ')} -xdev -type f -size -1025k -print0 2>/dev/null |`,
      '  timeout 40 xargs -0 grep -nIE -- "$1" /dev/null 2>/dev/null |',
      `  head -n ${String(mostCounted)} | {`,
      '    count=0',
      '    while IFS= read -r line; do',
      '      count=$((count + 1))',
      `      if [ "$count" -le ${String(mostLines)} ]; then`,
      `        printf '%s\\n' "\${line:0:${String(longestLine)}}"`,
      '      fi',
      '    done',
      '    echo "total $count"',
      '  }',
      'case " ${PIPESTATUS[*]} " in *" 124 "*) echo cut ;; esac',
    ].join('\n'),
    args: [pattern],
    timeoutSeconds: 60,
  };
}

/** The same for a person: files and numbers of lines. `words` are bash, such as `"$NAME"`. */
export function searchByHand(words: readonly string[]): string {
  return [
    `for address in ${words.join(' ')}; do`,
    String.raw`  grep -rnIE "(^|[^0-9.])(${'$'}{address//./[.]}|(ip|ec2)-${'$'}{address//./-})([^0-9]|$)" \
    ${roots.join(' ')} 2>/dev/null`,
    'done | cut -d: -f1,2 | sort -u | head -100',
  ].join('\n');
}

/** Reads what a search prints. */
export function parseSearch(output: string): StaleLines {
  const printed = output.split('\n');
  const all = printed.flatMap((text) => {
    const [, path, line, content = ''] =
      /^(\/[^:]*(?::(?!\d+:)[^:]*)*):(\d+):(.*)$/.exec(text) ?? [];
    return path === undefined || content.includes('\0')
      ? []
      : [{ path, line: Number(line), text: content }];
  });
  const total = Number(/^total (\d+)$/m.exec(output)?.[1] ?? all.length);
  // /lib may be a link to /usr/lib: one file has one line then.
  const unique = new Map(
    all.map((one) => [`${one.path.replace(/^\/usr\/lib\//, '/lib/')}:${String(one.line)}`, one]),
  );
  return {
    lines: [...unique.values()],
    more: Math.max(0, total - mostLines),
    isCut: printed.includes('cut'),
  };
}

/** Those of the lines that name one of the addresses as a whole; one that was cut off may. */
export function naming(lines: readonly StaleLine[], addresses: readonly string[]): StaleLine[] {
  const tokens = new Set(addresses.flatMap(formsOf));
  return lines.filter(
    ({ text }) =>
      text.length >= longestLine - 200 || addressTokensIn(text).some((token) => tokens.has(token)),
  );
}

/** An address in the forms in which it stands in files. */
function formsOf(address: string): string[] {
  const dashed = address.replaceAll('.', '-');
  return [address, `ip-${dashed}`, `ec2-${dashed}`];
}

/** For `grep -E`: rough, and cheap; what is a whole address is judged afterwards. */
function patternOf(addresses: readonly string[]): string {
  return addresses
    .flatMap((address) => [
      address.replaceAll('.', '[.]'),
      `(ip|ec2)-${address.replaceAll('.', '-')}`,
    ])
    .join('|');
}
