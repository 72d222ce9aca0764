import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '../requirements';
import { attemptsOf, lostMachine } from './crash';
import { control, eventually, setStage, type Run, type Stage } from './stage';
import { machineOf, madeByRestores, restoredMachine, strayFiles } from './world-checks';

jest.setTimeout(120_000);

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

/** A restore that waits at the gate before the hostname is checked, and its machine. */
async function atDnsGate(on: Stage): Promise<{ run: Run; id: string; goOn: () => Promise<void> }> {
  await lostMachine(on);
  const run = await on.start('restore', { installation: 'prod' });
  const gate = await run.approveUntil('Change the DNS record');
  const [id = ''] = madeByRestores(on);
  const address = machineOf(on, id).publicAddress;
  const goOn = async (): Promise<void> => {
    await control(on.lab, '/dns', { name: 'circleci.example.com', address });
    await run.answer('approve', gate);
  };
  return { run, id, goOn };
}

test('AWS that asks to slow down is obeyed, and the run goes on by itself', async () => {
  stage = await setStage();
  await lostMachine(stage);
  for (const action of ['DescribeInstances', 'DescribeInstanceStatus', 'RunInstances']) {
    const code = 'RequestLimitExceeded';
    stage.lab.faults.add({ action, effect: 'error', code, status: 503, skip: 1, times: 2 });
  }
  const body = '<html><body>Service Unavailable</body></html>';
  stage.lab.faults.add({
    action: 'DescribeImages',
    effect: 'garbage',
    status: 503,
    body,
    times: 1,
  });
  const run = await stage.start('restore', { installation: 'prod' });
  await run.finish();
  restoredMachine(stage);
});

test('a right that is taken away after the launch is asked for; nothing is launched again', async () => {
  stage = await setStage();
  await lostMachine(stage);
  const run = await stage.start('restore', { installation: 'prod' });
  const approval = await run.gate('Approve the launch');
  const barrier = stage.lab.barriers.hold('RunInstances');
  await run.answer('approve', approval);
  await barrier.reached;
  stage.lab.faults.deny(['DescribeInstances', 'DescribeInstanceStatus']);
  barrier.release();
  const gate = await run.gate('failed: 1. Launch');
  expect(gate.details).toContain('AwsDenied');
  expect(gate.details).toContain('ec2:DescribeInstances');
  const launched = madeByRestores(stage);
  stage.lab.faults.deny([]);
  await run.answer('retry', gate);
  await run.finish();
  expect([restoredMachine(stage).instanceId]).toEqual(launched);
});

test('a restore that cannot tag its end says so in its report, and is done all the same', async () => {
  stage = await setStage();
  await lostMachine(stage);
  const run = await stage.start('restore', { installation: 'prod' });
  await run.approveUntil('Change the DNS record');
  stage.lab.faults.deny(['CreateTags']);
  const report = await run.finish();
  expect(report.status).toBe('done');
  stage.lab.faults.deny([]);
  expect(madeByRestores(stage)).toEqual([report.instanceId]);
});

const shells = needs('bwrap', 'sshd') ? (['portable', 'real'] as const) : (['portable'] as const);

test.each(shells)('replies of the machine that are lost are looked up, %s shell', async (shell) => {
  stage = await setStage({ shell });
  const { run, id, goOn } = await atDnsGate(stage);
  // One reply for each of the next steps, at least: the third belongs to the address files.
  await control(stage.lab, `/machines/${id}/set`, { loseReplies: 3 });
  await goOn();
  await run.finish();
  const machine = restoredMachine(stage);
  expect(strayFiles(machine)).toEqual([]);
  const { errors } = (await attemptsOf(run, 'Check that the hostname resolves')) as {
    errors: string[];
  };
  expect(errors.join('\n')).toMatch(/attempt 1: Whether ".*" was done on the .* is unknown/);
});

test('a connection that breaks while the app stops: the app is asked for its state', async () => {
  stage = await setStage();
  await lostMachine(stage);
  const barrier = stage.lab.barriers.hold('command:replicatedctl app stop');
  const run = await stage.start('restore', { installation: 'prod' });
  await run.answer('approve', await run.gate('Approve the launch'));
  await barrier.reached;
  const [id = ''] = madeByRestores(stage);
  await control(stage.lab, `/machines/${id}/set`, { loseReplies: 1 });
  barrier.release();
  await run.finish();
  restoredMachine(stage);
  expect(await attemptsOf(run, '2. Stop the app')).toMatchObject({ state: 'done', attempts: 2 });
  const stops = stage.lab.journal.since(0).filter(({ text }) => text === 'the app is told to stop');
  expect(stops).toHaveLength(1);
});

test('a machine that stops answering is asked about, and the run goes on when it is back', async () => {
  stage = await setStage({ limits: { attempts: 2 } });
  const { run, id, goOn } = await atDnsGate(stage);
  await control(stage.lab, `/machines/${id}/set`, { sshDown: true });
  await goOn();
  const gate = await run.gate('failed: Check that the hostname resolves');
  expect(gate.details).toContain('MachineUnreachable');
  await control(stage.lab, `/machines/${id}/set`, { sshDown: false });
  await run.answer('retry', gate);
  await run.finish();
  restoredMachine(stage);
});

test('a worker that is told to end in the middle of a step leaves in time', async () => {
  stage = await setStage();
  const { run, id, goOn } = await atDnsGate(stage);
  const barrier = stage.lab.barriers.hold('exec-end', 6);
  await goOn();
  await barrier.reached;
  const worker = stage.workers().at(-1);
  const began = performance.now();
  await stage.stopWorker();
  expect(performance.now() - began).toBeLessThan(35_000);
  expect(worker?.exit).toMatch(/^exit/);
  barrier.release();
  await stage.startWorker();
  await run.finish();
  const machine = restoredMachine(stage);
  expect(machine.instanceId).toBe(id);
  expect(strayFiles(machine)).toEqual([]);
  expect(readFileSync(join(machine.root, 'etc/default/replicated'), 'utf8')).toMatch(/\n$/);
});

test('a signal while no gate is open is refused in the journal, and changes nothing', async () => {
  stage = await setStage();
  await lostMachine(stage);
  const run = await stage.start('restore', { installation: 'prod' });
  const approval = await run.gate('Approve the launch');
  const barrier = stage.lab.barriers.hold('RunInstances');
  await run.answer('approve', approval);
  await barrier.reached;
  await run.answer('approve', approval);
  await run.answer('abort', approval);
  const refused = await eventually('both refusals', 20, async () => {
    const { journal } = await run.standing();
    const messages = journal.filter(({ kind }) => kind === 'message');
    return messages.length === 2 ? messages : undefined;
  });
  for (const entry of refused) {
    expect(entry).toMatchObject({ state: 'refused', by: 'ana' });
    expect(entry.note).toContain('no gate is open');
  }
  barrier.release();
  await run.finish();
  restoredMachine(stage);
});
