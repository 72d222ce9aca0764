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

/** Resets the run to its last (or its nth) completed workflow task, as the UI does. */
async function reset(stage: Stage, run: Run, nth?: number): Promise<void> {
  const { events } = await run.handle.fetchHistory();
  // 7 is EVENT_TYPE_WORKFLOW_TASK_COMPLETED: the points that a run can be reset to.
  const points = (events ?? []).filter(({ eventType }) => (eventType as number) === 7);
  await stage.client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: run.handle.workflowId },
    workflowTaskFinishEventId: points.at(nth ?? -1)?.eventId,
    reason: 'a story',
    requestId: String(Date.now()),
  });
}

/** Waits until the workflow has a run after the given one. */
async function newRunOf(stage: Stage, runId: string): Promise<void> {
  await eventually('the new run', 30, async () => {
    const runs = stage.client.workflow.list({
      query: `TaskQueue = '${stage.taskQueue}' AND ExecutionStatus = 'Running' AND WorkflowType = 'restore'`,
    });
    for await (const run of runs) if (run.runId !== runId) return true;
    return undefined;
  });
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
    expect(winner && (await failureOf(winner))).toMatchObject({ type: 'Rejected' });
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
    const { runId } = await first.handle.describe();
    await reset(stage, first);
    await newRunOf(stage, runId);
    await first.gate('Approve the launch');

    const second = await stage.start('restore', request);
    expect(await failureOf(second)).toMatchObject({ type: 'RestoreOpen' });
    expect(madeByRestores(stage)).toEqual([]);

    await stage.client.workflow.getHandle(first.handle.workflowId).terminate();
    const next = await openRestore();
    await next.handle.terminate();
  });

  test('that was approved by name and is reset at a later gate goes on from there', async () => {
    const run = await openRestore();
    await run.answer('approve', await run.gate('Approve the launch'));
    await run.gate('Change the DNS record');
    const launched = madeByRestores(stage);
    const { runId } = await run.handle.describe();
    await reset(stage, run);
    await newRunOf(stage, runId);
    const again = await run.gate('Change the DNS record');
    await run.answer('reject', again);
    await expect(run.handle.result()).rejects.toThrow();
    expect(madeByRestores(stage)).toEqual(launched);
    for (const one of launched) await control(stage.lab, `/machines/${one}/lose`);
  });

  test('asks anew, under another id, when it is reset to before its gate', async () => {
    const run = await openRestore();
    const { id } = await run.gate('Approve the launch');
    await run.answer('approve', await run.gate('Approve the launch'));
    await run.gate('Change the DNS record');
    const launched = madeByRestores(stage);
    // The old approval is applied again to the new run, and must not open its gate.
    await reset(stage, run, 1);
    const again = await eventually('a new gate', 30, async () => {
      const { gate } = await run.standing();
      return gate && gate.id !== id ? gate : undefined;
    });
    expect(again.title).toBe('Approve the launch');
    await run.answer('approve', again);
    await run.gate('Change the DNS record');
    expect(madeByRestores(stage)).toEqual(launched);
    await stage.client.workflow.getHandle(run.handle.workflowId).terminate();
    for (const one of launched) await control(stage.lab, `/machines/${one}/lose`);
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
