/** A drill: a restore that is made only to prove a backup, and leaves nothing behind. */
import { CreateTagsCommand, EC2Client, ModifyInstanceAttributeCommand } from '@aws-sdk/client-ec2';
import { seeded } from '../../src/lab/region/seed';
import type { Report } from '../../src/contract/reports';
import { runbook } from './command-line';
import { crashAt } from './crash';
import { headingsOf } from './headings';
import { control, eventually, linesOf, setStage, type Run, type Stage } from './stage';
import { machineOf, madeByRestores, sourceId } from './world-checks';

jest.setTimeout(120_000);

const drillHere = {
  subnet: seeded.subnets[1],
  quarantineSecurityGroup: seeded.quarantineGroup,
};
const testHostname = 'drill.example.com';

/** What the stories look at. */
function looksAt(stage: () => Stage) {
  const drills = () =>
    Object.values(stage().lab.region.state.instances).filter(
      ({ tags }) => tags['runbook:kind'] === 'drill',
    );
  return {
    drills,
    living: () => drills().filter(({ state }) => state !== 'terminated'),
    latest: () =>
      drills()
        .sort((a, b) => a.createdAt - b.createdAt)
        .at(-1),
    volumesOf: (id: string | undefined) =>
      Object.values(stage().lab.region.state.volumes).filter(({ instanceId }) => instanceId === id),
    image: (id: string | undefined) => stage().lab.region.state.images[id ?? ''],
    start: (more: object = {}) => stage().start('drill', { installation: 'prod', ...more }),
    events: (id: string | undefined) =>
      stage()
        .lab.journal.since(0)
        .filter(({ machine }) => machine === id),
  };
}

/** The report, however the run ended. */
const ended = (run: Run): Promise<Report> =>
  run.report().catch((error: unknown) => {
    const { cause } = error as { cause?: { details?: Report[] } };
    const [report] = cause?.details ?? [];
    if (report === undefined) throw error;
    return report;
  });

/** Puts the machine into the group of the live one, as a person would to reach something. */
async function letOut(stage: Stage, InstanceId: string): Promise<void> {
  const credentials = { accessKeyId: 'PERSON', secretAccessKey: 'opens-nothing' };
  const ec2 = new EC2Client({ region: seeded.region, endpoint: stage.lab.ec2Url, credentials });
  const Groups = [seeded.servicesGroup];
  await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, Groups }));
  ec2.destroy();
}

/** What `runbook orphans` says. */
const orphansOf = async (environment: Readonly<Record<string, string>>, ...more: string[]) => {
  const { out, status } = await runbook(environment, 'orphans', ...more, '--json');
  const { orphans, ended: gone } = JSON.parse(out) as {
    orphans: { instance: string; why: string; isPastItsTime: boolean }[];
    ended: string[];
  };
  return { status, orphans, ended: gone };
};

