import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateImageCommand,
  DescribeImagesCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { seeded } from '../../src/lab/region/seed';
import { clientOf, eventually, startFakeLab } from './region/fake-lab';
import { readText, textFile } from './region/fake-machine';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lab-'));
});

afterEach(() => rm(dir, { recursive: true, force: true }));

const image = { InstanceId: seeded.servicesMachine, Name: 'backup-1', NoReboot: true };

test('goes on after a restart: machines, pending images, journal, time and ports', async () => {
  const options = { dir, timings: { visible: 0, image: 300 } };
  const first = await startFakeLab({ ...options, speed: 1 });
  const ec2 = clientOf(first.ec2Url);
  writeFileSync(textFile(join(dir, 'machines', seeded.servicesMachine)), 'kept');
  const { ImageId = '' } = await ec2.send(new CreateImageCommand(image));
  const entries = first.journal.since(0).length;
  const time = first.clock.now();
  ec2.destroy();
  await first.stop();

  const second = await startFakeLab({ ...options, speed: 600 });
  expect(second.ec2Url).toBe(first.ec2Url);
  expect(second.clock.now()).toBeGreaterThanOrEqual(time);
  expect(second.clock.now() - time).toBeLessThan(300_000);
  expect(second.journal.since(entries - 1)[0]).toMatchObject({ seq: entries });
  expect(second.region.machines.has(seeded.servicesMachine)).toBe(true);
  expect(readText(join(dir, 'images', ImageId))).toBe('kept');
  const again = clientOf(second.ec2Url);
  const state = async () =>
    (await again.send(new DescribeImagesCommand({ ImageIds: [ImageId] }))).Images?.[0]?.State;
  expect(await state()).toBe('pending');
  await eventually(async () => {
    expect(await state()).toBe('available');
  });
  again.destroy();
  await second.stop();
});

test('takes up a lab that was killed, with its spent tokens and without half-made copies', async () => {
  const first = await startFakeLab({ dir });
  const launch = new RunInstancesCommand({
    ImageId: seeded.baseImage,
    MinCount: 1,
    MaxCount: 1,
    ClientToken: 'restore-1',
  });
  const before = clientOf(first.ec2Url);
  const { Instances: [instance] = [] } = await before.send(launch);
  before.destroy();
  // What a killed process leaves: nothing was stopped in order; a copy and a line are half-written.
  first.region.stop();
  writeFileSync(join(dir, 'images', 'ami-00000000000000000'), 'half');
  writeFileSync(join(dir, 'journal.jsonl'), '{"seq":1', { flag: 'a' });

  const second = await startFakeLab({ dir, port: 0 });
  const after = clientOf(second.ec2Url);
  const again = await after.send(launch);
  expect(again.Instances?.[0]?.InstanceId).toBe(instance?.InstanceId);
  expect(Object.keys(second.region.state.instances)).toHaveLength(2);
  expect(() => readText(join(dir, 'images', 'ami-00000000000000000'))).toThrow();
  await eventually(() => {
    const { state } = second.region.state.instances[instance?.InstanceId ?? ''] ?? {};
    expect(state).toBe('running');
    return Promise.resolve();
  });
  after.destroy();
  await first.stop();
  await second.stop();
});
