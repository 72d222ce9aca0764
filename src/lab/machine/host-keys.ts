/** The machine's SSH host keys, as files in /etc/ssh. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { utils } from 'ssh2';
import { ed25519Pair } from '../key-pair';

/** Replaces all host keys, as cloud-init does for a new instance id; of RSA alone on old systems. */
export function makeHostKeys(root: string, hostname: string, onlyRsa = false): void {
  const folder = join(root, 'etc/ssh');
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder).filter((file) => file.startsWith('ssh_host_'))) {
    rmSync(join(folder, name));
  }
  const comment = `root@${hostname}`;
  const keys: Record<string, { private: string; public: string }> = onlyRsa
    ? { rsa: utils.generateKeyPairSync('rsa', { bits: 2048, comment }) }
    : {
        ecdsa: utils.generateKeyPairSync('ecdsa', { bits: 256, comment }),
        ed25519: ed25519Pair(comment),
      };
  for (const [type, key] of Object.entries(keys)) {
    const path = join(folder, `ssh_host_${type}_key`);
    writeFileSync(path, `${key.private.trimEnd()}\n`, { mode: 0o600 });
    writeFileSync(`${path}.pub`, `${key.public.trimEnd()}\n`, { mode: 0o644 });
  }
}

/** The public key lines, comment included. */
export function readPublicHostKeys(root: string): string[] {
  return readKeyFiles(root, '.pub').map((text) => text.trim());
}

/** The private keys in OpenSSH's format. */
export function readPrivateHostKeys(root: string): string[] {
  return readKeyFiles(root, '');
}

function readKeyFiles(root: string, suffix: string): string[] {
  const folder = join(root, 'etc/ssh');
  return readdirSync(folder)
    .filter((name) => /^ssh_host_\w+_key/.test(name) && name.endsWith(`_key${suffix}`))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}
