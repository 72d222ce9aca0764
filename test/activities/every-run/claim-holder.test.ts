import type { Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { checkClaim } from '../../../src/activities/every-run/claim-holder';
import { openHolder } from '../../../src/activities/frame/open-holder';

const claimId = 'restore-claim/runbook/prod';

/** Temporal with a claim whose parent is in that status; tells what was terminated. */
function temporal(claim: string, parent: string): { client: Client; terminated: string[] } {
  const terminated: string[] = [];
  const statuses: Readonly<Record<string, string>> = { [claimId]: claim, 'restore-1': parent };
  const getHandle = (workflowId: string): unknown => ({
    describe: () =>
      Promise.resolve({
        runId: `run of ${workflowId}`,
        status: { name: statuses[workflowId] },
        raw: { workflowExecutionInfo: { parentExecution: { workflowId: 'restore-1' } } },
      }),
    terminate: () => {
      terminated.push(workflowId);
      return Promise.resolve();
    },
  });
  // An activity's client carries the signal of its cancellation with each call.
  const withAbortSignal = (_: AbortSignal, call: () => unknown): unknown => call();
  return { client: { workflow: { getHandle }, withAbortSignal } as unknown as Client, terminated };
}

const asked = (by: string, client: Client): MockActivityEnvironment =>
  new MockActivityEnvironment({ workflowExecution: { workflowId: by, runId: 'r' } }, { client });

describe('a claim', () => {
  it.each(['RUNNING', 'PAUSED', 'UNKNOWN'])(
    'is held while its run is not closed: %s',
    async (status) => {
      const { client, terminated } = temporal('RUNNING', status);
      const holder = await asked('restore-2', client).run(openHolder, claimId);
      expect(holder).toMatchObject({ workflowId: 'restore-1' });
      expect(terminated).toEqual([]);
    },
  );

  it.each(['COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT'])(
    'of a closed run is free, and taken away: %s',
    async (status) => {
      const { client, terminated } = temporal('RUNNING', status);
      expect(await asked('restore-2', client).run(openHolder, claimId)).toBeUndefined();
      expect(terminated).toEqual([claimId]);
    },
  );

  it('that is paused itself is held, and its owner knows', async () => {
    const { client } = temporal('PAUSED', 'RUNNING');
    expect(await asked('restore-2', client).run(openHolder, claimId)).toBeDefined();
    const mine = await asked('restore-1', client).run(checkClaim(), { claim: claimId });
    expect(mine).toMatchObject({ isHeld: true });
  });
});