describe('a drill', () => {
  let stage: Stage;
  const { drills, living, latest, volumesOf, image, start, events } = looksAt(() => stage);
  beforeAll(async () => {
    const drill = { ...drillHere, schedule: { cron: '0 5 * * 6' } };
    stage = await setStage({ installation: { drill, keep: { last: 1 } } });
    // A volume that a person attached outlives its machine, unless a launch says otherwise.
    await control(stage.lab, `/machines/${sourceId}/attach`, { device: '/dev/sdf', size: 50 });
    await (await stage.start('backup', { installation: 'prod' })).report();
  });
  afterAll(() => stage.close());

  test('restores the newest backup in quarantine, says so on it, and leaves nothing', async () => {
    const report = await (await start()).finish();
    expect(linesOf(report.journal)).toEqual(headingsOf('drill'));
    const [machine] = drills();
    expect(machine).toMatchObject({ state: 'terminated', groupIds: [seeded.quarantineGroup] });
    expect(machine?.profileArn).toBeUndefined();
    expect(volumesOf(machine?.id)).toEqual([]);
    expect(image(report.imageId)?.tags['runbook:proven']).toMatch(/^\d{4}-\S+Z passed$/);
    expect(report.verdict).toEqual({ outcome: 'passed', why: '' });
    const texts = events(machine?.id).map(({ text }) => text);
    expect(texts).toContainEqual(expect.stringContaining('the app is started'));
    // Nothing that it dialled was the live machine, which went on as before.
    const dials = events(machine?.id).flatMap(({ kind, text }) => (kind === 'dial' ? text : []));
    expect(dials.length).toBeGreaterThan(0);
    expect(dials.filter((text) => !text.includes(machine?.privateAddress ?? '?'))).toEqual([]);
    expect(machineOf(stage, sourceId).inspect()).toMatchObject({ app: { state: 'started' } });
    expect(madeByRestores(stage)).toEqual([]);
  });

  test('is told by a check, and its report says where the time went', async () => {
    const checked = await runbook(stage.environment, 'check', 'prod');
    expect(checked.out).toContain('last proven restore');
    const listed = await runbook(stage.environment, 'drills', 'prod', '--json');
    const { drills: lines, trend } = JSON.parse(listed.out) as {
      drills: { workflowId: string; times: Record<string, number> }[];
      trend: string[];
    };
    // Drills of other stories may be known to the same Temporal.
    expect(trend[0]).toMatch(/^prod: \d+ of \d+ drills passed/);
    const { total = 0, AWS = 0, machine = 0, person } = lines[0]?.times ?? {};
    expect(AWS).toBeGreaterThan(0);
    expect(machine).toBeGreaterThan(0);
    expect(person).toBe(0);
    expect(AWS + machine).toBeLessThanOrEqual(total + 1);
    const told = await runbook(stage.environment, 'report', lines[0]?.workflowId ?? '');
    expect(told.out).toContain('## Where the time went');
    expect(told.out).toMatch(/\| Verdict \| passed \|/);
  });

  test('never excludes a backup, which keeps the image that is being proven', async () => {
    const run = await start();
    await eventually('its machine', 60, () => living()[0]);
    const before = (await run.standing()).imageId;
    const report = await (
      await stage.start('backup', { installation: 'prod', unattended: true })
    ).report();
    expect(report.status).toBe('done');
    expect(report.notes.join('\n')).toContain(`the drill on ${latest()?.id ?? ''}`);
    expect(image(before)?.state).toBe('available');
    expect((await run.finish()).verdict?.outcome).toBe('passed');
    expect(living()).toEqual([]);
  });

  test('whose app does not come up says so on the backup, without a question', async () => {
    const run = await start({ unattended: true });
    const machine = await eventually('its machine', 60, () => living()[0]);
    await control(stage.lab, `/machines/${machine.id}/set`, { startFails: 'manifest unknown' });
    const report = await ended(run);
    expect(report.status).toBe('failed');
    expect(report.verdict).toMatchObject({
      outcome: 'failed',
      why: expect.stringContaining('6. Restart the app: AppNotStarted'),
    });
    expect(image(report.imageId)?.tags['runbook:proven']).toMatch(/ failed: 6\. Restart the app/);
    expect(living()).toEqual([]);
    const checked = await runbook(stage.environment, 'check', 'prod');
    expect(checked.out).toContain('the last test restore failed');
  });

  test('comes by its schedule, and takes a later proof for the better one', async () => {
    await runbook(stage.environment, 'schedules', 'apply');
    const schedule = stage.client.schedule.getHandle(`drill-prod@${stage.taskQueue}`);
    await schedule.trigger();
    const [started] = await eventually('its run', 30, async () => {
      const { recentActions } = (await schedule.describe()).info;
      return recentActions.length > 0 ? recentActions : undefined;
    });
    const { workflowId } = started?.action.workflow ?? { workflowId: '' };
    const report = (await stage.client.workflow.getHandle(workflowId).result()) as Report;
    expect(report).toMatchObject({ runbook: 'drill', verdict: { outcome: 'passed' } });
    expect(image(report.imageId)?.tags['runbook:proven']).toMatch(/ passed$/);
    expect(living()).toEqual([]);
    await schedule.delete();
  });

  test('that is cancelled ends its machine, and says nothing of the backup', async () => {
    const run = await start();
    await eventually('its machine', 60, () => living()[0]);
    const { imageId } = await run.standing();
    const before = image(imageId)?.tags['runbook:proven'];
    await run.handle.cancel();
    await expect(run.report()).rejects.toThrow(/cancelled/i);
    const { report } = await run.standing();
    expect(report).toMatchObject({
      verdict: { outcome: 'none' },
      leftToDo: [],
      summary: 'The run was cancelled; its machine is gone.',
    });
    expect(living()).toEqual([]);
    expect(image(imageId)?.tags['runbook:proven']).toBe(before);
  });

  test('whose worker is killed at the launch launches no second machine, and ends the one', async () => {
    const before = drills().length;
    const crashed = await crashAt(stage, 'RunInstances');
    const run = await start({ unattended: true });
    await crashed();
    const report = await ended(run);
    expect(report.verdict?.outcome).toBe('passed');
    expect(drills()).toHaveLength(before + 1);
    expect(living()).toEqual([]);
  });

  test('is no success when its machine cannot be ended, and says what is left', async () => {
    await control(stage.lab, '/deny', { actions: ['TerminateInstances'] });
    const report = await ended(await start({ unattended: true }));
    await control(stage.lab, '/deny', { actions: [] });
    expect(report).toMatchObject({ status: 'failed', verdict: { outcome: 'passed' } });
    expect(report.summary).toContain('TerminateInstances');
    expect(report.leftToDo[0]).toMatch(/^End the machine: .*until it ends itself at \d{4}-/);
    const [machine] = living();
    await control(stage.lab, `/machines/${machine?.id ?? ''}/lose`);
  });

  test('starts nothing once somebody has let its machine out of quarantine', async () => {
    const run = await start({ unattended: true });
    const machine = await eventually('its machine', 60, () => living()[0]);
    await letOut(stage, machine.id);
    const report = await ended(run);
    expect(report.summary).toContain(`in no other security group`);
    expect(report.verdict?.outcome).toBe('none');
    const texts = events(machine.id).map(({ text }) => text);
    expect(texts.filter((text) => text.includes('dials'))).toEqual([]);
    expect(texts.filter((text) => /^the app (starts|is started)/.test(text))).toEqual([]);
    expect(living()).toEqual([]);
  });
});

