import type { WorkflowFailedError } from '@temporalio/client';
import type { Report } from '../../src/contract/reports';
import { control, eventually, setStage, type Run, type Stage } from './stage';
import { madeByRestores, sourceId } from './world-checks';

jest.setTimeout(120_000);

type ResetPoint = Parameters<
  Stage['client']['workflowService']['resetWorkflowExecution']
>[0]['workflowTaskFinishEventId'];

const request = { installation: 'prod', acknowledge: ['source-running'] };

/** The type of the failure that the run ended with. */
async function failureOf(run: Run): Promise<{ type: string; message: string }> {
  const error = (await run.handle.result().catch((e: unknown) => e)) as WorkflowFailedError;
  const { type = '', message = '' } = error.cause as { type?: string; message?: string };
  return { type, message };
}

/** The workflow task that opened the gate which the run waits at: a point to reset to. */
async function openingOf(run: Run): Promise<ResetPoint> {
  const { events } = await run.handle.fetchHistory();
  const opened = events?.findLast((event) => event.timerStartedEventAttributes);
  return opened?.timerStartedEventAttributes?.workflowTaskCompletedEventId;
}

/** The run's first workflow task. */
async function beginningOf(run: Run): Promise<ResetPoint> {
  const { events } = await run.handle.fetchHistory();
  return events?.find((event) => event.workflowTaskCompletedEventAttributes)?.eventId;
}

/** Resets the run to that point, as the UI does; signals after it are applied again. */
async function reset(stage: Stage, run: Run, workflowTaskFinishEventId: ResetPoint): Promise<void> {
  await stage.client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: run.handle.workflowId },
    workflowTaskFinishEventId,
    reason: 'a story',
    requestId: String(Date.now()),
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

  test('is taken by a backup before it looks for a restore, so that one of two sees the other', async () => {
    const restore = await openRestore();
    for (const runbook of ['backup', 'prune']) {
      const refused = await stage.start(runbook, { installation: 'prod' });
      expect(await failureOf(refused)).toMatchObject({ type: 'RestoreOpen' });
      const { events } = await refused.handle.fetchHistory();
      const at = (what: (event: NonNullable<typeof events>[number]) => unknown): number =>
        events?.findIndex((event) => Boolean(what(event))) ?? -1;
      const claimed = at((event) => event.childWorkflowExecutionStartedEventAttributes);
      const looked = at(
        ({ activityTaskScheduledEventAttributes: scheduled }) =>
          scheduled?.activityType?.name === 'findHolder',
      );
      expect(claimed).toBeGreaterThan(0);
      expect(looked).toBeGreaterThan(claimed);
    }
    await restore.handle.terminate();
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
    const { id } = await first.gate('Approve the launch');
    await reset(stage, first, await openingOf(first));
    expect((await first.gate('Approve the launch')).id).not.toBe(id);

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
    await reset(stage, run, await openingOf(run));
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
    await reset(stage, run, await beginningOf(run));
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
    const point = await openingOf(run);
    await run.answer('approve', await run.gate('Approve the launch'));
    await run.gate('Change the DNS record');
    const launched = madeByRestores(stage);
    expect(launched).toHaveLength(1);
    await reset(stage, run, point);
    await run.answer('approve', await run.gate('Approve the launch'));
    await run.gate('Change the DNS record');
    expect(madeByRestores(stage)).toEqual(launched);
    await stage.client.workflow.getHandle(run.handle.workflowId).terminate();
    // Two machines of one name would be one too many for the next backup.
    for (const id of launched) await control(stage.lab, `/machines/${id}/lose`);
  });

  test('that was closed and is reset does nothing while another one holds the claim', async () => {
    const first = await openRestore();
    await first.answer('approve', await first.gate('Approve the launch'));
    await first.gate('Change the DNS record');
    const [instance = ''] = madeByRestores(stage);
    const point = await openingOf(first);
    await first.handle.terminate();
    const second = await stage.start('restore', { ...request, instance });
    await second.gate('Change the DNS record');

    await reset(stage, first, point);
    const again = await first.gate('Change the DNS record');
    const before = stage.lab.journal.since(0).length;
    const tags = (): unknown => stage.lab.region.state.instances[instance]?.tags;
    const tagged = JSON.stringify(tags());
    await first.answer('approve', again);
    const latest = stage.client.workflow.getHandle(first.handle.workflowId);
    const end: unknown = await latest.result().catch((error: unknown) => error);
    expect(end).toMatchObject({ cause: { type: 'RestoreOpen' } });
    // It looks at the machine, and changes nothing of it, nor says in its tags what it is not.
    const effects = stage.lab.journal
      .since(before)
      .filter(({ kind, machine }) => machine === instance && !['command', 'ssh'].includes(kind))
      .map(({ text }) => text);
    expect(effects.filter((text) => !text.startsWith('Describe'))).toEqual([]);
    expect(JSON.stringify(tags())).toBe(tagged);
    const { journal } = await first.standing();
    expect(journal.filter(({ kind }) => kind === 'failure')).toEqual([]);

    await second.handle.terminate();
    await control(stage.lab, `/machines/${instance}/lose`);
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

test('a prune that was closed and is reset at its gate claims backups anew before it removes any', async () => {
  const stage = await setStage({ installation: { keep: { last: 1 } } });
  try {
    const backUp = (): Promise<Run> => stage.start('backup', { installation: 'prod' });
    for (let made = 0; made < 2; made += 1) await (await backUp()).report();
    const run = await stage.start('prune', { installation: 'prod' });
    await run.gate('Approve removing old backups');
    const point = await openingOf(run);
    await run.handle.terminate();
    await reset(stage, run, point);
    const again = await run.gate('Approve removing old backups');
    const barrier = stage.lab.barriers.hold('DeregisterImage');
    await run.answer('approve', again);
    await barrier.reached;
    expect(await failureOf(await backUp())).toMatchObject({ type: 'BackupOpen' });
    barrier.release();
    // The handle of the first run knows only that it was terminated.
    const { summary } = (await stage.client.workflow
      .getHandle(run.handle.workflowId)
      .result()) as Report;
    expect(summary).toBe('1 of 1 backups removed');
  } finally {
    await stage.close();
  }
});
