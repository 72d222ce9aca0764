/** Makes SSH key pairs that every reader of the format takes. */
import { utils } from 'ssh2';

/**
 * An ed25519 key pair. About one in three hundred that ssh2 1.17 makes cannot be read again (it
 * cuts a leading zero off the key), so a pair is read back before it is used.
 */
export function ed25519Pair(comment: string): ReturnType<typeof utils.generateKeyPairSync> {
  for (;;) {
    const pair = utils.generateKeyPairSync('ed25519', { comment });
    if (!(utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}
