/**
 * Host keys as people compare them: `ssh-ed25519 SHA256:…`, the text that `ssh-keygen -l` shows.
 * Pins in the configuration, in tags and in gates are all of this form.
 */
import { createHash } from 'node:crypto';

/** Makes the pin of an OpenSSH public key line (`ssh-ed25519 AAAA… comment`); else RangeError. */
export function fingerprint(publicKeyLine: string): string {
  const [type, encoded] = publicKeyLine.trim().split(/\s+/);
  const blob = Buffer.from(encoded ?? '', 'base64');
  // The blob names its own type; a line whose two names differ is damaged or forged.
  if (type === undefined || keyType(blob) !== type) {
    throw new RangeError(`"${publicKeyLine.slice(0, 60)}" is no OpenSSH public key line`);
  }
  return pinOf(blob);
}

/** Makes the pin of a public key in the form in which an SSH server shows it. */
export function pinOf(blob: Buffer): string {
  const sum = createHash('sha256')
    .update(blob)
    .digest('base64')
    .replace(/={1,2}$/, '');
  return `${keyType(blob) ?? 'unknown'} SHA256:${sum}`;
}

function keyType(blob: Buffer): string | undefined {
  if (blob.length < 4) return undefined;
  const length = blob.readUInt32BE(0);
  return length > 64 || blob.length < 4 + length
    ? undefined
    : blob.toString('latin1', 4, 4 + length);
}
