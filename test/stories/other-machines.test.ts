import { appendFileSync, chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EC2Client, StopInstancesCommand } from '@aws-sdk/client-ec2';
import type { OpenGate } from '../../src/contract/journal';
import { control, eventually, setStage, storyOf, type Stage } from './stage';
import { machineOf, madeByRestores, restoredMachine, sourceId } from './world-checks';

jest.setTimeout(120_000);

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

test('beside the old machine, which still runs, and neighbours whose addresses begin alike', async () => {
  stage = await setStage();
  const { lab } = stage;
  const source = machineOf(stage, sourceId);
  const daemon = join(source.root, 'etc/default/replicated');
  const operator = join(source.root, 'etc/default/replicated-operator');
  appendFileSync(daemon, 'HTTP_PROXY=http://10.0.1.50:3128\n');
  appendFileSync(daemon, 'NO_PROXY=110.0.1.5,10.0.1.50,10.0.1.5,10.0.1.57,10.0.1.5:8800,10.0.1.5');
  chmodSync(daemon, 0o640);
  writeFileSync(operator, readFileSync(operator, 'utf8').replaceAll('\n', '\r\n'));
  await (await stage.start('backup', { installation: 'prod' })).report();
  const before = JSON.stringify(source.inspect());

  const acknowledge = ['source-running'];
  const run = await stage.start('restore', { installation: 'prod', acknowledge });
  const launch = await run.gate('Approve the launch');
  expect(launch.details).toContain(
    `${sourceId} still runs, before the launch: the image was made of it.`,
  );
  const report = await run.finish();

  // The seeded subnet gives the new machine an address that begins with the old one.
  const machine = restoredMachine(stage);
  expect(machine.privateAddress).toBe('10.0.1.57');
  const text = readFileSync(join(machine.root, 'etc/default/replicated'), 'utf8');
  expect(text.split('\n').slice(-2)).toEqual([
    'HTTP_PROXY=http://10.0.1.50:3128',
    'NO_PROXY=110.0.1.5,10.0.1.50,10.0.1.57,10.0.1.57,10.0.1.57:8800,10.0.1.57',
  ]);
  expect(statSync(join(machine.root, 'etc/default/replicated')).mode & 0o777).toBe(0o640);
  const lines = readFileSync(join(machine.root, 'etc/default/replicated-operator'), 'utf8');
  expect(lines).toContain('\r\nDAEMON_ENDPOINT=10.0.1.57:9879\r\n');
  expect(lines).toContain(`-e PUBLIC_ADDRESS=${machine.publicAddress ?? '?'} `);

  // A sealed clone dials nobody before its addresses are right.
  const dialled = lab.journal
    .since(0)
    .filter(({ kind, machine: id }) => kind === 'dial' && id === machine.instanceId)
    .map(({ text: said }) => said);
  expect(dialled).toEqual(['replicated-operator dials 10.0.1.57:9879: reaches this machine']);
  expect(JSON.stringify(source.inspect())).toBe(before);
  expect(report.notes.join('\n')).toContain(
    '/etc/hosts:2 names an old address: the machine’s old name in the hosts file',
  );
  expect(readFileSync(join(machine.root, 'etc/hosts'), 'utf8')).toContain('10.0.1.5 ');
  expect(storyOf(report.journal).slice(0, 6)).toMatchInlineSnapshot(`
    [
      "Ask an open backup to make way — not needed",
      "Plan the restore — done",
      "Confirm where the databases are — not needed",
      "Fence the old machine — not needed",
      "Approve the launch — approved",
      "Approve moving the Elastic IP — not needed",
    ]
  `);

  // The next restore sees both machines before it makes a third.
  const next = await stage.start('restore', { installation: 'prod' });
  const { details } = await next.gate('Fence the old machine');
  expect(details).toContain(`${sourceId} still runs`);
  expect(details).toContain(`${machine.instanceId} still runs**: launched by ${report.workflowId}`);
  await next.handle.terminate();

  // Taken up again, the machine is no other one, and its record is right already.
  const { instanceId } = machine;
  const again = await stage.start('restore', {
    installation: 'prod',
    instance: instanceId,
    acknowledge,
  });
  expect(storyOf((await again.finish()).journal)).toContain('Change the DNS record — not needed');
  expect(madeByRestores(stage)).toEqual([instanceId]);
});

