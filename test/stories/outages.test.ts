/** AWS that does not do what it is asked, and messages that come while it does. */
import { lostMachine } from './crash';
import { eventually, setStage, type Stage } from './stage';
import { madeByRestores, restoredMachine } from './world-checks';

jest.setTimeout(120_000);

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

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
  const gate = await run.gate('failed: ');
  expect(gate.details).toContain('AwsDenied');
  expect(gate.details).toContain('ec2:DescribeInstances');
  const launched = madeByRestores(stage);
  stage.lab.faults.deny([]);
  await run.answer('retry', gate);
  await run.finish();
  expect([restoredMachine(stage).instanceId]).toEqual(launched);
});

test('a restore that cannot tag its end is done all the same', async () => {
  stage = await setStage();
  await lostMachine(stage);
  const builds = ['https://circleci.example.com/gh/acme/web/1201'];
  const run = await stage.start('restore', { installation: 'prod', builds });
  await run.approveUntil('Approve deleting the build records');
  stage.lab.faults.deny(['CreateTags']);
  const report = await run.finish();
  expect(report.status).toBe('done');
  stage.lab.faults.deny([]);
  expect(madeByRestores(stage)).toEqual([report.instanceId]);
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
