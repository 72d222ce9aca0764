/** Copies in another region, and a restore there when the first region is gone. */
import { DeregisterImageCommand, EC2Client } from '@aws-sdk/client-ec2';
import type { Report } from '../../src/contract/reports';
import { seeded, seededElsewhere } from '../../src/lab/region/seed';
import { crashAt } from './crash';
import { runbook } from './command-line';
import { headingsOf } from './headings';
import { control, eventually, linesOf, setStage, type Stage } from './stage';
import { madeByBackups, machineOf, madeByRestores, sourceId } from './world-checks';

jest.setTimeout(120_000);

const { region: west, subnet, servicesGroup, quarantineGroup, kmsKey } = seededElsewhere;

describe('an installation with copies in another region', () => {
  let stage: Stage;
  beforeAll(async () => {
    const launch = { subnet, securityGroups: [servicesGroup] };
    stage = await setStage({
      underPolicies: true,
      installation: {
        keep: { last: 1 },
        copies: [{ region: west, kmsKey, launch }],
        drill: { region: west, quarantineSecurityGroup: quarantineGroup },
      },
      limits: { unattendedGate: '5 seconds' },
    });
  });
  afterAll(() => stage.close());

  const backUp = (more: object = {}) => stage.start('backup', { installation: 'prod', ...more });
  const stateOf = (region: string) => stage.lab.regions.named(region)?.state;
  /** What is registered in the region, in the order in which it was made. */
  const images = (region: string) =>
    Object.values(stateOf(region)?.images ?? {}).filter(
      ({ state, foreign }) => state !== 'deregistered' && !foreign,
    );

  test('gets one with each backup, with everything that a restore needs to know', async () => {
    const report = await (await backUp()).report();
    expect(linesOf(report.journal)).toEqual(headingsOf('backup'));
    const [original] = images(seeded.region);
    const [copy, ...more] = images(west);
    expect(more).toEqual([]);
    expect(copy).toMatchObject({ name: original?.name, state: 'available' });
    const { 'runbook:verified': verdict, ...rest } = original?.tags ?? {};
    expect(copy?.tags).toMatchObject({ ...rest, 'runbook:verified': 'yes' });
    expect(verdict).toBe('yes');
    expect(copy?.tags['runbook:copied-from']).toContain(`${seeded.region} ${original?.id ?? ''} `);
    expect(stateOf(west)?.snapshots[copy?.snapshotId ?? '']).toMatchObject({
      kmsKey,
      tags: { 'runbook:kind': 'backup', 'runbook:run': report.workflowId },
    });
    expect(report.notes).toContain(`${west} has a copy: ${copy?.id ?? ''}.`);
  });

  test('gets one only, when the worker is killed with the copy begun', async () => {
    const before = images(west).length;
    const crashed = await crashAt(stage, 'CopyImage');
    const run = await backUp();
    await crashed();
    const report = await run.report();
    expect(images(west)).toHaveLength(before + 1);
    expect(report.status).toBe('done');
  });

  test('keeps and removes copies with their originals; what is held here is kept there', async () => {
    const [first] = images(seeded.region);
    const copy = images(west).find(({ name }) => name === first?.name);
    const holding = ['hold', copy?.id ?? '', '--reason', 'before the upgrade'] as const;
    const held = await runbook(stage.environment, ...holding);
    expect(held.out).toContain(`${first?.id ?? ''} and ${copy?.id ?? ''} are held`);
    const report = await (await backUp({ unattended: true })).report();
    for (const region of [seeded.region, west]) {
      expect(images(region).map(({ name }) => name)).toEqual([
        first?.name,
        report.imageId === undefined ? '' : stateOf(seeded.region)?.images[report.imageId]?.name,
      ]);
      expect(Object.keys(stateOf(region)?.snapshots ?? {})).toHaveLength(2);
    }
    expect(report.notes.join('\n')).toContain(`in ${west} kept because it is held`);
  });

  test('is proved by a drill there, which counts for the backup as a whole', async () => {
    const drill = await stage.start('drill', { installation: 'prod', unattended: true });
    const report = await drill.report();
    expect(report.verdict).toEqual({ outcome: 'passed', why: '' });
    const proven = images(west).find(({ id }) => id === report.imageId);
    expect(proven?.tags['runbook:proven']).toMatch(/ passed$/);
    const checked = await runbook(stage.environment, 'check', '--json');
    expect(JSON.parse(checked.out)).toMatchObject({
      installations: [{ lastProvenRestore: { image: report.imageId } }],
    });
  });

  test('asks about a copy that fails for its key, and makes another after it is mended', async () => {
    const there = stateOf(west);
    const keys = there?.kmsKeys.splice(0) ?? [];
    const run = await backUp();
    const gate = await run.gate('failed: Copy the image to other regions');
    expect(gate.details).toContain(`${west}: `);
    expect(gate.details).toContain(`The key ${kmsKey} does not exist`);
    there?.kmsKeys.push(...keys);
    const failed = images(west).find(({ state }) => state === 'failed');
    const ec2 = new EC2Client({
      region: west,
      endpoint: stage.lab.ec2Url,
      credentials: { accessKeyId: 'PERSON', secretAccessKey: 'opens-nothing' },
    });
    await ec2.send(new DeregisterImageCommand({ ImageId: failed?.id }));
    ec2.destroy();
    await run.answer('retry', gate);
    const report = await run.report();
    const name = stateOf(seeded.region)?.images[report.imageId ?? '']?.name;
    expect(images(west).filter((image) => image.name === name)).toMatchObject([
      { state: 'available', tags: { 'runbook:verified': 'yes' } },
    ]);
  });

  test('cannot be restored in a region that has no copies', async () => {
    const run = await stage.start('restore', { installation: 'prod', region: 'eu-west-1' });
    await expect(run.report()).rejects.toMatchObject({
      cause: {
        type: 'UnknownInstallation',
        message: expect.stringContaining(`only in ${seeded.region} and ${west}`),
      },
    });
  });

  test('removes nothing while a region does not answer', async () => {
    const before = images(seeded.region).map(({ id }) => id);
    await control(stage.lab, `/regions/${west}`, { off: true });
    const run = await stage.start('prune', { installation: 'prod' });
    const gate = await run.gate('failed: Plan what to keep');
    expect(gate.details).toContain(`${west}: AWS did not take DescribeImages`);
    await run.answer('abort', gate, 'later');
    await run.report().catch(() => undefined);
    await control(stage.lab, `/regions/${west}`, { off: false });
    expect(images(seeded.region).map(({ id }) => id)).toEqual(before);
  });

  test('is asked in vain in the night about a copy, and no old backup goes', async () => {
    const before = images(seeded.region).map(({ id }) => id);
    await control(stage.lab, `/regions/${west}`, { off: true });
    const run = await backUp({ unattended: true });
    const ended: unknown = await run.report().catch((error: unknown) => error);
    const failure = (ended as { cause?: { type?: string; details?: Report[] } }).cause;
    await control(stage.lab, `/regions/${west}`, { off: false });
    expect(failure?.type).toBe('GateExpired');
    const [report] = failure?.details ?? [];
    expect(report?.leftToDo).toContain(`Copy the image to other regions: a copy in ${west}`);
    // The backup itself is there, and so are those before it.
    expect(images(seeded.region).map(({ id }) => id)).toEqual([...before, report?.imageId]);
    expect(linesOf(report?.journal ?? [])).toContain('Remove old backups');
  });

  test('is listed also while one of its regions does not answer', async () => {
    await control(stage.lab, `/regions/${seeded.region}`, { off: true });
    const listed = await runbook(stage.environment, 'backups', 'prod');
    await control(stage.lab, `/regions/${seeded.region}`, { off: false });
    expect(listed).toMatchObject({ status: 4 });
    expect(listed.out).toContain(`${seeded.region} could not be asked`);
    expect(listed.out).toMatch(new RegExp(`ami-\\w+ +${west} +available`));
  });

  test('is restored there when its own region is gone', async () => {
    await control(stage.lab, `/regions/${seeded.region}`, { off: true });
    const checked = await runbook(stage.environment, 'check', 'prod');
    expect(checked.out).toContain(`prod: AWS could not be asked`);
    expect(checked.out).toMatch(new RegExp(`ok +prod: ${west} has ami-`));

    const run = await stage.start('restore', { installation: 'prod', region: west });
    const fence = await run.gate('Fence the old machine');
    expect(fence.details).toContain(`${seeded.region} could not be asked what runs there`);
    await run.answer('approve', fence);
    const launch = await run.gate('Approve the launch');
    expect(launch.details).toContain(subnet);
    const report = await run.finish();

    expect(linesOf(report.journal)).toEqual(headingsOf('restore'));
    expect(madeByRestores(stage)).toEqual([report.instanceId]);
    const machine = machineOf(stage, report.instanceId);
    expect(stateOf(west)?.instances[machine.instanceId]).toMatchObject({
      subnetId: subnet,
      groupIds: [servicesGroup],
      tags: { 'runbook:state': 'restored', 'runbook:todo': 'nothing' },
    });
    expect(machine.inspect()).toMatchObject({
      app: { state: 'started' },
      localAddress: machine.privateAddress,
      hostname: seeded.hostname,
    });
    expect(machine.privateAddress).toMatch(/^10\.1\.1\./);
    expect(report.notes.join('\n')).toContain(`The installation is in ${west} now`);
    await control(stage.lab, `/regions/${seeded.region}`, { off: false });
    // The machine in the other region was seen by nobody, and touched by nobody.
    expect(machineOf(stage, sourceId).inspect()).toMatchObject({ app: { state: 'started' } });
    expect(madeByBackups(stage).length).toBeGreaterThan(0);
  });

  test('is fenced also against what runs in the other region', async () => {
    const run = await stage.start('restore', { installation: 'prod' });
    const fence = await run.gate('Fence the old machine');
    expect(fence.details).toContain(sourceId);
    expect(fence.details).toContain(`in ${west}: launched by`);
    await run.answer('reject', fence, 'it runs there');
    await run.report().catch(() => undefined);
    await eventually('the end', 10, async () =>
      (await run.standing()).status === 'rejected' ? true : undefined,
    );
  });
});
