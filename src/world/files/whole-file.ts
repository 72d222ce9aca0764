/** Writes a file in one rename, so that a reader never meets half of it, also after a power cut. */
import { randomBytes } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces the file. It gets exactly that mode, whatever the umask is; without one only its owner
 * reads it.
 */
export async function writeWhole(path: string, text: string, mode = 0o600): Promise<void> {
  // Beside it, because a rename works only within a file system; and with another ending, because
  // who collects files by their ending must not take this one.
  const part = `${path}.${randomBytes(4).toString('hex')}.part`;
  try {
    await synced(await open(part, 'wx', mode), async (file) => {
      await file.writeFile(text);
      await file.chmod(mode);
    });
    await rename(part, path);
    await synced(await open(dirname(path), 'r'));
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** What was written is on the disk before the file is closed. */
async function synced(
  file: FileHandle,
  write?: (file: FileHandle) => Promise<void>,
): Promise<void> {
  try {
    await write?.(file);
    await file.sync();
  } finally {
    await file.close();
  }
}
