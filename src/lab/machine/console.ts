/** The text of a machine's serial console, as GetConsoleOutput would hand it out. */
import { createHash } from 'node:crypto';

const rule = '#############################################################';

/** Console of a boot that has come this far. */
export function consoleText(options: {
  readonly hostname: string;
  readonly privateAddress: string;
  readonly bootedAt: number;
  /** Public key lines; absent until cloud-init has come to them. */
  readonly keys?: readonly string[];
  /** The mount at which the boot has stopped. */
  readonly stuck?: { readonly at: string; readonly init: string };
}): string {
  const { hostname, privateAddress, bootedAt, keys, stuck } = options;
  const stamp = new Date(bootedAt).toUTCString();
  const kernel = [
    '[    0.000000] Linux version 4.4.0-1128-aws (buildd@lcy01-amd64-013) (gcc version 5.4.0)',
    '[    0.000000] Command line: root=LABEL=cloudimg-rootfs ro console=tty1 console=ttyS0',
    '[    1.204871] EXT4-fs (xvda1): mounted filesystem with ordered data mode. Opts: (null)',
  ];
  if (stuck !== undefined) return [...kernel, ...stuckLines(stuck)].join('\r\n');
  const early = [
    ...kernel,
    `Cloud-init v. 20.4 running 'init' at ${stamp}. Up 7.41 seconds.`,
    'ci-info: +++++++++++++++++++++++++++Net device info++++++++++++++++++++++++++++',
    `ci-info: |  eth0  | True | ${privateAddress.padEnd(15)} | 255.255.255.0 |`,
  ];
  const login = ['', `${hostname} login: `];
  return [...early, ...(keys === undefined ? [] : keyLines(keys)), ...login].join('\r\n');
}

function keyLines(keys: readonly string[]): string[] {
  const fingerprints = keys.map(fingerprintLine);
  const block = [
    '',
    rule,
    '-----BEGIN SSH HOST KEY FINGERPRINTS-----',
    ...fingerprints,
    '-----END SSH HOST KEY FINGERPRINTS-----',
    rule,
  ];
  return [
    ...block.map((line) => `ec2: ${line}`),
    '-----BEGIN SSH HOST KEY KEYS-----',
    ...keys,
    '-----END SSH HOST KEY KEYS-----',
    `Cloud-init v. 20.4 finished. Datasource DataSourceEc2Local.  Up 34.87 seconds`,
  ];
}

function fingerprintLine(key: string): string {
  const [type = '', body = '', comment = ''] = key.split(' ');
  const hash = createHash('sha256').update(Buffer.from(body, 'base64')).digest('base64');
  const name = type === 'ssh-ed25519' ? 'ED25519' : 'ECDSA';
  return `256 SHA256:${hash.replace(/=+$/, '')} ${comment} (${name})`;
}

/** What systemd and Upstart's mountall print before they wait for a person at the console. */
function stuckLines({ at, init }: { readonly at: string; readonly init: string }): string[] {
  return init === 'systemd'
    ? [
        '[\u001b[1;31m TIME \u001b[0m] Timed out waiting for device dev-xvdf.device.',
        `[\u001b[1;33mDEPEND\u001b[0m] Dependency failed for ${at}.`,
        '[\u001b[1;33mDEPEND\u001b[0m] Dependency failed for Local File Systems.',
        'You are in emergency mode. After logging in, type "journalctl -xb" to view',
        'system logs, "systemctl reboot" to reboot, or press Control-D to go on.',
        'Press Enter for maintenance',
        '(or press Control-D to continue): ',
      ]
    : [
        `The disk drive for ${at} is not ready yet or not present.`,
        'keys:Continue to wait, or Press S to skip mounting or M for manual recovery',
      ];
}
