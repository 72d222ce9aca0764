import type { WorkflowFailedError } from '@temporalio/client';
import type { Report } from '../../src/contract/reports';
import { headingsOf } from './headings';
import { control, linesOf, setStage, storyOf, type Run, type Stage } from './stage';
import { expectSoundWorld, machineOf, sourceId } from './world-checks';

jest.setTimeout(120_000);

const at = (path: string): string => `https://circleci.example.com/gh/acme/${path}`;

describe('cleaning up build records', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(() => stage.close());
  afterEach(() => {
    expectSoundWorld(stage);
  });

  /** The builds that the live machine still has. */
  const builds = (): string[] => {
    const known = machineOf(stage, sourceId).inspect()['builds'] as { readonly url: string }[];
    return known.map(({ url }) => url);
  };
  /** Everything the machine was told so far. */
  const commands = (): string[] =>
    stage.lab.journal.since(0).flatMap(({ kind, text }) => (kind === 'command' ? [text] : []));

  test('refuses at once when one URL is none of this installation, and names each', async () => {
    const strangers = [
      'https://other.example.com/gh/acme/web/1',
      'https://circleci.example.com/gh/acme/web/1") (shutdown-agents) ("',
      'https://circleci.example.com/gh/acme/web',
    ];
    const run = await stage.start('cleanUpBuilds', {
      installation: 'prod',
      builds: [at('web/1201'), ...strangers],
    });
    const { type, message } = await failureOf(run);
    expect(type).toBe('InvalidRequest');
    for (const url of strangers) expect(message).toContain(JSON.stringify(url));
    expect(message).not.toContain(at('web/1201'));
    expect(message).toContain('is a build of other.example.com, not of circleci.example.com');
    expect(builds()).toContain(at('web/1201'));
    expect(commands()).toEqual([]);
  });

  test('deletes nothing when a person rejects', async () => {
    const before = builds();
    const run = await stage.start('cleanUpBuilds', {
      installation: 'prod',
      builds: [at('web/1201')],
    });
    const gate = await run.gate('Approve deleting the build records');
    expect(gate.details).toContain(at('web/1201'));
    expect(gate.mustName).toBe(true);
    await run.answer('reject', gate, 'that one is needed');
    expect(await failureOf(run)).toMatchObject({ type: 'Rejected' });
    expect(builds()).toEqual(before);
    expect(commands()).toEqual([]);
  });

  test('deletes what it can, and tells what became of each', async () => {
    await control(stage.lab, `/machines/${sourceId}/set`, { deleteBuildFails: at('api/77') });
    const run = await stage.start('cleanUpBuilds', {
      installation: 'prod',
      builds: [at('web/1201'), at('api/77'), at('web/9999'), at('web/1201')],
    });
    const failure = await failureOf(run, 'Approve deleting the build records');
    expect(failure.type).toBe('BuildsNotDeleted');
    expect(failure.report.builds).toMatchObject([
      { url: at('web/1201'), outcome: 'deleted' },
      { url: at('api/77'), outcome: 'failed', said: expect.stringContaining('Timed out') },
      { url: at('web/9999'), outcome: 'failed', said: expect.stringContaining('not found') },
    ]);
    expect(builds()).toEqual([at('web/1202'), at('api/77'), at('web/1200')]);
    await control(stage.lab, `/machines/${sourceId}/set`, { deleteBuildFails: false });
  });

  test('has the lines of its page', async () => {
    const run = await stage.start('cleanUpBuilds', {
      installation: 'prod',
      builds: [at('api/77')],
    });
    const { journal, summary } = await run.finish();
    expect(builds()).toEqual([at('web/1202'), at('web/1200')]);
    expect(summary).toBe('1 build record(s) deleted.');
    expect(linesOf(journal)).toEqual(headingsOf('clean-up-builds'));
    expect(storyOf(journal)).toMatchInlineSnapshot(`
      [
        "Find the machine — done",
        "Approve deleting the build records — approved",
        "Delete abnormal build records — done",
        "End: done — done",
      ]
    `);
  });
});

interface Failure {
  readonly type: string;
  readonly message: string;
  readonly report: Report;
}

/** How the run failed; first approves the gate of that title, if one is named. */
async function failureOf(run: Run, approving?: string): Promise<Failure> {
  if (approving !== undefined) await run.answer('approve', await run.gate(approving));
  const error = (await run.handle.result().catch((e: unknown) => e)) as WorkflowFailedError;
  const { type, message, details } = error.cause as Error & { type: string; details: [Report] };
  return { type, message, report: details[0] };
}