describe('an Elastic IP', () => {
  const elasticIp = 'eipalloc-0123456789abcdef0';
  const other = 'i-0eeeeeeeeeeeeeee1';
  beforeEach(async () => {
    stage = await setStage({ installation: { reachedBy: { elasticIp } } });
    await control(stage.lab, '/dns', { name: 'circleci.example.com', address: '203.0.113.200' });
    await (await stage.start('backup', { installation: 'prod' })).report();
    await control(stage.lab, `/machines/${sourceId}/lose`);
  });

  const opened = (): Stage => {
    if (stage === undefined) throw new Error('the stage is not set');
    return stage;
  };
  /** Lets a machine of somebody else hold the address; undefined frees it. */
  const hold = ({ lab }: Stage, holder: string | undefined): void => {
    const { instances, addresses } = lab.region.state;
    const [like] = Object.values(instances);
    const address = addresses[elasticIp];
    if (like === undefined || address === undefined) throw new Error('the lab has lost its seed');
    instances[other] ??= { ...like, id: other, tags: { Name: 'mail' }, state: 'running' };
    address.instanceId = holder;
    address.associationId = holder === undefined ? undefined : 'eipassoc-0eeeeeeeeeeeeeee1';
  };

  test('that a third machine took after the approval stays there', async () => {
    const on = opened();
    const run = await on.start('restore', { installation: 'prod' });
    await run.answer('approve', await run.gate('Approve the launch'));
    const gate = await run.gate('Approve moving the Elastic IP');
    expect(gate.details).toContain(
      '**203.0.113.200** (eipalloc-0123456789abcdef0) moves from **no',
    );
    hold(on, other);
    await run.answer('approve', gate);

    // What was approved is not so any more: it is asked anew, before anything is launched.
    const next = (title: string): Promise<OpenGate> =>
      eventually(`"${title}" once more`, 60, async () => {
        const { gate: open } = await run.standing();
        return open && open.id !== gate.id && open.title === title ? open : undefined;
      });
    const fence = await next('Fence the old machine');
    expect(fence.details).toContain(`${other} runs now`);
    const known = { by: 'ana', gate: fence.id, acknowledge: ['source-running'] };
    await run.handle.signal('approve', known);
    const again = await next(gate.title);
    expect(again.details).toContain(`belongs to ${other} now`);
    expect(again.details).toContain(`moves from **${other}**`);
    expect(on.lab.region.state.addresses[elasticIp]?.instanceId).toBe(other);
    expect(madeByRestores(on)).toEqual([]);

    hold(on, undefined);
    await run.answer('approve', again);
    await run.finish();
    expect(restoredMachine(on).publicAddress).toBe('203.0.113.200');
  });

  test('that a third machine holds is named at its gate', async () => {
    const on = opened();
    hold(on, other);
    const run = await on.start('restore', { installation: 'prod' });
    const gate = await run.approveUntil('Approve moving the Elastic IP');
    expect(gate.details).toContain(`from **${other}**`);
    await run.answer('reject', gate, 'that is our mail server');
    await expect(run.handle.result()).rejects.toThrow();
    expect(on.lab.region.state.addresses[elasticIp]?.instanceId).toBe(other);
    expect(madeByRestores(on)).toEqual([]);
  });
});

test('an old machine that is stopped at the gate is not said to run', async () => {
  stage = await setStage();
  await (await stage.start('backup', { installation: 'prod' })).report();
  const run = await stage.start('restore', { installation: 'prod' });
  const fence = await run.gate('Fence the old machine');
  expect(fence.details).toContain(`${sourceId} still runs`);
  const credentials = { accessKeyId: 'SOMEBODY', secretAccessKey: 'else' };
  const ec2 = new EC2Client({ endpoint: stage.lab.ec2Url, region: 'us-east-1', credentials });
  await ec2.send(new StopInstancesCommand({ InstanceIds: [sourceId] }));
  await eventually('the old machine is stopped', 30, () =>
    stage?.lab.region.state.instances[sourceId]?.state === 'stopped' ? true : undefined,
  );
  ec2.destroy();
  await run.answer('approve', fence);
  const launch = await run.gate('Approve the launch');
  expect(launch.details).toContain(`${sourceId} is stopped, before the launch`);
  expect(launch.details).not.toContain('still runs');
  const { notes } = await run.finish();
  expect(notes.filter((note) => note.startsWith(sourceId))).toEqual([
    `${sourceId} is stopped, at the end of the restore; it ran when this was planned ` +
      '(the image was made of it).',
  ]);
});
