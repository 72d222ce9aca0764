/** Replaces a file of the machine, if it still is what was read; the first original is kept. */
import { createHash } from 'node:crypto';
import { tryAgain } from '../../../contract/failures';
import type { Machine } from '../../../contract/plan';
import { replaceFile, stateFolder } from '../../../machine/shell/commands';
import type { AddressFile } from './address-file';
import { commandFailed, type Remote } from '../../frame/on-machine';

export interface Write {
  readonly machine: Machine;
  /** As it was read. */
  readonly file: AddressFile;
  readonly content: string;
}

/** Writes the content; false when the file has it already. */
export async function writeFile(remote: Remote, write: Write): Promise<boolean> {
  const { machine, file, content } = write;
  const wanted = createHash('sha256').update(content, 'latin1').digest('hex');
  if (wanted === file.sha256) return false;
  const command = replaceFile({
    path: file.path,
    expected: file.sha256,
    wanted,
    // By instance: an image carries the copies of the machine that it was made of.
    keepAs: `${stateFolder(machine.instanceId)}${file.path}`,
    content,
  });
  const result = await remote.run(command);
  if (result.exitCode === 66) {
    throw tryAgain(
      'FileChangedMeanwhile',
      `Somebody changed ${file.path} on ${machine.instanceId} while it was being rewritten. ` +
        'Find out who, then retry: the file is read afresh.',
    );
  }
  if (result.exitCode !== 0) throw commandFailed(machine, command, result);
  return true;
}
