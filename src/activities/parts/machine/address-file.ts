/** Reads a file of the machine with its checksum, byte for byte. */
import { createHash } from 'node:crypto';
import { refuse } from '../../../contract/failures';
import { readFile } from '../../../machine/shell/commands';
import type { Remote } from '../../frame/on-machine';
import type { Machine, OldAddresses } from '../../../contract/plan';
import type { Replacements } from '../../../machine/addresses/addresses';

/** A file as it was read; `content` holds one character for each byte (latin1). */
export interface AddressFile {
  readonly path: string;
  readonly sha256: string;
  readonly content: string;
}

/** Reads the file; undefined when it does not exist, or is a directory. */
export async function readAddressFile(
  remote: Remote,
  path: string,
): Promise<AddressFile | undefined> {
  const [sha256 = '', base64 = ''] = (await remote.read(readFile(path))).split('\n');
  if (sha256 === 'absent') return undefined;
  const bytes = Buffer.from(base64, 'base64');
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
    throw refuse(
      'CommandFailed',
      `${path} did not arrive as it stands on the machine: it is too large, or it changed while it ` +
        'was read. Look at it on the machine, then retry.',
    );
  }
  return { path, sha256, content: bytes.toString('latin1') };
}

/** Which addresses go, and what comes in their place. */
export function replacementsOf(machine: Machine, old: OldAddresses): Replacements {
  return {
    private: { old: old.private, new: machine.privateAddress },
    ...(old.public ? { public: { old: old.public, new: machine.publicAddress } } : {}),
  };
}
