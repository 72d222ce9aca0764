/** SSH host keys of a machine: read from its console or its files, compared as pins. */

/** A host key as configuration, tags and gates show it: `ssh-ed25519 SHA256:…`. */
export type Pin = `${string} SHA256:${string}`;

/** Whether the text is a pin: a key type and the unpadded base64 of a SHA-256. */
export function isPin(text: string): text is Pin {
  return /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) SHA256:[A-Za-z0-9+/]{43}$/.test(
    text,
  );
}

// A key's blob begins with the name of its type, so its base64 begins alike for each type. A line
// may follow a prefix (`ci-info: `, a timestamp) and be followed by a comment.
const publicKey = new RegExp(
  '(?:^|\\s)(' +
    [
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5',
      'ssh-rsa AAAAB3NzaC1yc2',
      'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY',
      'ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQ',
      'ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjE',
    ].join('|') +
    ')([A-Za-z0-9+/]+={0,2})(?=\\s|$)',
);

/** The OpenSSH public keys in a text, one a line, as `type base64` without comment. */
export function parsePublicKeys(text: string): string[] {
  const keys = text.split(/\r?\n/).flatMap((line) => {
    const match = publicKey.exec(line);
    return match === null ? [] : [`${match[1] ?? ''}${match[2] ?? ''}`];
  });
  return [...new Set(keys)];
}

/**
 * The public host keys that cloud-init printed on the console.
 *
 * Only the last complete block counts: the console keeps the output of earlier boots, and a key
 * that a later boot has replaced must not be trusted any more.
 */
export function parseConsoleHostKeys(console: string): string[] {
  const end = console.lastIndexOf('-----END SSH HOST KEY KEYS-----');
  const begin = end < 0 ? -1 : console.lastIndexOf('-----BEGIN SSH HOST KEY KEYS-----', end);
  return begin < 0 ? [] : parsePublicKeys(console.slice(begin, end));
}

/** What a person sets in runbook.yaml who takes a proof by SHA-1 from one host. */
export function howToAllowSha1(role: 'machine' | 'bastion', pin: string): string {
  const where = role === 'bastion' ? 'ssh.bastion.hostKeys' : 'ssh.hostKeys';
  return (
    'Give that host an ed25519 or ecdsa key if its sshd can have one. If you take the proof all the ' +
    `same, add { pin: '${pin}', sha1: true } to ${where} in runbook.yaml and restart the worker.`
  );
}
