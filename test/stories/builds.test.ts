import type { WorkflowFailedError } from '@temporalio/client';
import { headingsOf } from './headings';
import { control, linesOf, setStage, type Run, type Stage } from './stage';
import { machineOf, restoredMachine, sourceId } from './world-checks';

jest.setTimeout(120_000);

const url = (build: string): string => `https://circleci.example.com/gh/acme/${build}`;
const stuck = [url('web/1201'), url('web/1202'), url('api/77')];

async function failureOf(run: Run): Promise<{ type?: string; message?: string }> {
  const error = (await run.handle.result().catch((e: unknown) => e)) as WorkflowFailedError;
  return error.cause as { type?: string; message?: string };
}

describe('build records', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(() => stage.close());
  const known = (): string => JSON.stringify(machineOf(stage, sourceId).inspect());

  test('are deleted after their gate, each with its outcome', async () => {
    const [first = '', second = '', third = ''] = stuck;
    expect(known()).toContain(first);
    await control(stage.lab, `/machines/${sourceId}/set`, { deleteBuildFails: second });
    const builds = [...stuck, url('web/9999')];
    const run = await stage.start('cleanUpBuilds', { installation: 'prod', builds });
    const gate = await run.gate('Approve deleting the build records');
    expect(gate.details).toContain(first);
    await run.answer('approve', gate);
    expect(await failureOf(run)).toMatchObject({ type: 'BuildsNotDeleted' });
    const { report, journal } = await run.standing();
    expect(report?.builds).toMatchObject([
      { url: first, outcome: 'deleted' },
      { url: second, outcome: 'failed' },
      { url: third, outcome: 'deleted' },
      { url: url('web/9999'), outcome: 'failed', said: expect.stringContaining('not found') },
    ]);
    expect(known()).not.toContain(first);
    expect(known()).toContain(second);
    expect(linesOf(journal)).toEqual(headingsOf('clean-up-builds'));
  });

  test('that are not of this installation are all named, and nothing is asked', async () => {
    const builds = [
      url('web/12"'),
      'https://other.example.com/gh/acme/web/1',
      url('web/1201'),
      `${url('web/1')}") (System/exit 1) ("`,
    ];
    const run = await stage.start('cleanUpBuilds', { installation: 'prod', builds });
    const { type, message } = await failureOf(run);
    expect(type).toBe('InvalidRequest');
    expect(message?.match(/builds: /g)).toHaveLength(3);
    expect(message).toContain('is a build of other.example.com');
  });

  test('named in a restore are deleted on the new machine, after their own gate', async () => {
    await control(stage.lab, `/machines/${sourceId}/set`, { deleteBuildFails: false });
    await (await stage.start('backup', { installation: 'prod' })).report();
    await control(stage.lab, `/machines/${sourceId}/lose`);
    const builds = [url('web/1202')];
    const run = await stage.start('restore', { installation: 'prod', builds });
    const report = await run.finish();
    expect(report.builds).toMatchObject([{ outcome: 'deleted' }]);
    expect(JSON.stringify(restoredMachine(stage).inspect())).not.toContain(url('web/1202'));
    expect(linesOf(report.journal)).toEqual(headingsOf('restore'));
  });
});

describe('bad input', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(() => stage.close());

  test.each([
    ['backup', {}, 'installation'],
    ['backup', undefined, 'installation'],
    ['backup', { installation: 'prod', consistency: 'perfect' }, 'consistency'],
    [
      'restore',
      { installation: 'prod', image: 'ami-x', instance: 'i-x', colour: 1 },
      'image: is an image id',
    ],
    ['restore', { installation: 'prod', replaces: { private: '10.0.0.300' } }, 'replaces.private'],
    ['restore', 'prod', 'expected object'],
    ['cleanUpBuilds', { installation: 'prod', builds: [] }, 'builds'],
  ])('of %s %j ends the run at once and says why', async (type, request, why) => {
    const failure = await failureOf(await stage.start(type, request));
    expect(failure.type).toBe('InvalidRequest');
    expect(failure.message).toContain(why);
  });

  test('with several problems names each', async () => {
    const request = { installation: 'Prod!', image: 'x', acknowledge: ['all'] };
    const { message } = await failureOf(await stage.start('restore', request));
    for (const path of ['installation:', 'image:', 'acknowledge.0:']) {
      expect(message).toContain(path);
    }
  });

  afterEach(() => {
    // Nothing was asked of AWS or of a machine.
    expect(stage.lab.journal.since(0)).toEqual([]);
  });

  test.each([
    ['backup', {}],
    ['restore', {}],
    ['cleanUpBuilds', { builds: stuck }],
  ])('an unknown installation for %s names those that exist', async (type, more) => {
    const failure = await failureOf(await stage.start(type, { installation: 'staging', ...more }));
    expect(failure).toMatchObject({ type: 'UnknownInstallation' });
    expect(failure.message).toContain('It has: prod');
  });
});
