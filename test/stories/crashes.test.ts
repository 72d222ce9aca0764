import { attemptsOf, crashAt, lostMachine, second } from './crash';
import { control, setStage, type Stage } from './stage';
import { machineOf, restoredMachine } from './world-checks';

jest.setTimeout(120_000);

describe('a worker killed after the effect and before the reply', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await setStage();
  });
  afterEach(() => stage.close());

  test('of the launch: the next adopts the machine', async () => {
    await lostMachine(stage);
    const crash = await crashAt(stage, 'RunInstances');
    const run = await stage.start('restore', { installation: 'prod' });
    await run.answer('approve', await run.gate('Approve the launch'));
    await crash();
    const report = await run.finish();
    expect(restoredMachine(stage).instanceId).toBe(report.instanceId);
    expect(await attemptsOf(run, '1. Launch an instance from the image')).toEqual(second);
  });

  test('of the image: the next adopts the image', async () => {
    const crash = await crashAt(stage, 'CreateImage');
    const run = await stage.start('backup', { installation: 'prod' });
    await crash();
    const { imageId } = await run.report();
    const images = Object.values(stage.lab.region.state.images).filter(({ foreign }) => !foreign);
    expect(images.map(({ id }) => id)).toEqual([imageId]);
    expect(await attemptsOf(run, 'Create the image')).toEqual(second);
  });

  test('of the stop: the next finds the app stopped', async () => {
    await lostMachine(stage);
    const crash = await crashAt(stage, 'command:replicatedctl app stop');
    const run = await stage.start('restore', { installation: 'prod' });
    await run.answer('approve', await run.gate('Approve the launch'));
    await crash();
    await run.finish();
    const stops = stage.lab.journal
      .since(0)
      .filter(({ text }) => text === 'the app is told to stop');
    expect(stops).toHaveLength(1);
    expect(await attemptsOf(run, '2. Stop the app')).toEqual(second);
    restoredMachine(stage);
  });
});

describe('a reply that is lost after the call took effect', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await setStage();
  });
  afterEach(() => stage.close());

  test('of RunInstances: one machine', async () => {
    await lostMachine(stage);
    stage.lab.faults.add({ action: 'RunInstances', effect: 'lose-reply', times: 3 });
    const run = await stage.start('restore', { installation: 'prod' });
    await run.finish();
    restoredMachine(stage);
  });

  test('of CreateImage: one image', async () => {
    stage.lab.faults.add({ action: 'CreateImage', effect: 'lose-reply', times: 1 });
    const run = await stage.start('backup', { installation: 'prod' });
    const { imageId } = await run.report();
    const images = Object.values(stage.lab.region.state.images).filter(({ foreign }) => !foreign);
    expect(images.map(({ id }) => id)).toEqual([imageId]);
  });
});

test('a worker that is told to end lets the next one go on', async () => {
  const stage = await setStage();
  try {
    await lostMachine(stage);
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
  } finally {
    await stage.close();
  }
});
