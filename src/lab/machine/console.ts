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
}): string {
  const { hostname, privateAddress, bootedAt, keys } = options;
  const stamp = new Date(bootedAt).toUTCString();
  const early = [
    '[    0.000000] Linux version 4.4.0-1128-aws (buildd@lcy01-amd64-013) (gcc version 5.4.0)',
    '[    0.000000] Command line: root=LABEL=cloudimg-rootfs ro console=tty1 console=ttyS0',
    '[    1.204871] EXT4-fs (xvda1): mounted filesystem with ordered data mode. Opts: (null)',
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
