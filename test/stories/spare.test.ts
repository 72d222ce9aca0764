/** A spare machine elsewhere: silent from its first packet until it is taken over. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateTagsCommand, EC2Client, RebootInstancesCommand } from '@aws-sdk/client-ec2';
import { seededElsewhere } from '../../src/lab/region/seed';
import { crashAt } from './crash';
import { runbook } from './command-line';
import { headingsOf } from './headings';
import { control, eventually, linesOf, setStage, type Stage } from './stage';
import { machineOf, sourceId } from './world-checks';

jest.setTimeout(120_000);

const { region: west, subnet, servicesGroup, quarantineGroup } = seededElsewhere;

describe('a spare machine', () => {
  let stage: Stage;
  beforeAll(async () => {
    const launch = { subnet, securityGroups: [servicesGroup] };
    const spare = {
      region: west,
      subnet,
      securityGroups: [servicesGroup],
      quarantineSecurityGroup: quarantineGroup,
      instanceType: 'm5.xlarge',
    };
    const installation = { copies: [{ region: west, launch }], spare };
    stage = await setStage({ installation, underPolicies: true });
  });
  afterAll(() => stage.close());

  const backUp = (more: object = {}) => stage.start('backup', { installation: 'prod', ...more });
  const refresh = () => stage.start('refreshSpare', { installation: 'prod' });
  const instances = () => Object.values(stage.lab.regions.named(west)?.state.instances ?? {});
  const spares = () =>
    instances().filter(
      ({ tags, state }) => tags['runbook:kind'] === 'spare' && state !== 'terminated',
    );
  /** What the machine did that others could notice, and what its app did. */
  const sounds = (id: string) =>
    stage.lab.journal
      .since(0)
      .filter(({ kind, machine, text }) => machine === id && isSound(kind, text))
      .map(({ text }) => text);
  const isSound = (kind: string, text: string) =>
    kind === 'dial' || /^the app (starts|is told to start|is started)/.test(text);

  test('is made of the newest backup, and makes no sound', async () => {
    const { imageId } = await (await backUp()).report();
    const report = await (await refresh()).report();
    expect(linesOf(report.journal)).toEqual(headingsOf('refresh-spare'));
    const [spare, ...more] = spares();
    expect(more).toEqual([]);
    expect(spare).toMatchObject({
      state: 'stopped',
      groupIds: [quarantineGroup],
      instanceType: 'm5.xlarge',
      tags: { Name: 'prod_spare', 'runbook:state': 'ready' },
    });
    const image = stage.lab.regions.named(west)?.state.images[spare?.imageId ?? ''];
    expect(image?.tags['runbook:copied-from']).toContain(imageId);
    expect(sounds(spare?.id ?? '')).toEqual([]);
    const { root, privateAddress } = machineOf(stage, spare?.id);
    const files = ['replicated', 'replicated-operator'].map((name) =>
      readFileSync(join(root, 'etc/default', name), 'utf8'),
    );
    expect(files.join('')).not.toContain('10.0.1.5');
    expect(files[1]).toContain(`DAEMON_ENDPOINT=${privateAddress}:9879`);
    expect(report.notes.join('\n')).toContain('The spare has less vCPU than the source: 4 of 8.');
    expect(machineOf(stage, sourceId).inspect()).toMatchObject({ app: { state: 'started' } });
  });

  test('is left alone while there is no newer backup', async () => {
    const before = spares().map(({ id }) => id);
    const report = await (await refresh()).report();
    expect(spares().map(({ id }) => id)).toEqual(before);
    expect(linesOf(report.journal)).toEqual(headingsOf('refresh-spare'));
  });

  test('is replaced after a backup that nobody watches, and goes only when the new one is ready', async () => {
    const [old] = spares();
    const crashed = await crashAt(stage, 'RunInstances');
    const run = await backUp({ unattended: true });
    await crashed();
    const report = await run.report();
    expect(report.status).toBe('done');
    const next = stage.client.workflow.getHandle(`${report.workflowId}-spare`);
    await next.result();
    const [spare, ...more] = await eventually('one spare', 30, () =>
      spares().length === 1 ? spares() : undefined,
    );
    expect(more).toEqual([]);
    expect(spare?.id).not.toBe(old?.id);
    expect(spare?.tags['runbook:state']).toBe('ready');
    expect(sounds(spare?.id ?? '')).toEqual([]);
    // The worker was killed with the launch done: it was not repeated.
    const launched = instances().filter(({ imageId }) => imageId === spare?.imageId);
    expect(launched).toHaveLength(1);
    const calls = stage.lab.journal.since(0).filter(({ kind }) => kind === 'ec2');
    const at = (action: string, id: string) =>
      calls.findLast(({ text, data }) => {
        return text.startsWith(action) && JSON.stringify(data).includes(id);
      })?.seq ?? 0;
    expect(at('TerminateInstances', old?.id ?? '')).toBeGreaterThan(
      at('StopInstances', spare?.id ?? ''),
    );
    expect(machineOf(stage, sourceId).inspect()).toMatchObject({ app: { state: 'started' } });
  });

  test('is told by a check', async () => {
    const checked = await runbook(stage.environment, 'check', 'prod', '--json');
    const [spare] = spares();
    expect(JSON.parse(checked.out)).toMatchObject({
      installations: [{ spare: { region: west, instance: spare?.id, finding: { level: 'ok' } } }],
    });
  });

  test('says in the plan how much older it is than the newest backup', async () => {
    await (await backUp()).report();
    await control(stage.lab, `/machines/${sourceId}/lose`);
    const run = await stage.start('restore', { installation: 'prod', from: 'spare' });
    const gate = await run.gate('Approve the launch');
    expect(gate.details).toMatch(
      /The spare is older than the newest backup, ami-\w+, by \d+ minutes/,
    );
    await run.answer('reject', gate, 'from the backup, then');
    await run.report().catch(() => undefined);
    expect(spares()).toMatchObject([{ state: 'stopped', groupIds: [quarantineGroup] }]);
  });

  test('is taken over: it starts on its own addresses only', async () => {
    const [spare] = spares();
    const id = spare?.id ?? '';
    const run = await stage.start('restore', { installation: 'prod', from: 'spare' });
    const gate = await run.gate('Approve the launch');
    expect(gate.details).toContain(`Take the spare **${id}** in ${west} over`);
    await run.answer('approve', gate);
    const report = await run.finish();
    expect(report.instanceId).toBe(id);
    expect([...linesOf(report.journal)].sort()).toEqual([...headingsOf('restore')].sort());
    expect(spares()).toEqual([]);
    const machine = machineOf(stage, id);
    expect(instances().find((one) => one.id === id)).toMatchObject({
      state: 'running',
      groupIds: [servicesGroup],
      tags: { Name: 'prod_services', 'runbook:kind': 'restore', 'runbook:state': 'restored' },
    });
    expect(machine.inspect()).toMatchObject({
      app: { state: 'started', transitioning: false },
      localAddress: machine.privateAddress,
      operatorDials: machine.privateAddress,
    });
    const dialled = sounds(id).filter((text) => text.includes('dials'));
    expect([...new Set(dialled)]).toEqual([
      `replicated-operator dials ${machine.privateAddress}:9879: reaches this machine`,
    ]);
    const operator = join(machine.root, 'etc/default/replicated-operator');
    expect(readFileSync(operator, 'utf8')).toContain(
      `PUBLIC_ADDRESS=${machine.publicAddress ?? '?'} `,
    );
  });

  test('starts its units by itself from then on', async () => {
    const [taken] = instances().filter(({ tags }) => tags['runbook:state'] === 'restored');
    const id = taken?.id ?? '';
    const credentials = { accessKeyId: 'PERSON', secretAccessKey: 'opens-nothing' };
    const ec2 = new EC2Client({ region: west, endpoint: stage.lab.ec2Url, credentials });
    await ec2.send(new RebootInstancesCommand({ InstanceIds: [id] }));
    ec2.destroy();
    await eventually('it is off', 10, () =>
      machineOf(stage, id).inspect()['poweredOn'] === false ? true : undefined,
    );
    await eventually('its app is up', 30, () => {
      const { app } = machineOf(stage, id).inspect() as { app: { state: string } };
      return app.state === 'started' ? true : undefined;
    });
  });

  test('that another has replaced is an orphan, and is ended as one', async () => {
    await (await refresh()).report();
    const [left] = spares();
    const id = left?.id ?? '';
    const credentials = { accessKeyId: 'PERSON', secretAccessKey: 'opens-nothing' };
    const ec2 = new EC2Client({ region: west, endpoint: stage.lab.ec2Url, credentials });
    // As if the run had been lost between the mark and the end.
    const Tags = [{ Key: 'runbook:state', Value: 'superseded' }];
    await ec2.send(new CreateTagsCommand({ Resources: [id], Tags }));
    ec2.destroy();
    const listed = await runbook(stage.environment, 'orphans');
    expect(listed).toMatchObject({ status: 1, out: expect.stringContaining('has replaced') });
    const cleaned = await runbook(stage.environment, 'orphans', '--clean', '--json');
    expect(JSON.parse(cleaned.out)).toMatchObject({ ended: [id] });
    await eventually('it is gone', 10, () => (spares().length === 0 ? true : undefined));
  });

  test('cannot be taken over twice', async () => {
    const run = await stage.start('restore', { installation: 'prod', from: 'spare' });
    await expect(run.report()).rejects.toMatchObject({ cause: { type: 'MachineNotFound' } });
  });
});
