import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateImageCommand, DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { parse, stringify } from 'yaml';
import type { SimulatedMachine } from '../../src/lab/shapes';
import { control, eventually, setStage, type Run, type Stage } from './stage';
import { machineOf, madeByRestores, restoredMachine, sourceId } from './world-checks';

jest.setTimeout(120_000);

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const backUp = async (on: Stage): ReturnType<Run['report']> =>
  (await on.start('backup', { installation: 'prod' })).report();
const lose = (on: Stage): Promise<unknown> => control(on.lab, `/machines/${sourceId}/lose`);

const launch = {
  instanceType: 'm5.2xlarge',
  subnet: 'subnet-0aaaaaaaaaaaaaaa1',
  securityGroups: ['sg-0123456789abcdef0'],
};

function consoleOf(on: Stage): EC2Client {
  const credentials = { accessKeyId: 'SOMEBODY', secretAccessKey: 'else' };
  return new EC2Client({ endpoint: on.lab.ec2Url, region: 'us-east-1', credentials });
}

/** As the EC2 console makes it: without a tag of ours. */
async function imageByHand(on: Stage, ec2: EC2Client): Promise<string> {
  const order = { InstanceId: sourceId, Name: 'by hand' };
  const { ImageId = '' } = await ec2.send(new CreateImageCommand(order));
  await eventually('the image', 30, async () => {
    const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
    return Images?.[0]?.State === 'available' ? true : undefined;
  });
  expect(on.lab.region.state.images[ImageId]?.tags).toEqual({});
  return ImageId;
}

/** Both address files of the machine. */
function filesOf({ root }: SimulatedMachine): string {
  return ['replicated', 'replicated-operator']
    .map((name) => readFileSync(join(root, 'etc/default', name), 'utf8'))
    .join('');
}

/** What a restore asks to be corrected in runbook.yaml, and nothing more. */
async function nameMachine(on: Stage, instance: string): Promise<void> {
  const path = on.lab.configPath;
  const config = parse(readFileSync(path, 'utf8')) as {
    installations: { prod: { servicesMachine: object; ssh: { hostKeys: string[] } } };
  };
  const { prod } = config.installations;
  prod.servicesMachine = { instance };
  prod.ssh.hostKeys = [];
  writeFileSync(path, stringify(config));
  await on.stopWorker();
  await on.startWorker();
}

test.each(['stopped', 'terminated'] as const)(
  'an image made by hand whose source is %s: the old public address is taken from its own files',
  async (state) => {
    stage = await setStage({ installation: { externalServices: false, launch } });
    const imageId = await imageByHand(stage, consoleOf(stage));
    // As EC2 shows one that does not run: with a private address at the most.
    if (state === 'terminated') await lose(stage);
    const { [sourceId]: source } = stage.lab.region.state.instances;
    if (source) {
      source.state = state;
      source.autoAddress = undefined;
    }
    const run = await stage.start('restore', { installation: 'prod', image: imageId });
    const report = await run.finish();
    const [id] = madeByRestores(stage);
    const files = filesOf(machineOf(stage, id));
    expect(files).not.toMatch(/203\.0\.113\.10(?!\d)/);
    expect(files).toContain(`PUBLIC_ADDRESS=${machineOf(stage, id).publicAddress ?? '?'}`);
    expect(report.status).toBe('done');
    restoredMachine(stage);
  },
);

test('an image made by hand whose source has another public address by now: what its files carry is shown', async () => {
  stage = await setStage({ installation: { externalServices: false, launch } });
  const imageId = await imageByHand(stage, consoleOf(stage));
  const { [sourceId]: source } = stage.lab.region.state.instances;
  if (source) source.autoAddress = '203.0.113.77';
  const acknowledge = ['source-running'];
  const run = await stage.start('restore', { installation: 'prod', image: imageId, acknowledge });
  const gate = await run.approveUntil('Confirm the old addresses');
  expect(gate.details).toContain('says **203.0.113.77**; ');
  expect(gate.details).toContain('carry **203.0.113.10**');
  await run.finish();
  const [id] = madeByRestores(stage);
  expect(filesOf(machineOf(stage, id))).not.toMatch(/203\.0\.113\.10(?!\d)/);
  restoredMachine(stage);
});

test('a second restore under the public address, though runbook.yaml names that of the first machine', async () => {
  stage = await setStage({ installation: { hostname: '203.0.113.10' } });
  await control(stage.lab, `/machines/${sourceId}/set`, { hostname: '203.0.113.10' });
  await backUp(stage);
  await lose(stage);
  await (await stage.start('restore', { installation: 'prod' })).finish();
  const [first = ''] = madeByRestores(stage);
  const { publicAddress: between } = machineOf(stage, first);
  // The backup finds the new machine by its tags; nobody has corrected the hostname.
  await nameMachine(stage, first);
  await backUp(stage);
  await control(stage.lab, `/machines/${first}/lose`);
  const run = await stage.start('restore', { installation: 'prod' });
  const report = await run.finish();
  const second = madeByRestores(stage).find((id) => id !== first);
  const machine = machineOf(stage, second);
  expect(between).not.toBe(machine.publicAddress);
  expect(machine.inspect()['hostname']).toBe(machine.publicAddress);
  expect(
    report.journal.find(({ title }) => title === 'Check that the hostname resolves'),
  ).toMatchObject({
    note: `${machine.publicAddress ?? ''} is an address, which nobody looks up`,
  });
});
