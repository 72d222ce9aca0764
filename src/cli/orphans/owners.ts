/** Whether the runs that made machines are open. Temporal may be what was lost: then nobody knows. */
import { isClosed } from '../../contract/run-status';
import { tagNames } from '../../machine/backups/tags';
import { messageOf } from '../exit-status';
import { withTemporal, type Temporal } from '../temporal/connect';
import type { MadeMachine, Owner } from './judge';

/** The owners by instance id, and why they are not known where Temporal does not answer. */
export interface Owners {
  readonly of: (machine: MadeMachine) => Owner;
  readonly unknown?: string;
}

/** Asks Temporal for the run of each machine. */
export async function findOwners(machines: readonly MadeMachine[]): Promise<Owners> {
  if (machines.length === 0) return { of: () => 'unknown' };
  try {
    return await withTemporal(async (temporal) => {
      const owners = new Map<string, Owner>();
      for (const machine of machines) owners.set(machine.id, await ownerOf(temporal, machine));
      return { of: ({ id }: MadeMachine): Owner => owners.get(id) ?? 'unknown' };
    });
  } catch (error) {
    const [first = ''] = messageOf(error).split('\n');
    return { of: () => 'unknown', unknown: `Which runs are open is not known: ${first}` };
  }
}

async function ownerOf({ client }: Temporal, { tags }: MadeMachine): Promise<Owner> {
  const run = tags[tagNames.run];
  if (run === undefined) return 'unknown';
  try {
    const { status, raw } = await client.workflow.getHandle(run).describe();
    const first = raw.workflowExecutionInfo?.firstRunId;
    // Another run may have the same workflow id by now.
    const isSame = !first || first === tags[tagNames.firstRun];
    return isSame && !isClosed(status.name) ? 'open' : 'closed';
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return 'closed';
    throw error;
  }
}
