import { attemptsOf, crashAt, second, stageAfterLoss, stopsOf } from './crash';
import { control, setStage, type Stage } from './stage';
import { machineOf, madeByBackups, restoredMachine } from './world-checks';

jest.setTimeout(120_000);

describe('a restore', () => {
  const opened = stageAfterLoss();

  test('whose worker is killed with the launch done adopts the machine', async () => {
    const stage = opened();
    const crash = await crashAt(stage, 'RunInstances');
    const run = await stage.start('restore', { installation: 'prod' });
    await run.answer('approve', await run.gate('Approve the launch'));
    await crash();
    const report = await run.finish();
    expect(restoredMachine(stage).instanceId).toBe(report.instanceId);
    expect(await attemptsOf(run, '1. Launch an instance from the image')).toEqual(second);
  });

  test('that loses the replies of RunInstances makes one machine', async () => {
    const stage = opened();
    stage.lab.faults.add({ action: 'RunInstances', effect: 'lose-reply', times: 3 });
    const run = await stage.start('restore', { installation: 'prod' });
    await run.finish();
    restoredMachine(stage);
  });

  test('whose worker is told to end is gone on with by the next', async () => {
    const stage = opened();
    const run = await stage.start('restore', { installation: 'prod' });
    const gate = await run.approveUntil('Change the DNS record');
    await run.answer('approve', gate);
    await stage.stopWorker();
    await stage.startWorker();
    const { instanceId = '' } = await run.standing();
    const address = machineOf(stage, instanceId).publicAddress;
    await control(stage.lab, '/dns', { name: 'circleci.example.com', address });
    await run.finish();
    restoredMachine(stage);
  });
});

describe('a restore whose machine is not sealed', () => {
  const opened = stageAfterLoss({ installation: { launch: { sealed: false } } });

  test('and whose worker is killed with the stop done finds the app stopped', async () => {
    const stage = opened();
    const crash = await crashAt(stage, 'command:replicatedctl app stop');
    const run = await stage.start('restore', { installation: 'prod' });
    await run.answer('approve', await run.gate('Approve the launch'));
    await crash();
    const { instanceId = '' } = await run.finish();
    expect(stopsOf(stage, instanceId)).toHaveLength(1);
    expect(await attemptsOf(run, '2. Stop the app')).toEqual(second);
    restoredMachine(stage);
  });
});

describe('a backup', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(() => stage.close());

  test('whose worker is killed with the image begun adopts it', async () => {
    const crash = await crashAt(stage, 'CreateImage');
    const run = await stage.start('backup', { installation: 'prod' });
    await crash();
    const { imageId } = await run.report();
    expect(madeByBackups(stage)).toEqual([imageId]);
    expect(await attemptsOf(run, 'Create the image')).toEqual(second);
  });

  test('that loses the reply of CreateImage makes one image', async () => {
    const before = madeByBackups(stage);
    stage.lab.faults.add({ action: 'CreateImage', effect: 'lose-reply', times: 1 });
    const run = await stage.start('backup', { installation: 'prod' });
    const { imageId } = await run.report();
    expect(madeByBackups(stage)).toEqual([...before, imageId]);
  });
});
