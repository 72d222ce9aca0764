import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Report, Standing } from '../../src/contract/reports';
import { answerIn, runbook, startRunbook, type Running, type Said } from './command-line';
import { headingsOf } from './headings';
import { control, eventually, linesOf, setStage, type Stage } from './stage';
import {
  machineOf,
  madeByBackups,
  madeByRestores,
  restoredMachine,
  sourceId,
} from './world-checks';

jest.setTimeout(90_000);

let stage: Stage;
let restore = '';
/** A run that Temporal is told to forget, which takes it up to half a minute. */
let forgotten = { run: '', markdown: '', report: undefined as Report | undefined };
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());

const start = (...args: readonly string[]): Running => startRunbook(stage.environment, ...args);
const run = (...args: readonly string[]): Promise<Said> => runbook(stage.environment, ...args);
const json = async <T>(...args: readonly string[]): Promise<T> =>
  JSON.parse((await run(...args, '--json')).out) as T;
const runIn = (text: string): string => /^(\w+-\S+) started/m.exec(text)?.[1] ?? '';

/** Waits until the command has printed the text. */
const printed = (command: Running, text: string): Promise<true> =>
  eventually(`the command prints "${text}"`, 30, () => command.out().includes(text) || undefined);

/** Waits by another way than the program's until the run stands at the gate. */
const atGate = (title: string): Promise<true> =>
  eventually(`the gate "${title}"`, 30, async () => {
    const handle = stage.client.workflow.getHandle(restore);
    return (await handle.query<Standing>('standing')).gate?.title === title || undefined;
  });

describe('a backup', () => {
  test('is followed live and ends with status 0', async () => {
    const barrier = stage.lab.barriers.hold('CreateImage');
    const command = start('backup', 'prod');
    await barrier.reached;
    await printed(command, '✓ Read what a restore needs');
    expect(command.out()).not.toContain('Verify');
    barrier.release();
    const { out, err, status } = await command.ended;
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toMatch(/^backup-prod-\S+ started: backup {"installation":"prod"}$/m);
    expect(out).toMatch(/^done: ami-\w+/m);

    const ended = runIn(out);
    const [told, report] = await Promise.all([run('report', ended), json<Report>('report', ended)]);
    forgotten = { run: ended, markdown: told.out, report };
    const workflowExecution = { workflowId: ended };
    const { workflowService } = stage.client;
    await workflowService.deleteWorkflowExecution({ namespace: 'default', workflowExecution });
  });

  test('is listed from the tags of its image, to a person and to a program', async () => {
    const [image = ''] = madeByBackups(stage);
    const [{ out, status }, listed] = await Promise.all([
      run('backups', 'prod'),
      json('backups', 'prod'),
    ]);
    expect(status).toBe(0);
    expect(out).toMatch(
      new RegExp(`^${image} +us-east-1 +available .+ no-reboot +10\\.0\\.1\\.5 `, 'm'),
    );
    expect(listed).toMatchObject({
      backups: [{ image, state: 'available', record: { installation: 'prod', unrecorded: [] } }],
    });
  });
});