describe('a drill that asks people', () => {
  let stage: Stage;
  // Some drills here find it bad: a restore takes it only by its name then.
  let imageId: string | undefined;
  const { living, image, start } = looksAt(() => stage);
  beforeAll(async () => {
    const asked = { ask: ['oauth', 'login'], hostname: testHostname, ttl: '3 days' };
    const drill = { ...drillHere, ...asked };
    stage = await setStage({ installation: { drill } });
    ({ imageId } = await (await stage.start('backup', { installation: 'prod' })).report());
  });
  afterAll(() => stage.close());

  test('says nothing of the backup when its test hostname cannot be looked up', async () => {
    const report = await ended(await start({ unattended: true }));
    expect(report.verdict).toMatchObject({
      outcome: 'none',
      why: expect.stringContaining(`DnsNotChanged: ${testHostname} cannot be looked up`),
    });
    expect(living()).toEqual([]);
    await control(stage.lab, '/dns', { name: testHostname, address: '198.51.100.1' });
  });

  test('says what to do for an OAuth application of its own, and takes no login for a verdict', async () => {
    const run = await start();
    const oauth = await run.approveUntil('3. Create a GitHub OAuth application');
    expect(oauth.details).toContain(`https://${testHostname}/auth/github`);
    const [machine] = living();
    expect(oauth.expiresAt <= (machine?.tags['runbook:expires'] ?? '')).toBe(true);
    await run.answer('approve', oauth);
    const login = await run.gate('Log in to the application');
    expect(machineOf(stage, machine?.id).inspect()).toMatchObject({ app: { state: 'started' } });
    await run.answer('reject', login, 'the page stays white');
    const report = await ended(run);
    expect(report).toMatchObject({
      status: 'rejected',
      verdict: {
        outcome: 'failed',
        why: 'ana could not log in to the application: the page stays white',
      },
    });
    expect(image(report.imageId)?.tags['runbook:proven']).toContain('ana could not log in');
    expect(living()).toEqual([]);
    const listed = await runbook(stage.environment, 'drills', '--json');
    const { drills } = JSON.parse(listed.out) as { drills: { times: { person: number } }[] };
    expect(drills[0]?.times.person).toBeGreaterThan(0);
  });

  test('starts no app when its machine was let out of quarantine at a question', async () => {
    const run = await start();
    const oauth = await run.approveUntil('3. Create a GitHub OAuth application');
    const [machine] = living();
    await letOut(stage, machine?.id ?? '');
    await run.answer('approve', oauth);
    const report = await ended(run);
    expect(report).toMatchObject({ status: 'failed', verdict: { outcome: 'none' } });
    expect(report.summary).toContain('in no other security group');
    expect(report.journal.at(-2)).toMatchObject({ title: 'End the machine', state: 'done' });
    expect(living()).toEqual([]);
  });

  test('that a person aborts at a failed step ends its machine', async () => {
    const run = await start();
    const machine = await eventually('its machine', 60, () => living()[0]);
    await control(stage.lab, `/machines/${machine.id}/set`, { startFails: 'manifest unknown' });
    const gate = await run.approveUntil('failed: 6. Restart the app');
    await run.answer('abort', gate, 'seen enough');
    const report = await ended(run);
    expect(report).toMatchObject({ status: 'aborted', verdict: { outcome: 'failed' } });
    expect(living()).toEqual([]);
  });

  test('cannot run beside another one', async () => {
    const first = await start();
    await eventually('its machine', 60, () => living()[0]);
    const second = await start();
    await expect(second.report()).rejects.toMatchObject({ cause: { type: 'DrillOpen' } });
    await first.handle.cancel();
    await first.report().catch(() => undefined);
    expect(living()).toEqual([]);
  });

  test('is ended by tags alone when it is past its time and Temporal is gone, too', async () => {
    const run = await start();
    const machine = await eventually('its machine', 60, () => living()[0]);
    await stage.killWorker();
    await run.handle.terminate('its record is lost');
    const nowhere = { ...stage.environment, TEMPORAL_ADDRESS: '127.0.0.1:1' };
    const young = await orphansOf(nowhere, '--clean');
    expect(young.orphans[0]?.why).toContain('of whose run nothing is known');
    expect(young.ended).toEqual([]);
    // As if its own timer had failed for a day.
    const credentials = { accessKeyId: 'PERSON', secretAccessKey: 'opens-nothing' };
    const ec2 = new EC2Client({ region: seeded.region, endpoint: stage.lab.ec2Url, credentials });
    const Tags = [{ Key: 'runbook:expires', Value: '2026-01-01T00:00:00.000Z' }];
    await ec2.send(new CreateTagsCommand({ Resources: [machine.id], Tags }));
    ec2.destroy();
    const listed = await orphansOf(nowhere);
    expect(listed).toMatchObject({ status: 1, orphans: [{ isPastItsTime: true }], ended: [] });
    expect(await orphansOf(nowhere, '--clean')).toMatchObject({ status: 0, ended: [machine.id] });
    await eventually('it is gone', 20, () => (living().length === 0 ? true : undefined));
    await stage.startWorker();
  });

  test('is in the way of no restore, which does not take its machine for another production', async () => {
    const drill = await start();
    await eventually('its machine', 60, () => living()[0]);
    await control(stage.lab, `/machines/${sourceId}/lose`);
    const run = await stage.start('restore', { installation: 'prod', image: imageId });
    await run.gate('Approve the launch');
    const { journal } = await run.standing();
    expect(journal.find(({ title }) => title === 'Fence the old machine')).toMatchObject({
      state: 'not needed',
    });
    expect((await drill.standing()).status).toMatch(/^(running|waiting)$/);
    await drill.handle.cancel();
    await drill.report().catch(() => undefined);
    await run.handle.cancel();
    await run.report().catch(() => undefined);
    expect([...living(), ...madeByRestores(stage)]).toEqual([]);
  });

  test('leaves a machine of a restore alone, and says what is left to do on it', async () => {
    const run = await stage.start('restore', { installation: 'prod', image: imageId });
    const gate = await run.approveUntil('Change the DNS record');
    await run.answer('reject', gate, 'not today');
    await run.report().catch(() => undefined);
    const [id] = madeByRestores(stage);
    const found = await orphansOf(stage.environment, '--clean');
    expect(found.ended).toEqual([]);
    expect(found.orphans).toMatchObject([
      { instance: id, isPastItsTime: false, why: expect.stringContaining('rejected') },
    ]);
    expect(madeByRestores(stage)).toEqual([id]);
  });
});

describe('a drill whose run is lost', () => {
  let stage: Stage;
  const { drills, living, latest, start } = looksAt(() => stage);
  beforeAll(async () => {
    stage = await setStage({
      installation: { drill: { ...drillHere, ask: ['oauth'], ttl: '80 minutes' } },
    });
    await (await stage.start('backup', { installation: 'prod' })).report();
  });
  afterAll(() => stage.close());

  test('is no orphan while it is open; terminated it is one, and its machine ends itself', async () => {
    const run = await start();
    const machine = await eventually('its machine', 60, () => living()[0]);
    expect((await orphansOf(stage.environment)).orphans).toEqual([]);
    await run.handle.terminate('its record is lost');
    const { orphans, status } = await orphansOf(stage.environment, '--clean');
    expect(orphans).toMatchObject([
      { instance: machine.id, isPastItsTime: false, why: expect.stringContaining('is over') },
    ]);
    expect(status).toBe(0);
    expect(drills().find(({ id }) => id === machine.id)?.state).toBe('running');
    await eventually('it has ended itself', 40, () => (living().length === 0 ? true : undefined));
    expect(latest()?.stateReason?.code).toBe('Client.InstanceInitiatedShutdown');
  });
});
