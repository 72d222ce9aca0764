import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { applianceCommands } from '../../src/lab/appliance';
import { imageByHand, launch } from './by-hand';
import { headingsOf } from './headings';
import { control, linesOf, setStage, type Run, type Stage } from './stage';
import {
  machineOf,
  madeByBackups,
  madeByRestores,
  restoredMachine,
  sourceId,
} from './world-checks';

jest.setTimeout(120_000);

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const backUp = async (on: Stage, more: object = {}): ReturnType<Run['report']> =>
  (await on.start('backup', { installation: 'prod', ...more })).report();
const lose = (on: Stage): Promise<unknown> => control(on.lab, `/machines/${sourceId}/lose`);

test('an image made by hand whose source is gone: its own files tell the old addresses', async () => {
  stage = await setStage({ installation: { launch } });
  const imageId = await imageByHand(stage);
  await lose(stage);
  Reflect.deleteProperty(stage.lab.region.state.instances, sourceId);

  const run = await stage.start('restore', { installation: 'prod', image: imageId });
  const gate = await run.approveUntil('Confirm the old addresses');
  expect(gate.details).toContain('**10.0.1.5** and **203.0.113.10**');
  const report = await run.finish();
  restoredMachine(stage);
  expect(linesOf(report.journal)).toEqual(headingsOf('restore'));
});

test('a hostname that was the old public address becomes the new one', async () => {
  stage = await setStage({ installation: { hostname: '203.0.113.10' } });
  await control(stage.lab, `/machines/${sourceId}/set`, { hostname: '203.0.113.10' });
  await backUp(stage);
  await lose(stage);
  const run = await stage.start('restore', { installation: 'prod' });
  const gate = await run.approveUntil('3. Change the GitHub OAuth application');
  const [id] = madeByRestores(stage);
  const { publicAddress = '' } = machineOf(stage, id);
  expect(gate.details).toContain(`\`https://${publicAddress}\``);
  expect(gate.details).toContain(`\`https://${publicAddress}/auth/github\``);
  const report = await run.finish();
  restoredMachine(stage);
  expect(JSON.stringify(machineOf(stage, id).inspect())).toContain(`"${publicAddress}"`);
  expect(linesOf(report.journal)).toEqual(headingsOf('restore'));
});

test('an Elastic IP moves after its own gate, before any address is read', async () => {
  const elasticIp = 'eipalloc-0123456789abcdef0';
  stage = await setStage({ installation: { reachedBy: { elasticIp } } });
  const { address } = stage.lab.region.state.addresses[elasticIp] ?? {};
  await control(stage.lab, '/dns', { name: 'circleci.example.com', address });
  await backUp(stage);
  await lose(stage);
  const run = await stage.start('restore', { installation: 'prod' });
  await run.gate('Approve the launch');
  const gate = await run.approveUntil('Approve moving the Elastic IP');
  expect(gate.details).toContain(address);
  const report = await run.finish();
  const machine = restoredMachine(stage);
  expect(machine.publicAddress).toBe(address);
  const operator = readFileSync(join(machine.root, 'etc/default/replicated-operator'), 'utf8');
  expect(operator).toContain(`PUBLIC_ADDRESS=${String(address)}`);
  expect(linesOf(report.journal)).toEqual(headingsOf('restore'));
});

test('SSH that is down: the image is made, says what it lacks, and can be restored', async () => {
  stage = await setStage();
  await control(stage.lab, `/machines/${sourceId}/set`, { sshDown: true });
  const backup = await backUp(stage);
  expect(backup.notes.join('\n')).toContain('Not recorded: hostname, versions');
  expect(linesOf(backup.journal)).toEqual(
    headingsOf('backup').filter((l) => l !== 'Read what a restore needs'),
  );
  await lose(stage);
  const run = await stage.start('restore', { installation: 'prod' });
  const asked = await run.gate('Confirm where the databases are');
  expect(asked.details).toContain('- nothing could be seen on the machine');
  await run.answer('approve', asked);
  expect((await run.gate('Approve the launch')).details).toContain('Not recorded at backup');
  await run.finish();
  restoredMachine(stage);
});

describe('a live machine whose key is not pinned', () => {
  test('is not asked anything by a run that nobody watches', async () => {
    stage = await setStage({ pinMachine: false });
    const backup = await backUp(stage, { unattended: true });
    expect(backup.notes.join('\n')).toContain('no trusted host key');
    expect(backup.record?.hostKeys).toEqual([]);
    const commands = stage.lab.journal.since(0).filter(({ kind }) => kind === 'command');
    expect(commands).toEqual([]);
  });

  test('is confirmed by its console where a person could look', async () => {
    stage = await setStage({ pinMachine: false });
    const backup = await backUp(stage);
    expect(backup.record?.hostname).toBe('circleci.example.com');
  });
});