describe('a restore', () => {
  beforeAll(() => control(stage.lab, `/machines/${sourceId}/lose`));

  test('that a person rejects ends with status 1, for who follows it and who asks later', async () => {
    const command = start('restore', 'prod', '--watch');
    await printed(command, 'Waits for a person: Approve the launch');
    const rejected = await run(...answerIn(command.out(), 'reject'), '--note', 'a drill');
    expect(rejected).toMatchObject({ status: 0, err: '' });
    const { out, status } = await command.ended;
    expect(status).toBe(1);
    expect(out).toMatch(/✗ Approve the launch {2}rejected by ana .*: a drill/);
    expect(await run('status', runIn(out))).toMatchObject({ status: 1 });
    expect(madeByRestores(stage)).toEqual([]);
  });

  test('of an installation that there is not ends with status 1 and says which there are', async () => {
    const { out, status } = await run('restore', 'nowhere');
    expect(status).toBe(1);
    expect(out).toContain('no installation "nowhere". It has: prod.');
  });

  test('is started detached, waits with status 3, and is found by list', async () => {
    const started = await run('restore', 'prod', '--detach');
    expect(started).toMatchObject({ status: 0, err: '' });
    restore = runIn(started.out);
    await atGate('Approve the launch');
    const [{ out, status }, { standing }] = await Promise.all([
      run('status', restore),
      json<{ standing: Standing }>('status', restore),
    ]);
    expect(status).toBe(3);
    expect(out).toContain(`${restore}: restore of prod, waiting`);
    expect(standing).toMatchObject({ status: 'waiting', gate: { title: 'Approve the launch' } });
    // Temporal's visibility comes a moment after the run itself.
    const line = new RegExp(`^${restore} +prod +waiting +Approve the launch`, 'm');
    await eventually('the run in the list', 20, async () =>
      line.test((await run('list', '--open', '--installation', 'prod')).out) ? true : undefined,
    );
  });

  test('takes no answer that names another gate or none, and shows the one it takes', async () => {
    const right = answerIn((await run('status', restore)).out, 'approve');
    const gate = right.at(-1) ?? 'no gate';
    const approve = ['approve', restore, '--by', 'ana'];
    const [wrong, unnamed] = await Promise.all([
      run(...approve, '--gate', 'launch-0000'),
      run(...approve, '--yes'),
    ]);
    expect(wrong).toMatchObject({ status: 1, out: '' });
    expect(wrong.err).toContain(`gate launch-0000 is not open; open is ${gate}; send instead: `);
    expect(wrong.err).toContain(`{"by":"YOUR NAME","gate":"${gate}"`);
    expect(unnamed.status).toBe(2);
    expect(answerIn(`  ${unnamed.err.split(': ')[1] ?? ''}`, 'approve')).toEqual(right);
    expect(madeByRestores(stage)).toEqual([]);

    const taken = await run(...right);
    expect(taken).toMatchObject({ status: 0, err: '' });
    expect(taken.out).toContain(`approve accepted by ${restore} (gate ${gate}).`);
  });

  test('goes on to its end by the answers that are shown to who follows it', async () => {
    const command = start('status', restore, '--watch');
    await printed(command, 'Waits for a person: Change the DNS record');
    const { publicAddress } = machineOf(stage, madeByRestores(stage)[0]);
    await control(stage.lab, '/dns', { name: 'circleci.example.com', address: publicAddress });
    await run(...answerIn(command.out(), 'approve'));
    const { out, status } = await command.ended;
    expect(status).toBe(0);
    expect(out).toContain(`runs on ${restoredMachine(stage).instanceId}, restored from`);
  });

  test('leaves a report, in Markdown and in JSON', async () => {
    const [{ out, status }, report] = await Promise.all([
      run('report', restore),
      json<Report>('report', restore),
    ]);
    expect(status).toBe(0);
    expect(out).toMatch(/^# .*restore.*prod/i);
    expect(report).toMatchObject({ status: 'done', workflowId: restore });
    expect(linesOf(report.journal)).toEqual(headingsOf('restore'));
  });

  test('leaves a machine that the doctor can log in to by the key in its tag', async () => {
    const { out, status } = await run('doctor');
    expect(out.split('\n').filter((line) => /^(warn|FAIL)/.test(line))).toEqual([]);
    expect(out).toContain(`ok    prod: SSH to ubuntu@${restoredMachine(stage).privateAddress}`);
    expect(status).toBe(0);
  });
});

test('a report is still there when Temporal has forgotten the run, or is gone', async () => {
  const { run: workflowId, markdown, report } = forgotten;
  const stem = join(stage.dir, 'reports', `${workflowId}-${report?.runId.slice(-8) ?? ''}`);
  expect([`${stem}.md`, `${stem}.json`].filter((path) => !existsSync(path))).toEqual([]);
  const whole = { status: 0, out: markdown, err: '' };
  const gone = { ...stage.environment, TEMPORAL_ADDRESS: '127.0.0.1:1' };
  const [saved, unknown] = await Promise.all([
    runbook(gone, 'report', workflowId),
    runbook(gone, 'report', 'restore-prod-never'),
  ]);
  expect(saved).toEqual(whole);
  expect(unknown.status).toBe(4);
  expect(unknown.err).toContain('No report of restore-prod-never. Cannot reach Temporal');

  await eventually('Temporal has forgotten the run', 60, () =>
    stage.client.workflow
      .getHandle(workflowId)
      .describe()
      .then(
        () => undefined,
        () => true,
      ),
  );
  const [standing, text, object] = await Promise.all([
    run('status', workflowId),
    run('report', workflowId),
    json('report', workflowId),
  ]);
  expect(standing).toMatchObject({ status: 1, out: '' });
  expect(standing.err).toContain(`There is no run ${workflowId}`);
  expect(text).toEqual(whole);
  expect(object).toEqual(report);
});
