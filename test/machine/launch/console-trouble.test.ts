import { whereBootStopped } from '../../../src/machine/launch/console-trouble';

const kernel = '[    0.000000] Linux version 4.4.0-1128-aws (buildd@lcy01) (gcc version 5.4.0)';
const emergency = [
  '[\u001b[0;1;31m TIME \u001b[0m] Timed out waiting for device dev-disk-by\\x2duuid-77f1.device.\r',
  '[\u001b[0;1;33mDEPEND\u001b[0m] Dependency failed for /data/circle.\r',
  '[\u001b[0;1;33mDEPEND\u001b[0m] Dependency failed for Local File Systems.\r',
  'You are in emergency mode. After logging in, type "journalctl -xb" to view\r',
];

describe('a boot that stopped is told by its console', () => {
  test.each<[string, string[], RegExp]>([
    [
      'systemd 229',
      emergency,
      /^Timed out waiting for device \S+; Dependency failed for \/data\/circle\.; You are in emergency mode/,
    ],
    ['systemd 219', ['Welcome to emergency mode! After logging in, type'], /^Welcome to emergency/],
    [
      'mountall of Ubuntu 14.04',
      [
        'The disk drive for /data/circle is not ready yet or not present.',
        'keys:Continue to wait, or Press S to skip mounting or M for manual recovery',
      ],
      /^The disk drive for \/data\/circle is not ready/,
    ],
    [
      'CentOS 6',
      [
        '/dev/xvdf: UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY.',
        '*** Dropping you to a shell; the system will reboot',
        'Give root password for maintenance',
      ],
      /^UNEXPECTED INCONSISTENCY; RUN fsck/,
    ],
  ])('%s', (_, lines, seen) => {
    expect(whereBootStopped([kernel, ...lines].join('\n'))).toMatch(seen);
  });

  test.each<[string, string[]]>([
    ['nothing yet', []],
    ['a boot that goes on', [kernel, 'Cloud-init v. 20.4 running', 'ip-10-0-1-57 login: ']],
    ['a device that nofail passes over', [kernel, emergency[0] ?? '', 'ip-10-0-1-57 login: ']],
    ['an earlier boot', [kernel, ...emergency, kernel, 'ip-10-0-1-57 login: ']],
    ['a boot that a person let go on', [kernel, ...emergency, 'ip-10-0-1-57 login: ']],
    ['only a look at logs', [kernel, 'Dependency failed for Notification service.']],
  ])('and no other: %s', (_, lines) => {
    expect(whereBootStopped(lines.join('\r\n'))).toBeUndefined();
  });
});
