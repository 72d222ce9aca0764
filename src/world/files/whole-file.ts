/** Writes a file in one rename, so that a reader never meets half of it. */
import { randomBytes } from 'node:crypto';
import { chmod, rename, rm, writeFile } from 'node:fs/promises';

/** Replaces the file. With a mode it gets exactly that, whatever the umask is. */
export async function writeWhole(path: string, text: string, mode?: number): Promise<void> {
  // Beside it, because a rename works only within a file system; and with another ending, because
  // who collects files by their ending must not take this one.
  const part = `${path}.${randomBytes(4).toString('hex')}.part`;
  try {
    await writeFile(part, text);
    if (mode !== undefined) await chmod(part, mode);
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
