/**
 * What people approve is looked at again after their answer, which may come days late: where it is not
 * as the gate said, the gate opens anew and shows the difference first.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DeregisterImageCommand,
  EC2Client,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { OpenGate } from '../../src/contract/journal';
import { control, eventually, setStage, storyOf, type Run, type Stage } from './stage';
import { madeByRestores, machineOf, sourceId } from './world-checks';

jest.setTimeout(180_000);

const fencing = 'Fence the old machine';
const launching = 'Approve the launch';
const changed = 'Not as it was approved';

let stage: Stage;
let ec2: EC2Client;

const stateOf = (id: string): string | undefined => stage.lab.region.state.instances[id]?.state;
const stop = async (id: string): Promise<void> => {
  await ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
  await eventually('the stop', 60, () => (stateOf(id) === 'stopped' ? true : undefined));
};
const start = async (id: string): Promise<void> => {
  await ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
  await eventually('the start', 60, () => (stateOf(id) === 'running' ? true : undefined));
};
/** The gate of that title that is open instead of the one before. */
const nextGate = (run: Run, title: string, before?: OpenGate): Promise<OpenGate> =>
  eventually(`another gate "${title}"`, 60, async () => {
    const { gate } = await run.standing();
    return gate?.title === title && gate.id !== before?.id ? gate : undefined;
  });

beforeEach(async () => {
  stage = await setStage();
  const credentials = { accessKeyId: 'SOMEBODY', secretAccessKey: 'else' };
  ec2 = new EC2Client({ endpoint: stage.lab.ec2Url, region: 'us-east-1', credentials });
  await (await stage.start('backup', { installation: 'prod' })).report();
});
afterEach(async () => {
  ec2.destroy();
  await stage.close();
});

test('an old machine that is started while the launch waits is fenced after all', async () => {
  await stop(sourceId);
  const run = await stage.start('restore', { installation: 'prod' });
  const launch = await run.gate(launching);
  await start(sourceId);
  await run.answer('approve', launch, 'as planned');

  const fence = await nextGate(run, fencing);
  expect(fence.details).toContain(changed);
  expect(fence.details).toContain(`${sourceId} runs now`);
  expect(madeByRestores(stage)).toEqual([]);

  // Approved, but not stopped: that is seen, and asked again.
  await run.answer('approve', fence, 'surely');
  const again = await nextGate(run, fencing, fence);
  expect(again.details).toContain(`${sourceId} still runs`);
  expect(madeByRestores(stage)).toEqual([]);

  await stop(sourceId);
  await run.answer('approve', again, 'stopped');
  const report = await run.finish();
  expect(machineOf(stage, madeByRestores(stage)[0]).inspect()).toMatchObject({
    app: { state: 'started' },
  });
  expect(storyOf(report.journal).filter((line) => line.startsWith('Fence'))).toEqual([
    `${fencing} — not needed`,
    `${fencing} — approved`,
    `${fencing} — approved`,
  ]);
  expect(report.notes.join('\n')).toContain(`${sourceId} is stopped`);
});

test('an image that goes while the launch waits opens the gate again, and one may run beside', async () => {
  const run = await stage.start('restore', { installation: 'prod' });
  const fence = await run.gate(fencing);
  const known = { acknowledge: ['source-running'] };
  // Where nothing of the kind is asked it is refused, and changes nothing.
  await run.handle.signal('approve', {
    by: 'ana',
    gate: fence.id,
    acknowledge: ['object-storage'],
  });
  await run.handle.signal('approve', { by: 'ana', gate: fence.id, ...known });
  const launch = await run.gate(launching);
  expect(launch.details).toContain(`${sourceId} still runs`);
  const { imageId = '' } = { imageId: /\*\*(ami-\w+)\*\*/.exec(launch.details)?.[1] };
  await ec2.send(new DeregisterImageCommand({ ImageId: imageId }));
  await run.answer('approve', launch);

  const again = await nextGate(run, launching, launch);
  expect(again.details).toContain(`${imageId} is gone now`);
  expect(madeByRestores(stage)).toEqual([]);
  await run.answer('reject', again, 'another image');
  await expect(run.handle.result()).rejects.toThrow();
  const { journal } = await run.standing();
  expect(storyOf(journal).filter((line) => line.startsWith('Signal'))).toHaveLength(1);
  expect(journal.find(({ title }) => title === fencing)).toMatchObject({
    state: 'approved',
    note: 'acknowledged: source-running',
  });
});

test('a machine that is started anew at the DNS gate is known by its new address from then on', async () => {
  await control(stage.lab, `/machines/${sourceId}/lose`);
  const run = await stage.start('restore', { installation: 'prod' });
  const dns = await run.approveUntil('Change the DNS record');
  const [id = ''] = madeByRestores(stage);
  const before = machineOf(stage, id).publicAddress ?? '?';
  expect(dns.details).toContain(before);
  await stop(id);
  await start(id);
  const after = await eventually('another address', 60, () => {
    const { publicAddress } = machineOf(stage, id);
    return publicAddress === undefined || publicAddress === before ? undefined : publicAddress;
  });
  await run.answer('approve', dns);

  const again = await nextGate(run, 'Change the DNS record', dns);
  expect(again.details).toContain(`its public address is ${after} now, and was ${before}`);
  expect(again.details).toContain(`**${after} or `);
  const report = await run.finish();
  const machine = machineOf(stage, id);
  expect(machine.inspect()).toMatchObject({ app: { state: 'started' } });
  expect(machine.publicAddress).toBe(after);
  const written = readFileSync(join(machine.root, 'etc/default/replicated-operator'), 'utf8');
  expect(written).toContain(`PUBLIC_ADDRESS=${after}`);
  expect(report.notes.join('\n')).toContain(`${id} was started anew`);
});
