import { lostMachine } from './crash';
import { control, eventually, setStage, storyOf, type Run, type Stage } from './stage';
import { machineOf, madeByRestores, restoredMachine } from './world-checks';

jest.setTimeout(120_000);

describe('an app that does not come up well', () => {
  let stage: Stage;
  let run: Run;
  let id = '';
  beforeAll(async () => {
    stage = await setStage({ limits: { verify: '2 seconds' } });
    await lostMachine(stage);
  });
  beforeEach(async () => {
    run = await stage.start('restore', { installation: 'prod' });
    await run.approveUntil('Change the DNS record');
    [id = ''] = madeByRestores(stage);
  });
  afterEach(() => control(stage.lab, `/machines/${id}/lose`));
  afterAll(() => stage.close());

  const set = (values: object): Promise<unknown> =>
    control(stage.lab, `/machines/${id}/set`, values);
  /** What became of the app since Replicated runs on its new address. Either the run tells it to
   * start, or the daemon has come to it before: whichever is quicker. */
  const appStory = (): string[] => {
    const events = stage.lab.journal.since(0).filter(({ machine }) => machine === id);
    const restarted = events.findLastIndex(({ text }) => text === 'replicated started');
    const texts = events
      .slice(restarted)
      .flatMap(({ kind, text }) => (kind === 'app' ? [text] : []));
    return texts.map((text) => (isStart(text) ? 'a start' : text));
  };
  const isStart = (text: string): boolean =>
    ['the app is told to start', 'the app starts by itself'].includes(text);

  test('because an image is missing is started once more, without a person', async () => {
    const { journal } = await run.finish();
    restoredMachine(stage);
    expect(appStory()).toEqual([
      'a start',
      'the app has failed: Failure reported from operator: no such image',
      'a start',
      'the app is started',
    ]);
    expect(journal.find(({ title }) => title === '6. Restart the app')).toMatchObject({
      state: 'done',
      attempts: 1,
      note: 'up; the first start lacked an image',
    });
  });

  test('for another reason is started again only when a person says so', async () => {
    const why = 'Failure reported from operator: port 80 is in use';
    await set({ startFails: why });
    const gate = await run.approveUntil('failed: 6. Restart the app');
    expect(gate.details).toContain('port 80 is in use');
    expect(gate.answers).toEqual(['retry', 'abort']);
    const story = appStory();
    expect(new Set(story)).toEqual(new Set(['a start', `the app has failed: ${why}`]));
    // One of the run's own, and at most one that the daemon made before.
    expect(story.filter((text) => text === 'a start').length).toBeLessThanOrEqual(2);
    await set({ startFails: false });
    await run.answer('retry', gate, 'stopped the other web server');
    await run.finish();
    restoredMachine(stage);
  });

  test('and has a sick service is asked about; after the cure a retry goes on', async () => {
    await set({ serviceUnhealthy: 'contexts' });
    const gate = await run.approveUntil('failed: Verify the app');
    expect(gate.details).toContain('AppNotHealthy');
    expect(gate.details).toContain('contexts says HTTP 500');
    expect(gate.answers).toEqual(['retry', 'skip', 'abort']);
    await set({ serviceUnhealthy: null });
    await run.answer('retry', gate, 'restarted contexts');
    const { checks, journal } = await run.finish();
    restoredMachine(stage);
    expect(checks?.filter(({ ok }) => !ok)).toEqual([]);
    expect(checks?.map(({ name }) => name)).toContain('contexts');
    expect(storyOf(journal).slice(-6)).toMatchInlineSnapshot(`
      [
        "Verify the app — failed",
        "failed: Verify the app — done",
        "Verify the app — done",
        "Approve deleting the build records — not needed",
        "Delete abnormal build records — not needed",
        "End: done — done",
      ]
    `);
  });

  test('and has a sick service is left so only with a reason, which the report repeats', async () => {
    await set({ serviceUnhealthy: 'cron' });
    const gate = await run.approveUntil('failed: Verify the app');
    await run.answer('skip', gate);
    await eventually('the refusal', 20, async () =>
      (await run.standing()).journal.find(({ note }) => note?.startsWith('skip needs a reason')),
    );
    await run.answer('skip', gate, 'we do not use scheduled jobs');
    const { notes, status, journal } = await run.finish();
    expect(status).toBe('done');
    expect(notes).toContain('ana skipped "Verify the app": we do not use scheduled jobs');
    expect(storyOf(journal).slice(-5)).toMatchInlineSnapshot(`
      [
        "failed: Verify the app — skipped",
        "Signal skip — refused",
        "Approve deleting the build records — not needed",
        "Delete abnormal build records — not needed",
        "End: done — done",
      ]
    `);
    expect(machineOf(stage, id).inspect()).toMatchObject({ app: { state: 'started' } });
  });
});
