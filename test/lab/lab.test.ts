import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateImageCommand,
  DescribeImagesCommand,
  DescribeInstanceStatusCommand,
  GetConsoleOutputCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { startLab } from '../../src/lab/lab';
import { seeded } from '../../src/lab/region/seed';
import { clientOf, eventually } from './region/fake-lab';

const defaults = 'etc/default/replicated';

test('carries the Services machine through image, loss, restart of the lab and launch', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'lab-'));
  const first = await startLab({ dir, speed: 300 });
  let ec2 = clientOf(first.ec2Url);
  const source = first.region.machines.get(seeded.servicesMachine);
  appendFileSync(join(source?.root ?? '', defaults), '# before the image\n');
  const { ImageId = '' } = await ec2.send(
    new CreateImageCommand({ InstanceId: seeded.servicesMachine, Name: 'backup', NoReboot: true }),
  );
  writeFileSync(join(source?.root ?? '', defaults), '# after the image\n');
  await fetch(`${first.controlUrl}/machines/${seeded.servicesMachine}/lose`, { method: 'POST' });
  ec2.destroy();
  await first.stop();

  const second = await startLab({ dir, speed: 300 });
  expect(second.bastionPort).toBe(first.bastionPort);
  ec2 = clientOf(second.ec2Url);
  await eventually(async () => {
    const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
    expect(Images?.[0]?.State).toBe('available');
  });
  const { Instances } = await ec2.send(
    new RunInstancesCommand({ ImageId, MinCount: 1, MaxCount: 1 }),
  );
  const id = Instances?.[0]?.InstanceId ?? '';
  await eventually(async () => {
    const status = await ec2.send(new DescribeInstanceStatusCommand({ InstanceIds: [id] }));
    expect(status.InstanceStatuses?.[0]?.InstanceStatus?.Status).toBe('ok');
  });
  const clone = second.region.machines.get(id);
  expect(clone?.answers).toBe(true);
  expect(second.region.machineAt('10.0.1.57')).toBe(clone);
  expect(second.region.machineAt('10.0.1.5')).toBeUndefined();
  const carried = readFileSync(join(clone?.root ?? '', defaults), 'utf8');
  expect(carried).toContain('PRIVATE_ADDRESS=10.0.1.5\n');
  expect(carried).toContain('# before the image\n');
  await eventually(async () => {
    const { Output = '' } = await ec2.send(new GetConsoleOutputCommand({ InstanceId: id }));
    const printed = Buffer.from(Output, 'base64').toString();
    clone?.hostKeys.forEach((line) => {
      expect(printed).toContain(line.split(' ')[1]);
    });
  });
  ec2.destroy();
  await second.stop();
  await rm(dir, { recursive: true, force: true });
});

test('refuses a folder that holds something else than a lab', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'lab-'));
  writeFileSync(join(dir, 'world.json'), '{}');
  await expect(startLab({ dir })).rejects.toThrow();
  rmSync(dir, { recursive: true });
});
