import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkflowFailedError } from '@temporalio/client';
import type { BuildsAtBackup } from '../../src/machine/app/running-builds';
import { runbook } from './command-line';
import { headingsOf } from './headings';
import { control, linesOf, setStage, storyOf, type Run, type Stage } from './stage';
import { machineOf, restoredMachine, sourceId } from './world-checks';

jest.setTimeout(180_000);

const url = (build: string): string => `https://circleci.example.com/gh/acme/${build}`;
const stuck = [url('web/1201'), url('web/1202'), url('api/77')];
const finding = 'Find the builds that never end';
const approving = 'Approve deleting the build records';

interface Build {
  readonly url: string;
  readonly status: string;
  readonly startedAt?: string;
}

const buildsOf = (stage: Stage, id: string): Build[] =>
  machineOf(stage, id).inspect()['builds'] as Build[];
const runningOn = (stage: Stage, id: string): string[] =>
  buildsOf(stage, id).flatMap((build) => (build.status === 'running' ? [build.url] : []));

async function failureOf(run: Run): Promise<{ type?: string; message?: string }> {
  const error = (await run.handle.result().catch((e: unknown) => e)) as WorkflowFailedError;
  return error.cause as { type?: string; message?: string };
}

/** The running builds as the API tells them, with the token that the worker has. */
async function asked(stage: Stage): Promise<string[]> {
  const token = readFileSync(join(stage.dir, 'circleci_token'), 'utf8').trim();
  const response = await fetch(`${stage.lab.circleciUrl}/api/v1.1/recent-builds?filter=running`, {
    headers: { 'circle-token': token },
  });
  return ((await response.json()) as { build_url: string }[]).map((build) => build.build_url);
}

describe('with a token for the API', () => {
  let stage: Stage;
  let atBackup: BuildsAtBackup | undefined;
  let restored: string;
  const cleanUp = () => stage.start('cleanUpBuilds', { installation: 'prod' });

  beforeAll(async () => {
    stage = await setStage();
    const backup = await (await stage.start('backup', { installation: 'prod' })).report();
    expect(linesOf(backup.journal)).toEqual(headingsOf('backup'));
    atBackup = backup.buildsAtBackup;
    // Of this one no tag tells: the rest of the evidence is the report.
    const { images } = stage.lab.region.state;
    expect(JSON.stringify(images[backup.imageId ?? '']?.tags)).not.toContain('web/1201');
    await control(stage.lab, `/machines/${sourceId}/lose`);
    const restore = await (await stage.start('restore', { installation: 'prod' })).finish();
    expect(restore.notes.join('\n')).toContain('cleanUpBuilds {"installation":"prod"}');
    restored = restoredMachine(stage).instanceId;
    // What the new machine itself runs, what has ended since, and one that reuses a number.
    const now = new Date(stage.lab.clock.now()).toISOString();
    const builds = buildsOf(stage, restored).map((build) =>
      build.url === url('api/77') ? { ...build, startedAt: now } : build,
    );
    const ended = { url: url('web/1199'), status: 'success', startedAt: '2020-01-01T00:00:00Z' };
    builds.push({ url: url('web/1300'), status: 'running', startedAt: now }, ended);
    await control(stage.lab, `/machines/${restored}/set`, { builds });
  });
  afterAll(() => stage.close());

  test('a backup records what runs', () => {
    expect(atBackup).toMatchObject({ more: 0, isCut: false });
    expect(atBackup?.builds.map((build) => build.url)).toEqual(stuck);
  });

  test('exactly those from before the machine are offered, and a part can be approved', async () => {
    const run = await cleanUp();
    const gate = await run.gate(approving);
    expect(gate).toMatchObject({ builds: [url('web/1201'), url('web/1202')] });
    expect(gate.details).toContain(`\`${url('web/1201')}\` (ran at the backup, started `);
    expect(gate.details).not.toContain('api/77');

    const decision = { by: 'ana', gate: gate.id };
    // The builds of the new machine are not offered, so nobody can approve them.
    const foreign = { ...decision, builds: [url('web/1201'), url('web/1300')] };
    await expect(run.handle.executeUpdate('approve', { args: [foreign] })).rejects.toMatchObject({
      cause: { message: expect.stringContaining(`does not offer ${url('web/1300')};`) },
    });
    await expect(
      run.handle.executeUpdate('reject', { args: [{ ...decision, builds: [url('web/1201')] }] }),
    ).rejects.toMatchObject({ cause: { message: expect.stringContaining('takes none') } });
    expect(runningOn(stage, restored)).toHaveLength(4);

    const named = ['--gate', gate.id, '--by', 'ana', '--note', 'this'];
    const part = ['approve', run.handle.workflowId, ...named, '--build', url('web/1202')];
    expect(await runbook(stage.environment, ...part)).toMatchObject({ status: 0 });
    const report = await run.report();
    expect(report.builds).toMatchObject([{ url: url('web/1202'), outcome: 'deleted' }]);
    expect(report.notes.join('\n')).toContain(`Not approved, so not deleted: ${url('web/1201')}.`);
    expect(report.journal.find(({ title }) => title === approving)).toMatchObject({
      state: 'approved',
      by: 'ana',
      note: `1 of 2: ${url('web/1202')}; this`,
    });
    expect(linesOf(report.journal)).toEqual(headingsOf('clean-up-builds'));
    expect(runningOn(stage, restored)).toEqual([url('web/1201'), url('api/77'), url('web/1300')]);
    expect(await asked(stage)).toEqual(runningOn(stage, restored));
  });

  test('what is left is offered again, and deleted all at once', async () => {
    const run = await cleanUp();
    const gate = await run.gate(approving);
    expect(gate.builds).toEqual([url('web/1201')]);
    await run.answer('approve', gate);
    expect((await run.report()).builds).toMatchObject([{ outcome: 'deleted' }]);
    expect(runningOn(stage, restored)).toEqual([url('api/77'), url('web/1300')]);
    expect(await asked(stage)).toEqual(runningOn(stage, restored));
  });

  test('without any left nobody is asked', async () => {
    const report = await (await cleanUp()).report();
    expect(storyOf(report.journal).slice(1)).toEqual([
      `${finding} — done`,
      `${approving} — not needed`,
      'Delete abnormal build records — not needed',
      'End: done — done',
    ]);
    expect(runningOn(stage, restored)).toHaveLength(2);
  });

  test('an API that is down opens a gate, and a person waits for it', async () => {
    await control(stage.lab, '/dns', { name: 'circleci.example.com', address: '10.9.9.9' });
    const run = await cleanUp();
    const gate = await run.gate(`failed: ${finding}`);
    expect(gate.details).toContain('CircleciUnavailable');
    const address = machineOf(stage, restored).publicAddress;
    await control(stage.lab, '/dns', { name: 'circleci.example.com', address });
    await run.answer('retry', gate);
    await run.report();
  });
});

