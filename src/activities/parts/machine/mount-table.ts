/** The table of what is mounted, which is never empty on a machine that runs. */
import { parseMounts } from '../../../machine/storage/mounts';
import { readMountTable } from '../../../machine/storage/storage-commands';
import type { Remote } from '../../frame/on-machine';
import { unreadable } from '../../frame/unreadable';

/** What `findmnt` prints. Refuses where no line of it is a mount: that is not "nothing is mounted". */
export async function mountTable(remote: Remote): Promise<string> {
  const stdout = await remote.read(readMountTable);
  if (parseMounts(stdout).length > 0) return stdout;
  throw unreadable('`findmnt`', { exitCode: 0, stdout, stderr: '' });
}
