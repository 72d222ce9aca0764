/** Public key authentication, as the lab's two SSH servers do it. */
import { utils, type AuthContext } from 'ssh2';

/** Whether the attempt offers, or proves to hold, a key of these OpenSSH public key lines. */
export function holdsKey(attempt: AuthContext, lines: readonly string[]): boolean {
  if (attempt.method !== 'publickey') {
    return false;
  }
  const { key, signature, blob, hashAlgo } = attempt;
  const known = lines.map((line) => utils.parseKey(line.trim())).filter(isKey);
  const match = known.find(
    (candidate) => candidate.type === key.algo && candidate.getPublicSSH().equals(key.data),
  );
  if (match === undefined || signature === undefined || blob === undefined) {
    // Without a signature the client only asks whether the key would do.
    return match !== undefined;
  }
  // Against its types, a signature that cannot be read is answered with an Error.
  const verdict: unknown = match.verify(blob, signature, hashAlgo);
  return verdict === true;
}

function isKey<Key>(parsed: Key | Error): parsed is Key {
  return !(parsed instanceof Error);
}
