/** The lab's secrets: SSH keys of the operator, the bastion login and the bastion, an API token. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ed25519Pair } from './key-pair';

/** A key pair in OpenSSH's formats. */
interface KeyPair {
  /** Path of the private key. */
  readonly path: string;
  readonly privatePem: string;
  /** `ssh-ed25519 AAAA…`. */
  readonly publicLine: string;
}

/** The key pairs of a lab's folder. */
export interface LabKeys {
  readonly operator: KeyPair;
  readonly bastionLogin: KeyPair;
  readonly bastionHost: KeyPair;
  /** Token of CircleCI's own API. */
  readonly circleciToken: string;
}

/** The token's file in the lab's folder. */
export const circleciTokenFile = 'circleci_token';

function keyPair(dir: string, name: string): KeyPair {
  const path = join(dir, name);
  if (!existsSync(path)) {
    const made = ed25519Pair(`lab ${name}`);
    writeFileSync(`${path}.pub`, `${made.public}\n`);
    // The private key last: where it stands, its public half stands too.
    writeFileSync(path, made.private, { mode: 0o600 });
  }
  return {
    path,
    privatePem: readFileSync(path, 'utf8'),
    publicLine: readFileSync(`${path}.pub`, 'utf8').trim(),
  };
}

function tokenIn(dir: string): string {
  const path = join(dir, circleciTokenFile);
  if (!existsSync(path)) {
    writeFileSync(path, `${randomBytes(20).toString('hex')}\n`, { mode: 0o600 });
  }
  return readFileSync(path, 'utf8').trim();
}

/** Reads the keys of the folder; makes those that are missing. */
export function labKeys(dir: string): LabKeys {
  return {
    operator: keyPair(dir, 'services_ed25519'),
    bastionLogin: keyPair(dir, 'bastion_ed25519'),
    bastionHost: keyPair(dir, 'bastion_host_ed25519'),
    circleciToken: tokenIn(dir),
  };
}

/** `ssh-ed25519 SHA256:…` of an OpenSSH public key line. */
export function pinOf(publicLine: string): string {
  const [type = '', blob = ''] = publicLine.trim().split(/\s+/);
  const digest = createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64');
  return `${type} SHA256:${digest.replace(/=+$/, '')}`;
}
