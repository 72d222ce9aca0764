import type { WorkflowFailedError } from '@temporalio/client';
import { setStage, type Stage } from './stage';

jest.setTimeout(60_000);

describe('a request that makes no sense', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(() => stage.close());

  test.each([
    ['backup', undefined, ['installation: Invalid input']],
    ['backup', 'prod', ['expected object']],
    ['backup', { installation: 'Prod Zwei' }, ['installation: is the name of an installation']],
    [
      'backup',
      { installation: '', consistency: 'paused', unattended: 'no', reboot: true },
      ['installation: ', 'consistency: ', 'unattended: ', '"reboot"'],
    ],
    [
      'restore',
      {
        installation: 'prod',
        image: 'ami-newest',
        replaces: { private: '10.0.1', public: 'none' },
        acknowledge: ['everything'],
        builds: 'all',
      },
      ['image: ', 'replaces.private: ', 'replaces.public: ', 'acknowledge.0: ', 'builds: '],
    ],
    [
      'restore',
      { installation: 'prod', image: 'ami-0123456789abcdef0', instance: 'i-0123456789abcdef0' },
      ['instance: give "image"', 'not both'],
    ],
    [
      'restore',
      { installation: 'prod', builds: ['https://a.example.com/gh/a/b/1', 'ftp://x'] },
      ['"https://a.example.com/gh/a/b/1" is a build of a.example.com', '"ftp://x" is not a build'],
    ],
    ['cleanUpBuilds', { installation: 'prod' }, ['builds: ']],
    ['cleanUpBuilds', { installation: 'prod', builds: [] }, ['builds: ']],
    ['cleanUpBuilds', { builds: [7], acknowledge: [] }, ['installation: ', 'builds.0: ', '"ack']],
  ])('of %s, %j, ends at once and hears every problem', async (type, request, problems) => {
    const run = await stage.start(type, request);
    const { cause } = (await run.handle.result().catch((e: unknown) => e)) as WorkflowFailedError;
    expect(cause).toMatchObject({ type: 'InvalidRequest', nonRetryable: true });
    for (const problem of problems) expect(cause?.message).toContain(problem);
    expect(stage.lab.journal.since(0)).toEqual([]);
  });

  test.each([
    ['backup', {}],
    ['restore', {}],
    ['cleanUpBuilds', { builds: ['https://circleci.example.com/gh/acme/web/1'] }],
  ])('of %s for an installation that nobody configured ends at once', async (type, more) => {
    const run = await stage.start(type, { installation: 'staging', ...more });
    const { cause } = (await run.handle.result().catch((e: unknown) => e)) as WorkflowFailedError;
    expect(cause).toMatchObject({ type: 'UnknownInstallation', nonRetryable: true });
    expect(cause?.message).toContain('prod');
    expect(stage.lab.journal.since(0)).toEqual([]);
  });
});
