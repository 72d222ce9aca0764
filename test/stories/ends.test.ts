import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { WorkflowFailedError } from '@temporalio/client';
import type { Answer } from '../../src/contract/journal';
import type { Report } from '../../src/contract/reports';
import { loseRestored, stopsOf } from './crash';
import { control, eventually, setStage, type Run, type Stage } from './stage';
import { machineOf, madeByRestores, restoredMachine, sourceId } from './world-checks';

jest.setTimeout(120_000);

/** The report that travels with the failure of a run that did not get through. */
async function reportOf(run: Run): Promise<Report> {
  const error = (await run.handle.result().catch((e: unknown) => e)) as WorkflowFailedError;
  const { details } = error.cause as { details?: [Report] };
  if (details === undefined) throw error;
  return details[0];
}

const builds = ['https://circleci.example.com/gh/acme/web/1201'];

describe('a run that is ended at a gate', () => {
  let stage: Stage;
  beforeAll(async () => {
    // A console without keys is looked at until the limit for SSH.
    stage = await setStage({ limits: { ssh: '12 seconds' } });
    await (await stage.start('backup', { installation: 'prod' })).report();
  });
  afterEach(() => loseRestored(stage));
  afterAll(() => stage.close());

  test.each([
    ['Fence the old machine', 'reject', false],
    ['Approve the launch', 'reject', false],
    ['Confirm the host key', 'reject', true],
    ['Change the DNS record', 'reject', true],
    ['failed: 4. Update the IP addresses', 'abort', true],
    ['Approve deleting the build records', 'reject', true],
  ] as const)('%s: is closed, tagged, reported', async (title, answer: Answer, launched) => {
    const isLost = stage.lab.region.state.instances[sourceId]?.state === 'terminated';
    if (title !== 'Fence the old machine' && !isLost) {
      await control(stage.lab, `/machines/${sourceId}/lose`);
    }
    const run = await stage.start('restore', { installation: 'prod', builds });
    await setTrap(stage, run, title);
    const gate = await run.approveUntil(title);
    await run.answer(answer, gate, 'another day');

    const report = await reportOf(run);
    expect(report.status).toBe(answer === 'abort' ? 'aborted' : 'rejected');
    expect(report.journal.at(-1)).toMatchObject({ kind: 'end' });
    expect(report.journal.filter(({ endedAt }) => endedAt === undefined)).toEqual([]);
    expect(report.leftToDo.length).toBeGreaterThan(0);
    expect(
      readdirSync(join(stage.dir, 'reports')).filter((f) => f.startsWith(report.workflowId)),
    ).toHaveLength(2);
    const [made] = madeByRestores(stage);
    expect(made !== undefined).toBe(launched);
    if (made === undefined) return;
    const tags = stage.lab.region.state.instances[made]?.tags;
    expect(tags?.['runbook:state']).toContain(report.status);
    expect(tags?.['runbook:todo']).not.toBe('nothing');
    expect(report.leftToDo.at(-1)).toContain(`"instance":"${made}"`);
  });

  test('is taken up again on the same machine, and only what is missing is done', async () => {
    const first = await stage.start('restore', { installation: 'prod' });
    await setTrap(stage, first, 'failed: 4. Update the IP addresses');
    await first.answer('abort', await first.approveUntil('failed: 4.'));
    const { instanceId } = await reportOf(first);
    await control(stage.lab, `/machines/${instanceId ?? ''}/set`, { diskFull: false });

    const again = await stage.start('restore', { installation: 'prod', instance: instanceId });
    const report = await again.finish();
    const notNeeded = report.journal.filter(({ state }) => state === 'not needed');
    expect(notNeeded.map(({ title }) => title)).toEqual(
      expect.arrayContaining([
        'Approve the launch',
        '1. Launch an instance from the image',
        '2. Stop the app',
      ]),
    );
    expect(restoredMachine(stage).instanceId).toBe(instanceId);

    // And once more, on a machine where everything is done: its app is not stopped.
    const third = await stage.start('restore', { installation: 'prod', instance: instanceId });
    await third.finish();
    expect(stopsOf(stage, instanceId ?? '')).toEqual([]);
    restoredMachine(stage);
  });
});

/** Makes the story come to the gate that it is about. */
async function setTrap(stage: Stage, run: Run, title: string): Promise<void> {
  const needsMachine = title.startsWith('failed') || title === 'Confirm the host key';
  if (!needsMachine) return;
  const trap = title.startsWith('failed') ? { diskFull: true } : { noConsoleKeys: true };
  const launch = await run.gate('Approve the launch');
  const barrier = stage.lab.barriers.hold('RunInstances');
  await run.answer('approve', launch);
  await barrier.reached;
  const [id = ''] = madeByRestores(stage);
  if (!('diskFull' in trap)) await control(stage.lab, `/machines/${id}/set`, trap);
  barrier.release();
  if ('diskFull' in trap) {
    // Only after the machine has answered: it could not boot with a full disk.
    await run.approveUntil('Change the DNS record');
    await control(stage.lab, `/machines/${id}/set`, trap);
  }
}

describe('a gate that nobody answers', () => {
  test('expires, and people are told of it and of the end', async () => {
    const told: unknown[] = [];
    const receiver = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        const message = JSON.parse(text) as { readonly event: string };
        // At half of its time it is told again.
        if (message.event !== 'reminder') told.push(message);
        response.end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const address = receiver.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const stage = await setStage({
      notify: { url: `http://127.0.0.1:${String(port)}/` },
      limits: { gate: '2 seconds' },
    });
    try {
      await (await stage.start('backup', { installation: 'prod' })).report();
      const run = await stage.start('restore', { installation: 'prod' });
      const report = await reportOf(run);
      expect(report.status).toBe('expired');
      await eventually('both messages', 10, () => (told.length >= 3 ? true : undefined));
      expect(told).toMatchObject([
        { event: 'end', runbook: 'backup', status: 'done' },
        { event: 'gate', runbook: 'restore', gate: { title: 'Fence the old machine' } },
        { event: 'end', runbook: 'restore', status: 'expired' },
      ]);
    } finally {
      await stage.close();
      receiver.close();
    }
  });

  test('of an unattended run expires sooner; a receiver that is down fails nothing', async () => {
    const stage = await setStage({
      notify: { url: 'http://127.0.0.1:9/' },
      limits: { unattendedGate: '2 seconds' },
    });
    try {
      await (await stage.start('backup', { installation: 'prod' })).report();
      const run = await stage.start('restore', { installation: 'prod', unattended: true });
      expect((await reportOf(run)).status).toBe('expired');
    } finally {
      await stage.close();
    }
  });
});

test('a run that is cancelled while it waits for AWS ends its step first', async () => {
  const stage = await setStage({ timings: { image: 100_000 } });
  try {
    const run = await stage.start('backup', { installation: 'prod' });
    await eventually('the wait', 30, async () =>
      (await run.standing()).step === 'Wait for the image' ? true : undefined,
    );
    await run.handle.cancel();
    await expect(run.handle.result()).rejects.toThrow('cancelled');
    const { journal, status, report } = await run.standing();
    expect(status).toBe('cancelled');
    expect(report?.imageId).toMatch(/^ami-/);
    expect(journal.find(({ title }) => title === 'Wait for the image')).toMatchObject({
      state: 'cancelled',
    });
    const { events } = await run.handle.fetchHistory();
    const canceled = events?.filter((event) => event.activityTaskCanceledEventAttributes);
    expect(canceled).toHaveLength(1);
    expect(machineOf(stage, sourceId).inspect()).toMatchObject({ app: { state: 'started' } });
  } finally {
    await stage.close();
  }
});