describe('where the report of the backup is lost', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(() => stage.close());

  test('what started before the machine was launched is offered', async () => {
    const unstarted = { url: url('web/1203'), status: 'running' };
    const builds = [...buildsOf(stage, sourceId), unstarted];
    await control(stage.lab, `/machines/${sourceId}/set`, { builds });
    const id = 'backup-of-a-lost-history';
    await (await stage.start('backup', { installation: 'prod' }, id)).report();
    // A later run of that name has taken its place in Temporal, and the folder has no report.
    expect(await failureOf(await stage.start('backup', {}, id))).toMatchObject({
      type: 'InvalidRequest',
    });
    rmSync(join(stage.dir, 'reports'), { recursive: true });
    await control(stage.lab, `/machines/${sourceId}/lose`);
    await (await stage.start('restore', { installation: 'prod' })).finish();
    const { instanceId } = restoredMachine(stage);
    const cleanUp = await stage.start('cleanUpBuilds', { installation: 'prod' });
    const gate = await cleanUp.gate(approving);
    expect(gate.builds).toEqual(stuck);
    expect(gate.details).toContain('started before the machine was launched');
    await cleanUp.answer('approve', gate);
    const { notes } = await cleanUp.report();
    // Without list and start nothing tells whether it works.
    expect(notes.join('\n')).toContain(`were left out: ${url('web/1203')}`);
    expect(runningOn(stage, instanceId)).toEqual([url('web/1203')]);
  });
});

describe('where the API does not answer', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ limits: { attempts: 2 } });
  });
  afterAll(() => stage.close());

  test('a backup is made all the same, and says what it lacks', async () => {
    await control(stage.lab, '/dns', { name: 'circleci.example.com', address: '10.9.9.9' });
    const report = await (await stage.start('backup', { installation: 'prod' })).report();
    expect(report.status).toBe('done');
    expect(storyOf(report.journal)).toContain('List the running builds — failed');
    expect(report.notes.join('\n')).toContain('The running builds were not listed: ');
    expect(report.buildsAtBackup).toBeUndefined();
    expect(stage.lab.region.state.images[report.imageId ?? '']?.state).toBe('available');
  });
});

describe('without a token', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ installation: { circleciApi: undefined } });
  });
  afterAll(() => stage.close());

  test('builds must be named', async () => {
    const failure = await failureOf(await stage.start('cleanUpBuilds', { installation: 'prod' }));
    expect(failure.type).toBe('InvalidRequest');
    expect(failure.message).toContain('builds: name them, or set circleciApi.tokenFile of prod');
    expect(stage.lab.journal.since(0)).toEqual([]);
  });

  test('a backup asks no API', async () => {
    const { journal } = await (await stage.start('backup', { installation: 'prod' })).report();
    expect(storyOf(journal)).toContain('List the running builds — not needed');
    expect(stage.lab.journal.since(0).filter(({ kind }) => kind === 'api')).toEqual([]);
  });
});
