import type { WorkflowHandle } from '@temporalio/client';
import { openNarrator } from '../../../src/cli/demo/narrator';
import { openOperator, type Reply } from '../../../src/cli/demo/operator';
import type { Temporal } from '../../../src/cli/temporal/connect';
import type { OpenGate } from '../../../src/contract/journal';
import type { Standing } from '../../../src/contract/reports';
import { plainOutput } from '../terminal';

const again: Reply = { verb: 'retry', note: 'once more' };
const mended: Reply = { verb: 'retry', note: 'made room', mended: true };
const approve: Reply = { verb: 'approve', note: 'seen' };

let gates = 0;
/** A run that waits at a gate which was not open before. */
function at(title: string): Standing {
  gates += 1;
  const answers = title.startsWith('failed') ? ['retry', 'abort'] : ['approve', 'reject'];
  const gate = { id: `gate-${String(gates)}`, title, details: '**SshLost** It hung up.', answers };
  return { gate: gate as unknown as OpenGate } as Standing;
}

/** Ana, who has these replies ready, and what she has sent. */
function ana(...replies: Reply[]): { meet: (at: Standing) => Promise<void>; sent: string[] } {
  const sent: string[] = [];
  const handle = {
    workflowId: 'restore-prod-1',
    executeUpdate: (verb: string, { args }: { args: { gate: string; note: string }[] }) => {
      sent.push(`${verb}: ${args.map(({ note }) => note).join()}`);
      return Promise.resolve();
    },
  } as unknown as WorkflowHandle;
  const connection = { withDeadline: (_: number, call: () => unknown) => call() };
  const temporal = { connection } as unknown as Temporal;
  const prepare = (): Promise<Reply> => Promise.resolve(replies.shift() ?? again);
  const tell = openNarrator(plainOutput());
  return { meet: openOperator({ temporal, tell, interactive: false, prepare }, handle), sent };
}

describe('Ana', () => {
  it('answers a gate once, however often she sees it', async () => {
    const { meet, sent } = ana(approve, approve);
    const launch = at('Approve the launch');
    await meet(launch);
    await meet(launch);
    expect(sent).toEqual(['approve: seen']);
  });

  it('hopes once, then ends the run and says which step she cannot help', async () => {
    const { meet, sent } = ana();
    await meet(at('failed: Plan the restore'));
    await expect(meet(at('failed: Plan the restore'))).rejects.toMatchObject({
      name: 'Failed',
      message: 'Ana gives up: "Plan the restore" failed again after a retry. SshLost It hung up.',
    });
    expect(sent).toEqual(['retry: once more', 'abort: the demo has no answer to this']);
  });

  it('still hopes once for a step that she has mended in vain', async () => {
    const { meet, sent } = ana(mended);
    await meet(at('failed: Restart Replicated'));
    await meet(at('failed: Restart Replicated'));
    await expect(meet(at('failed: Restart Replicated'))).rejects.toThrow(/"Restart Replicated"/);
    expect(sent).toEqual([
      'retry: made room',
      'retry: once more',
      'abort: the demo has no answer to this',
    ]);
  });

  it('has hope for each step of its own, and approves as often as she is asked', async () => {
    const { meet, sent } = ana(again, approve, again, approve);
    await meet(at('failed: Stop the app'));
    await meet(at('Approve the launch'));
    await meet(at('failed: Restart the app'));
    await meet(at('Approve the launch'));
    expect(sent).toEqual([
      'retry: once more',
      'approve: seen',
      'retry: once more',
      'approve: seen',
    ]);
  });
});
