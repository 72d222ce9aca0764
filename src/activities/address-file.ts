/** Reads a file of the machine with its checksum, byte for byte. */
import { readFile } from '../machine/commands';
import type { Remote } from './on-machine';

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
  return { path, sha256, content: Buffer.from(base64, 'base64').toString('latin1') };
}
