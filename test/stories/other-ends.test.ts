/** The gates that only some restores have, and runs that are cancelled in the middle of a step. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CreateImageCommand, EC2Client } from '@aws-sdk/client-ec2';
import type { WorkflowFailedError } from '@temporalio/client';
import type { Report } from '../../src/contract/reports';
import type { LabOptions } from '../../src/lab/compose';
import { lostMachine } from './crash';
import { control, eventually, setStage, type Run, type Stage } from './stage';
import {
  expectSoundWorld,
  machineOf,
  madeByRestores,
  restoredMachine,
  sourceId,
} from './world-checks';

jest.setTimeout(120_000);

const elasticIp = 'eipalloc-0123456789abcdef0';
const address = '203.0.113.10';

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

/** What every end has: a closed journal, tags on the machine, what is left, and report files. */
function expectClosed(on: Stage, report: Report): void {
  expect(report.journal.at(-1)).toMatchObject({ kind: 'end', title: `End: ${report.status}` });
  expect(report.journal.filter(({ endedAt }) => endedAt === undefined)).toEqual([]);
  expect(report.leftToDo.length).toBeGreaterThan(0);
  const files = readdirSync(join(on.dir, 'reports')).filter((name) => name.startsWith('restore'));
  expect(files).toHaveLength(2);
  for (const id of madeByRestores(on)) {
    const { tags } = on.lab.region.state.instances[id] ?? {};
    expect(tags?.['runbook:state']).toContain(report.status);
    expect(tags?.['runbook:todo']).not.toBe('nothing');
    expect(report.leftToDo.at(-1)).toContain(`"instance":"${id}"`);
  }
  expectSoundWorld(on);
}

async function failureOf(run: Run): Promise<WorkflowFailedError> {
  return (await run.handle.result().catch((error: unknown) => error)) as WorkflowFailedError;
}

/** The image of the old machine as a person makes it in the console; then that machine is gone. */
async function imageByHand({ lab }: Stage): Promise<string> {
  const credentials = { accessKeyId: 'PERSON', secretAccessKey: 'opens-nothing' };
  const ec2 = new EC2Client({ region: 'us-east-1', endpoint: lab.ec2Url, credentials });
  const { ImageId: id = '' } = await ec2.send(
    new CreateImageCommand({ InstanceId: sourceId, Name: 'by hand' }),
  );
  await eventually(
    'the image',
    30,
    () => lab.region.state.images[id]?.state === 'available' || undefined,
  );
  await control(lab, `/machines/${sourceId}/lose`);
  Reflect.deleteProperty(lab.region.state.instances, sourceId);
  return id;
}

const places: [string, Partial<LabOptions>, boolean][] = [
  ['Approve moving the Elastic IP', { installation: { reachedBy: { elasticIp } } }, false],
  ['Confirm the old addresses', { installation: { launch: launchSettings() } }, true],
  ['3. Change the GitHub OAuth application', { installation: { hostname: address } }, true],
];

function launchSettings(): Record<string, unknown> {
  return {
    instanceType: 'm5.2xlarge',
    subnet: 'subnet-0aaaaaaaaaaaaaaa1',
    securityGroups: ['sg-0123456789abcdef0'],
  };
}

test.each(places)(
  'rejected at "%s": closed, tagged, reported',
  async (title, options, launched) => {
    stage = await setStage(options);
    const hostname = options.installation?.['hostname'];
    if (hostname) await control(stage.lab, `/machines/${sourceId}/set`, { hostname });
    const byHand = title.startsWith('Confirm');
    const image = byHand ? await imageByHand(stage) : undefined;
    if (!byHand) await lostMachine(stage);
    const run = await stage.start('restore', { installation: 'prod', image });
    await run.answer('reject', await run.approveUntil(title), 'another day');

    const { cause } = await failureOf(run);
    expect(cause).toMatchObject({ type: 'Rejected' });
    const { report, journal } = await run.standing();
    expect(journal.findLast((entry) => entry.title === title)).toMatchObject({
      state: 'rejected',
      by: 'ana',
      note: 'another day',
    });
    expect(madeByRestores(stage)).toHaveLength(launched ? 1 : 0);
    expect(stage.lab.region.state.addresses[elasticIp]?.instanceId).toBeUndefined();
    if (report === undefined) throw new Error('the run has no report');
    expectClosed(stage, report);
  },
);

describe('a restore that is cancelled', () => {
  test('while its machine boots ends the wait first, and is taken up again', async () => {
    stage = await setStage({ timings: { statusOk: 3000 } });
    await lostMachine(stage);
    const run = await stage.start('restore', { installation: 'prod' });
    await run.answer('approve', await run.gate('Approve the launch'));
    const id = await eventually('the wait', 30, async () => {
      const { step, instanceId } = await run.standing();
      return step === 'Wait for its status checks' ? instanceId : undefined;
    });
    await run.handle.cancel();
    expect((await failureOf(run)).message).toContain('cancelled');
    await expectActivitiesOver(run);
    const { report } = await run.standing();
    expect(report).toMatchObject({ status: 'cancelled', instanceId: id });
    if (report) expectClosed(stage, report);

    const again = await stage.start('restore', { installation: 'prod', instance: id });
    await again.finish();
    expect(restoredMachine(stage).instanceId).toBe(id);
  });

  test('at a late gate leaves the machine as it is, and is taken up again', async () => {
    stage = await setStage();
    await lostMachine(stage);
    const run = await stage.start('restore', { installation: 'prod' });
    await run.approveUntil('Change the DNS record');
    await run.handle.cancel();
    expect((await failureOf(run)).message).toContain('cancelled');
    const { report, journal } = await run.standing();
    expect(journal.find(({ title }) => title === 'Change the DNS record')?.state).toBe('cancelled');
    const [id = ''] = madeByRestores(stage);
    expect(machineOf(stage, id).inspect()).toMatchObject({ app: { state: 'stopped' } });
    if (report === undefined) throw new Error('the run has no report');
    expectClosed(stage, report);

    const again = await stage.start('restore', { installation: 'prod', instance: id });
    await again.finish();
    expect(restoredMachine(stage).instanceId).toBe(id);
  });
});

/** Every activity that was begun has ended before the run closed. */
async function expectActivitiesOver(run: Run): Promise<void> {
  const { events = [] } = await run.handle.fetchHistory();
  const begun = events?.filter((event) => event.activityTaskScheduledEventAttributes) ?? [];
  const ended = events?.filter(
    (event) =>
      event.activityTaskCompletedEventAttributes ??
      event.activityTaskFailedEventAttributes ??
      event.activityTaskCanceledEventAttributes,
  );
  expect(ended).toHaveLength(begun.length);
}
