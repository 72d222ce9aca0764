import { applianceCommands } from '../../src/lab/appliance';
import { decodeRecord } from '../../src/machine/backups/record-tags';
import { headingsOf } from './headings';
import { control, eventually, linesOf, setStage, storyOf, type Stage } from './stage';
import { expectSoundWorld, machineOf, madeByBackups, sourceId } from './world-checks';

jest.setTimeout(120_000);

/** What happened since on the source and to its image, in order; looks are left out. */
function effectsOf({ lab }: Stage, since: number): string[] {
  return lab.journal
    .since(since)
    .filter(
      ({ machine, kind, text }) => machine === sourceId || /^(CreateI|RunI)/.test(text + kind),
    )
    .filter(({ kind, text }) => !['command', 'api'].includes(kind) && !/^(Describe|Get)/.test(text))
    .map(({ text }) => text.replace(/ .*→.*/, ''));
}

const appOf = (on: Stage): Readonly<Record<string, unknown>> =>
  (machineOf(on, sourceId).inspect() as { app: Record<string, unknown> }).app;
const stateOf = (on: Stage): unknown => appOf(on)['state'];
const isUp = (on: Stage): boolean =>
  stateOf(on) === 'started' && appOf(on)['transitioning'] === false;

/** A person at the machine stops or starts the app. */
async function replicatedctl(on: Stage, verb: 'start' | 'stop'): Promise<void> {
  const input = { args: ['app', verb], stdin: '', tty: true };
  await applianceCommands['replicatedctl']?.(machineOf(on, sourceId), input);
}

describe('a backup', () => {
  let stage: Stage;
  let before = 0;
  beforeAll(async () => {
    // Slow enough that an app which waited for the whole image would be seen to be down.
    stage = await setStage({ timings: { image: 900 } });
  });
  beforeEach(() => {
    before = stage.lab.journal.since(0).length;
  });
  afterAll(() => stage.close());

  test('with the app stopped stops it until the snapshots have begun, under a timer', async () => {
    const { lab } = stage;
    const run = await stage.start('backup', { installation: 'prod', consistency: 'stop-app' });
    await eventually('the wait for the image', 60, async () =>
      (await run.standing()).step === 'Wait for the image' ? true : undefined,
    );
    expect(isUp(stage)).toBe(true);
    expect(machineOf(stage, sourceId).inspect()).toMatchObject({ timers: [] });
    const report = await run.report();

    const armed: unknown = expect.stringMatching(
      /^runbook-start-app\.timer set: in \d+ s \/usr\/local\/bin\/replicatedctl app start$/,
    );
    expect(effectsOf(stage, before)).toEqual([
      armed,
      'the app is told to stop',
      'the app is stopped',
      'CreateImage',
      'the app is told to start',
      'the app is started',
      'runbook-start-app.timer stopped',
    ]);
    expect(madeByBackups(stage)).toEqual([report.imageId]);
    const image = lab.region.state.images[report.imageId ?? ''];
    const start = lab.journal.since(0).find(({ text }) => text === 'the app is told to start');
    expect(Date.parse(start?.at ?? '')).toBeLessThan(image?.readyAt ?? 0);
    expect(linesOf(report.journal)).toEqual(headingsOf('backup'));
    expect(storyOf(report.journal)).toMatchInlineSnapshot(`
      [
        "Find the machine — done",
        "Look at the host key — not needed",
        "Confirm the host key — not needed",
        "Read what a restore needs — done",
        "List the running builds — done",
        "Leave a mark on each volume — done",
        "Stop the app for the image — done",
        "Create the image — done",
        "Start the app again — done",
        "Wait for the image — done",
        "Verify the image — done",
        "Copy the image to other regions — not needed",
        "Plan what to keep — not needed",
        "Remove old backups — not needed",
        "Start making a new spare — not needed",
        "End: done — done",
      ]
    `);
    expectSoundWorld(stage);
  });

  test('leaves an app stopped that a person had stopped', async () => {
    await replicatedctl(stage, 'stop');
    await eventually('the stop', 30, () => (stateOf(stage) === 'stopped' ? true : undefined));
    before = stage.lab.journal.since(0).length;
    const run = await stage.start('backup', { installation: 'prod', consistency: 'stop-app' });
    const { journal } = await run.report();
    expect(effectsOf(stage, before)).toEqual(['CreateImage']);
    expect(stateOf(stage)).toBe('stopped');
    expect(storyOf(journal)).toContain('Start the app again — not needed');
    // The app that is stopped would have to tell what runs: that line failed, and stopped nothing.
    const unlisted = 'List the running builds';
    expect(storyOf(journal)).toContain(`${unlisted} — failed`);
    expect(linesOf(journal)).toEqual(headingsOf('backup').filter((title) => title !== unlisted));
    await replicatedctl(stage, 'start');
    await eventually('the start', 30, () => (isUp(stage) ? true : undefined));
  });

  test('with a reboot lets EC2 reboot the machine, and its app comes back by itself', async () => {
    const run = await stage.start('backup', { installation: 'prod', consistency: 'reboot' });
    const { imageId, journal } = await run.report();
    await eventually('the app', 30, () => (isUp(stage) ? true : undefined));
    expect(effectsOf(stage, before)).toEqual(
      expect.arrayContaining([
        'CreateImage',
        `${sourceId} is off`,
        `${sourceId} boots at 10.0.1.5`,
      ]),
    );
    expect(effectsOf(stage, before)).not.toContain('the app is told to stop');
    expect(madeByBackups(stage)).toContain(imageId);
    expect(linesOf(journal)).toEqual(headingsOf('backup'));
    expectSoundWorld(stage);
  });

  test('says what its image does not hold when the machine itself tells', async () => {
    await control(stage.lab, `/machines/${sourceId}/set`, {
      config: { allow_cluster: '1', storage_backend: 'storage_backend_fileserver' },
      mounts: ['/data/circle/storage-fileserver files.example.com:/circle nfs4'],
    });
    const backup = await (await stage.start('backup', { installation: 'prod' })).report();
    const notes = backup.notes.join('\n');
    expect(notes).toContain('This image does NOT hold artifacts, caches and logs');
    // Builds run on other machines, the databases on this one.
    expect(notes).not.toContain('databases');
    // The tags alone bring it to the next restore.
    const { tags } = stage.lab.region.state.images[backup.imageId ?? ''] ?? {};
    expect(decodeRecord(tags ?? {})).toMatchObject({
      objectStorage: 'nfs',
      externalServices: false,
    });
  });
});