test('an unknown host key of the new machine: nothing is sent before a person confirms it', async () => {
  stage = await setStage({ limits: { ssh: '3 seconds' } });
  await backUp(stage);
  await lose(stage);
  const run = await stage.start('restore', { installation: 'prod' });
  const launch = await run.gate('Approve the launch');
  const barrier = stage.lab.barriers.hold('RunInstances');
  await run.answer('approve', launch);
  await barrier.reached;
  const [id = ''] = madeByRestores(stage);
  await control(stage.lab, `/machines/${id}/set`, { noConsoleKeys: true });
  barrier.release();
  const gate = await run.gate('Confirm the host key');
  const offered = machineOf(stage, id).hostKeys.length;
  expect(offered).toBeGreaterThan(0);
  expect(gate.details).toMatch(/shows the host key \*\*ssh-ed25519 SHA256:/);
  const commands = stage.lab.journal
    .since(0)
    .filter(({ kind, machine }) => kind === 'command' && machine === id);
  expect(commands).toEqual([]);
  await run.finish();
  restoredMachine(stage);
});

describe('the app stopped for the image', () => {
  test('is started again before anybody is asked about an image that failed', async () => {
    stage = await setStage();
    stage.lab.faults.deny(['CreateImage']);
    const run = await stage.start('backup', { installation: 'prod', consistency: 'stop-app' });
    const gate = await run.gate('failed: Create the image');
    const source = machineOf(stage, sourceId);
    expect(source.inspect()).toMatchObject({ app: { state: 'started', transitioning: false } });
    stage.lab.faults.deny([]);
    await run.answer('retry', gate);
    await run.report();
    expect(source.inspect()).toMatchObject({ app: { state: 'started', transitioning: false } });
  });

  test('is looked at once more: one that somebody has started meanwhile is not imaged', async () => {
    // Slow enough that an app is seen to come up.
    stage = await setStage({ speed: 60, timings: { image: 60 } });
    const source = machineOf(stage, sourceId);
    const startByHand = async (): Promise<void> => {
      const input = { args: ['app', 'start'], stdin: '', tty: true };
      await applianceCommands['replicatedctl']?.(source, input);
    };
    const before = stage.lab.barriers.hold('DescribeImages');
    const run = await stage.start('backup', { installation: 'prod', consistency: 'stop-app' });
    await before.reached;
    expect(source.inspect()).toMatchObject({ app: { state: 'stopped' } });
    await startByHand();
    before.release();
    const gate = await run.gate('failed: Create the image');
    expect(gate.details).toMatch(/AppNotStopped.*is not stopped any more/);
    expect(madeByBackups(stage)).toEqual([]);

    const during = stage.lab.barriers.hold('CreateImage');
    await run.answer('retry', gate);
    await during.reached;
    expect(source.inspect()).toMatchObject({ app: { state: 'stopped' } });
    await startByHand();
    expect(source.inspect()).toMatchObject({ app: { transitioning: true } });
    during.release();
    const { imageId, notes } = await run.report();
    expect(madeByBackups(stage)).toEqual([imageId]);
    expect(notes.join('\n')).toContain('the image may be of a running app');
  });

  test('hurries nothing else: snapshots of an app that runs may take their time', async () => {
    // They show after two real seconds, and the timer leaves one.
    const limits = { stopApp: '10 seconds', stoppedForImage: '11 seconds' };
    stage = await setStage({ limits, timings: { visible: 300 } });
    const { imageId } = await backUp(stage);
    expect(madeByBackups(stage)).toEqual([imageId]);
  });

  test('is started by the machine itself when the run is terminated', async () => {
    stage = await setStage({ limits: { stoppedForImage: '1800 seconds' } });
    const barrier = stage.lab.barriers.hold('CreateImage');
    const run = await stage.start('backup', { installation: 'prod', consistency: 'stop-app' });
    await barrier.reached;
    const source = machineOf(stage, sourceId);
    expect(source.inspect()).toMatchObject({ app: { state: 'stopped' } });
    await run.handle.terminate();
    await stage.killWorker();
    barrier.release();
    const deadline = Date.now() + 30_000;
    const up = (): boolean => JSON.stringify(source.inspect()).includes('"state":"started"');
    while (!up() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(up()).toBe(true);
  });
});
