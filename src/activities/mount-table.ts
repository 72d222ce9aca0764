/** The table of what is mounted, which is never empty on a machine that runs. */
import { parseMounts } from '../machine/mounts';
import { readMountTable } from '../machine/storage-commands';
import type { Remote } from './on-machine';
import { unreadable } from './unreadable';

/** What `findmnt` prints. Refuses where no line of it is a mount: that is not "nothing is mounted". */
export async function mountTable(remote: Remote): Promise<string> {
  const said = await remote.run(readMountTable);
  const printed = remote.outputOf(readMountTable, said);
  if (parseMounts(printed).length === 0) throw unreadable('`findmnt`', said);
  return printed;
}
