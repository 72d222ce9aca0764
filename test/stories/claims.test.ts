import type { WorkflowFailedError } from '@temporalio/client';
import { control, eventually, setStage, type Run, type Stage } from './stage';
import { madeByRestores, sourceId } from './world-checks';

jest.setTimeout(120_000);

const request = { installation: 'prod', acknowledge: ['source-running'] };

/** The type of the failure that the run ended with. */
async function failureOf(run: Run): Promise<{ type: string; message: string }> {
  const error = (await run.handle.result().catch((e: unknown) => e)) as WorkflowFailedError;
  const { type = '', message = '' } = error.cause as { type?: string; message?: string };
  return { type, message };
}

describe('one installation', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
    await (await stage.start('backup', { installation: 'prod' })).report();
  });
  afterAll(() => stage.close());

  /** Starts a restore, sees it get to its first gate, and leaves it there. */
  const openRestore = async (): Promise<Run> => {
    const run = await stage.start('restore', request);
    await run.gate('Approve the launch');
    return run;
  };

  test('of two restores at once, one wins and the other names it', async () => {
    const runs = await Promise.all([
      stage.start('restore', request),
      stage.start('restore', request),
    ]);
    const ends = await Promise.all(
      runs.map((run) =>
        run.gate('Approve the launch').then(
          () => undefined,
          () => failureOf(run),
        ),
      ),
    );
    const losers = ends.filter((end) => end !== undefined);
    const winner = runs[ends.indexOf(undefined)];
    expect(losers).toHaveLength(1);
    expect(losers[0]?.type).toBe('RestoreOpen');
    expect(losers[0]?.message).toContain(winner?.handle.workflowId);
    await winner?.answer('reject', await winner.gate('Approve the launch'));
    expect(await failureOf(winner as Run)).toMatchObject({ type: 'Rejected' });
  });

  test('is free again after a restore was terminated', async () => {
    const first = await openRestore();
    await first.handle.terminate();
    const next = await openRestore();
    await next.handle.terminate();
  });

  test('is free again after a restore was cancelled, and that run closes in order', async () => {
    const first = await openRestore();
    await first.handle.cancel();
    await expect(first.handle.result()).rejects.toThrow('cancelled');
    expect(await first.standing()).toMatchObject({ status: 'cancelled' });
    const next = await openRestore();
    await next.handle.terminate();
  });

  test('stays held by a restore that is reset at its gate, which asks again', async () => {
    const first = await openRestore();
    const { gate: old } = await first.standing();
    const { events } = await first.handle.fetchHistory();
    // 7 is EVENT_TYPE_WORKFLOW_TASK_COMPLETED: the points that a run can be reset to.
    const point = events?.findLast(({ eventType }) => (eventType as number) === 7)?.eventId;
    await stage.client.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: first.handle.workflowId },
      workflowTaskFinishEventId: point,
      reason: 'a story',
      requestId: String(Date.now()),
    });
    const again = await eventually('a new gate', 30, async () => {
      const { gate } = await first.standing();
      return gate && gate.id !== old?.id ? gate : undefined;
    });
    expect(again.title).toBe('Approve the launch');

    const second = await stage.start('restore', request);
    expect(await failureOf(second)).toMatchObject({ type: 'RestoreOpen' });
    if (old) await first.answer('approve', old);
    await eventually('the old answer is refused', 30, async () => {
      const { journal } = await first.standing();
      return journal.find(({ kind, state }) => kind === 'message' && state === 'refused');
    });
    expect(madeByRestores(stage)).toEqual([]);

    await stage.client.workflow.getHandle(first.handle.workflowId).terminate();
    const next = await openRestore();
    await next.handle.terminate();
  });

  test('launches nothing twice when it is reset to before its launch', async () => {
    const run = await openRestore();
    const { events } = await run.handle.fetchHistory();
    const point = events?.findLast(({ eventType }) => (eventType as number) === 7)?.eventId;
    await run.answer('approve', await run.gate('Approve the launch'));
    await run.gate('Change the DNS record');
    const launched = madeByRestores(stage);
    expect(launched).toHaveLength(1);
    await stage.client.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: run.handle.workflowId },
      workflowTaskFinishEventId: point,
      reason: 'a story',
      requestId: String(Date.now()),
    });
    await run.answer('approve', await run.gate('Approve the launch'));
    await run.gate('Change the DNS record');
    expect(madeByRestores(stage)).toEqual(launched);
    await stage.client.workflow.getHandle(run.handle.workflowId).terminate();
    // Two machines of one name would be one too many for the next backup.
    for (const id of launched) await control(stage.lab, `/machines/${id}/lose`);
  });

  test('refuses a second backup, and a backup while it is being restored', async () => {
    stage.lab.barriers.hold('CreateImage');
    const backup = await stage.start('backup', { installation: 'prod' });
    await eventually('the backup is open', 30, async () => {
      const { step } = await backup.standing();
      return step === 'Create the image' ? step : undefined;
    });
    expect(await failureOf(await stage.start('backup', { installation: 'prod' }))).toMatchObject({
      type: 'BackupOpen',
    });

    // A hung backup does not block a recovery: the restore asks it to end and goes on.
    const restore = await openRestore();
    const { journal } = await restore.standing();
    expect(journal[0]).toMatchObject({ title: 'Ask an open backup to make way', state: 'done' });
    expect(journal[0]?.note).toContain(backup.handle.workflowId);
    stage.lab.barriers.releaseAll();
    await expect(backup.handle.result()).rejects.toThrow('cancelled');

    expect(await failureOf(await stage.start('backup', { installation: 'prod' }))).toMatchObject({
      type: 'RestoreOpen',
    });
    await restore.handle.terminate();
  });

  test('with the old machine running asks for it first, unless the request says so', async () => {
    const run = await stage.start('restore', { installation: 'prod' });
    const gate = await run.gate('Fence the old machine');
    expect(gate.details).toContain(`${sourceId} still runs`);
    await run.answer('reject', gate, 'not yet');
    expect(await failureOf(run)).toMatchObject({ type: 'Rejected' });
    await control(stage.lab, `/machines/${sourceId}/lose`);
  });
});
