/** People are told until somebody took it: receivers that are down, redirect, hang or lose a reply. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Standing } from '../../src/contract/reports';
import { toldText } from '../../src/contract/telling/told';
import { startReceiver, type Answer, type Receiver } from './receiver';
import { eventually, setStage, type Run, type Stage } from './stage';

jest.setTimeout(120_000);

/** Who heard of the last line, as `standing` says it. */
function toldOf({ journal }: Standing): string {
  const told = journal.at(-1)?.told;
  return told === undefined ? '' : toldText(told).replace(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/g, 'TIME');
}

async function onStage(
  options: Parameters<typeof setStage>[0],
  story: (stage: Stage) => Promise<void>,
): Promise<void> {
  const stage = await setStage(options);
  try {
    await (await stage.start('backup', { installation: 'prod' })).report();
    await story(stage);
  } finally {
    await stage.close();
  }
}

/** The page that a run leaves behind. */
function pageOf(stage: Stage, workflowId: string): string {
  const folder = join(stage.dir, 'reports');
  const name = readdirSync(folder).find((one) => one.startsWith(workflowId) && one.endsWith('.md'));
  return readFileSync(join(folder, name ?? ''), 'utf8');
}

async function endByRejection(run: Run): Promise<void> {
  await run.answer('reject', await run.gate('Fence the old machine'), 'another day');
  await run.handle.result().catch(() => undefined);
}

describe('a receiver', () => {
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await startReceiver('take');
  });
  afterEach(() => receiver.close());

  // The hour that it is down is virtual: test/contract/telling/patience.test.ts.
  test.each<[string, readonly Answer[]]>([
    ['answers 503 once', [503, 'take']],
    ['answers 500 for longer than a few tries', [500, 500, 500, 500, 500, 500, 500, 'take']],
    ['redirects with 302 and 307', [302, 307, 'take']],
    ['takes it and loses the reply', ['cut', 'take']],
    ['says nothing', ['hang', 'take']],
  ])('that %s hears of the gate all the same', async (_how, answers) => {
    await onStage({ notify: { url: receiver.url } }, async (stage) => {
      receiver.answer(...answers);
      const run = await stage.start('restore', { installation: 'prod' });
      const gate = await run.gate('Fence the old machine');
      const told = await eventually('the gate is told', 60, async () => {
        const text = toldOf(await run.standing());
        return text.startsWith('told') ? text : undefined;
      });
      expect(told).toBe('told json (TIME)');
      const tries = receiver.of('gate');
      expect(tries.map(({ answered }) => answered)).toEqual(answers);
      expect(tries.map(({ message }) => message.gate?.title)).toEqual(tries.map(() => gate.title));
      // Each try of one message is known by its id, and nothing was followed anywhere.
      expect(new Set(tries.map(({ id }) => id)).size).toBe(1);
      expect(receiver.arrived.filter(({ path }) => path !== '/hook')).toEqual([]);
      await endByRejection(run);
      expect(pageOf(stage, run.handle.workflowId)).toMatch(
        /## Who was told\n[^]*Fence the old machine \| told json[^]*End: rejected \| told json/,
      );
    });
  });

  test('that is down to the end of the run hears of the end when it is back', async () => {
    await onStage({ notify: { url: receiver.url } }, async (stage) => {
      receiver.answer(503);
      const run = await stage.start('restore', { installation: 'prod' });
      await eventually('the reason is known', 30, async () =>
        toldOf(await run.standing()).includes('503') ? true : undefined,
      );
      expect(toldOf(await run.standing())).toBe(
        'nobody has taken it yet; not taken by json: answered 503: not now',
      );
      await endByRejection(run);
      const page = pageOf(stage, run.handle.workflowId);
      expect(page).toContain(
        'Fence the old machine | nobody was told; not taken by json: answered',
      );
      expect(page).toMatch(
        /End: rejected \| nobody has taken it yet;.* tell-end-of\/\S+ goes on telling/,
      );
      expect(page).not.toContain('people told');

      receiver.answer('take');
      const taken = await eventually('the end is told', 60, () =>
        receiver
          .of('end')
          .find(({ answered, message }) => answered === 'take' && message.runbook === 'restore'),
      );
      expect(taken.message).toMatchObject({ event: 'end', status: 'rejected' });
      const tries = receiver.of('end').filter(({ message }) => message.runbook === 'restore');
      expect(new Set(tries.map(({ id }) => id)).size).toBe(1);
      const { runId } = await run.handle.describe();
      const rest = await stage.client.workflow.getHandle(`tell-end-of/${runId}`).result();
      expect(rest).toMatch(/^told json/);
    });
  });

  test('is reminded while a gate waits, until it is answered', async () => {
    const reminders = { after: '3 seconds', beforeEnd: '6 seconds' };
    const notify = { url: receiver.url, reminders };
    await onStage({ notify, limits: { gate: '30 seconds' } }, async (stage) => {
      const run = await stage.start('restore', { installation: 'prod' });
      await eventually('two reminders', 40, () =>
        receiver.of('reminder').length >= 2 ? true : undefined,
      );
      // The receiver has it before its answer is on record; meanwhile the next one may be sent.
      await eventually('each reminder is on record as taken', 20, async () => {
        const told = /^told json \(TIME, (\d) times\); reminded (\d) time/;
        const [, times, reminded] = told.exec(toldOf(await run.standing())) ?? [];
        return Number(reminded) >= 2 && Number(times) === Number(reminded) + 1 ? true : undefined;
      });
      await endByRejection(run);
      const before = receiver.of('reminder').length;
      expect(new Set(receiver.of('reminder').map(({ id }) => id)).size).toBe(before);
    });
  });

  test('that is second is told at once when the first does not take it', async () => {
    const down = await startReceiver(503);
    const receivers = [
      { kind: 'json', name: 'pager', url: down.url },
      { kind: 'json', name: 'chat', url: receiver.url },
    ];
    await onStage({ notify: { receivers } }, async (stage) => {
      const run = await stage.start('restore', { installation: 'prod' });
      await eventually('the second is told', 20, () => receiver.of('gate')[0]);
      await eventually('both are known', 20, async () =>
        toldOf(await run.standing()).startsWith(
          'told chat (TIME); not taken by pager: answered 503',
        )
          ? true
          : undefined,
      );
      await endByRejection(run);
    });
    await down.close();
  });
});

test('where nobody is configured, the run says that nobody was told', async () => {
  await onStage({}, async (stage) => {
    const run = await stage.start('restore', { installation: 'prod' });
    await run.gate('Fence the old machine');
    await eventually('it says so', 20, async () =>
      toldOf(await run.standing()).startsWith('nobody was told: runbook.yaml names no receiver')
        ? true
        : undefined,
    );
    await endByRejection(run);
    expect(pageOf(stage, run.handle.workflowId)).toContain(
      'End: rejected | nobody was told: runbook.yaml names no receiver',
    );
  });
});
