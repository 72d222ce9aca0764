import { isPin, parseConsoleHostKeys, parsePublicKeys } from '../../../src/machine/login/host-keys';

const ed25519 = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILm4fX0d2u7Ff5o8sQbH3zYk1jv6rTn9wKcEoPqWxYzA';
const older = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
const rsa = 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7vbqajDhA+abc/def==';
const ecdsa =
  'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxk=';

const block = (...keys: string[]): string =>
  ['-----BEGIN SSH HOST KEY KEYS-----', ...keys, '-----END SSH HOST KEY KEYS-----', ''].join('\n');

describe('the host keys on a console', () => {
  test('stand in the block that cloud-init prints', () => {
    const console = `[  OK  ] Reached target.\nec2: 256 SHA256:abc (ED25519)\n${block(
      `${ecdsa} root@ip-10-0-9-77`,
      `${ed25519} root@ip-10-0-9-77`,
      rsa,
    )}login: `;
    expect(parseConsoleHostKeys(console)).toEqual([ecdsa, ed25519, rsa]);
  });

  test.each([
    ['a prefix', `ci-info: ${ed25519} root@x`],
    ['a timestamp', `[   21.402213] cloud-init[1023]: ${ed25519} root@x`],
    ['a log header', `<14>Nov 24 13:25:00 ec2: ${ed25519}`],
    ['a carriage return', `${ed25519} root@x\r`],
  ])('may have %s', (_, line) => {
    expect(parseConsoleHostKeys(`\r\n${block(line)}`)).toEqual([ed25519]);
  });

  test('of an earlier boot are not trusted any more', () => {
    expect(parseConsoleHostKeys(`${block(older)}reboot\n${block(ed25519)}`)).toEqual([ed25519]);
  });

  test('are not taken from a block that is still being printed', () => {
    const unfinished = `-----BEGIN SSH HOST KEY KEYS-----\n${ed25519}\n`;
    expect(parseConsoleHostKeys(unfinished)).toEqual([]);
    expect(parseConsoleHostKeys(`${block(older)}${unfinished}`)).toEqual([older]);
  });

  test.each([
    ['outside of a block', `${ed25519} root@x\n`],
    ['in a block without a beginning', `${ed25519}\n-----END SSH HOST KEY KEYS-----\n`],
    ['on an empty console', ''],
    ['whose blob is of another type', block(ed25519.replace('ssh-ed25519', 'ssh-rsa'))],
    ['of an unknown type', block('ssh-dss AAAAB3NzaC1kc3MAAACB')],
  ])('are none %s', (_, console) => {
    expect(parseConsoleHostKeys(console)).toEqual([]);
  });
});

test('reads the public key files of a machine, each key once and without comment', () => {
  expect(parsePublicKeys(`${ecdsa} root@a\n${ed25519} root@b\n${ed25519}\n# none\n`)).toEqual([
    ecdsa,
    ed25519,
  ]);
});

const digest = 'uNiVztksCsDhcc0u9e8BrrRXtSwJwqsjUQwk4gyzXhg';
test.each([
  [`ssh-ed25519 SHA256:${digest}`, true],
  [`ecdsa-sha2-nistp384 SHA256:${digest}`, true],
  [`SHA256:${digest}`, false],
  [`ssh-ed25519 SHA256:${digest}=`, false],
  [`ssh-ed25519 SHA256:${digest.slice(1)}`, false],
  [`ssh-ed25519 SHA256:_${digest.slice(1)}`, false],
  ['ssh-ed25519 MD5:ab:cd', false],
  [` ssh-ed25519 SHA256:${digest}`, false],
  [ed25519, false],
])('%j is a pin: %s', (text, expected) => {
  expect(isPin(text)).toBe(expected);
});
