/** What a backup records of the machine's data: its volumes, and what its databases hold. */
import { ApplicationFailure } from '@temporalio/common';
import type { FailureType } from '../../../contract/failures';
import type { Machine } from '../../../contract/plan';
import type { BackupRecord } from '../../../machine/backups/backup-record';
import { toRecord } from '../../../machine/proof/databases';
import type { World } from '../../../world';
import { volumesOf } from './look-at-volumes';
import type { Remote } from '../../frame/on-machine';
import { askDatabases } from './prove-data';

export interface DataFacts extends Pick<BackupRecord, 'volumes' | 'holdings'> {
  readonly unrecorded: readonly string[];
}

/** Reads it; what this machine does not tell is named. */
export async function readData(world: World, remote: Remote, machine: Machine): Promise<DataFacts> {
  const { volumes, why } = await readVolumes(world, remote, machine);
  const { said, silent } = await askDatabases(remote);
  const leftOut = volumes?.leftOut?.join(', ');
  return {
    ...(volumes === undefined ? {} : { volumes }),
    ...(Object.keys(said).length === 0 ? {} : { holdings: toRecord(said) }),
    unrecorded: [
      ...(why === '' ? [] : [`mounts (${why})`]),
      ...(leftOut === undefined ? [] : [`mounts that found no room in the tags: ${leftOut}`]),
      ...silent,
    ],
  };
}

const untold: readonly FailureType[] = ['CommandFailed', 'AnswerUnreadable'];

async function readVolumes(
  world: World,
  remote: Remote,
  machine: Machine,
): Promise<{ readonly volumes?: BackupRecord['volumes']; readonly why: string }> {
  try {
    return { volumes: await volumesOf(world, remote, machine), why: '' };
  } catch (error) {
    // A machine without one of the commands; a connection that breaks is another matter.
    const type = error instanceof ApplicationFailure ? error.type : undefined;
    if (!(error instanceof Error) || !untold.some((one) => one === type)) throw error;
    return { why: error.message.slice(-160) };
  }
}
