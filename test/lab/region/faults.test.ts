import {
  CreateImageCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  RunInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { seeded } from '../../../src/lab/region/seed';
import { clientOf, inFakeLab } from './fake-lab';
import { codeOf } from './refusal';

const image = { InstanceId: seeded.servicesMachine, Name: 'backup-1', NoReboot: true };
const one = { InstanceIds: [seeded.servicesMachine] };

test('fails the calls of one action, after those that go well, as often as told', () =>
  inFakeLab(async ({ ec2, lab }) => {
    lab.faults.add({
      action: 'DescribeInstances',
      effect: 'error',
      code: 'RequestLimitExceeded',
      status: 503,
      skip: 1,
      times: 2,
    });
    const codes: string[] = [];
    for (let call = 0; call < 4; call += 1) {
      codes.push(await codeOf(ec2.send(new DescribeInstancesCommand({}))));
    }
    expect(codes).toEqual(['accepted', 'RequestLimitExceeded', 'RequestLimitExceeded', 'accepted']);
    expect(await codeOf(ec2.send(new DescribeImagesCommand({})))).toBe('accepted');
  }));

test('does what was asked and loses the reply', () =>
  inFakeLab(async ({ ec2, lab }) => {
    lab.faults.add({ action: 'CreateImage', effect: 'lose-reply', times: 1 });
    expect(await codeOf(ec2.send(new CreateImageCommand(image)))).toMatch(
      /ECONNRESET|socket hang up/,
    );
    expect(await codeOf(ec2.send(new CreateImageCommand(image)))).toBe('InvalidAMIName.Duplicate');
  }));

test('loses a request without doing anything', () =>
  inFakeLab(async ({ ec2, lab }) => {
    lab.faults.add({ action: 'CreateImage', effect: 'lose-request', times: 1 });
    expect(await codeOf(ec2.send(new CreateImageCommand(image)))).not.toBe('accepted');
    expect(await codeOf(ec2.send(new CreateImageCommand(image)))).toBe('accepted');
  }));

test("shows why a reply lost to the SDK's own retry ends in a duplicate name", () =>
  inFakeLab(async ({ lab }) => {
    lab.faults.add({ action: 'CreateImage', effect: 'lose-reply', times: 1 });
    const patient = clientOf(lab.ec2Url, 3);
    await expect(patient.send(new CreateImageCommand(image))).rejects.toMatchObject({
      name: 'InvalidAMIName.Duplicate',
      $metadata: { attempts: 2 },
    });
    patient.destroy();
  }));

test('hides from reads what was made since the fault was set', () =>
  inFakeLab(
    async ({ ec2, lab }) => {
      const fault = lab.faults.add({ action: 'DescribeImages', effect: 'stale' });
      const { ImageId } = await ec2.send(new CreateImageCommand(image));
      const described = () => ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId ?? ''] }));
      expect(await codeOf(described())).toBe('InvalidAMIID.NotFound');
      expect((await ec2.send(new DescribeImagesCommand({ Owners: ['self'] }))).Images).toEqual([]);
      lab.faults.remove(fault.id);
      expect(await codeOf(described())).toBe('accepted');
    },
    { timings: { visible: 0 } },
  ));

test('has no capacity, answers rubbish, answers late', () =>
  inFakeLab(async ({ ec2, lab }) => {
    const run = () =>
      ec2.send(new RunInstancesCommand({ ImageId: seeded.baseImage, MinCount: 1, MaxCount: 1 }));
    lab.faults.add({
      action: 'Run*',
      effect: 'error',
      code: 'InsufficientInstanceCapacity',
      status: 500,
      times: 1,
    });
    expect(await codeOf(run())).toBe('InsufficientInstanceCapacity');
    lab.faults.add({ action: 'Run*', effect: 'garbage', times: 1 });
    expect(await codeOf(run())).not.toBe('accepted');
    expect(lab.region.machines.size).toBe(1);
    lab.faults.add({ action: 'Run*', effect: 'delay', seconds: 0.2, times: 1 });
    const began = Date.now();
    expect(await codeOf(run())).toBe('accepted');
    expect(Date.now() - began).toBeGreaterThanOrEqual(190);
  }));

test('hangs until the caller gives up, and does nothing', () =>
  inFakeLab(async ({ ec2, lab }) => {
    lab.faults.add({ action: 'StopInstances', effect: 'hang', times: 1 });
    const patience = AbortSignal.timeout(200);
    const stop = ec2.send(new StopInstancesCommand(one), { abortSignal: patience });
    await expect(stop).rejects.toThrow();
    expect(lab.region.machines.get(seeded.servicesMachine)?.answers).toBe(true);
  }));

test('denies actions, in a dry run too', () =>
  inFakeLab(async ({ ec2, lab }) => {
    lab.faults.deny(['Stop*', 'iam:PassRole']);
    expect(await codeOf(ec2.send(new StopInstancesCommand({ ...one, DryRun: true })))).toBe(
      'UnauthorizedOperation',
    );
    expect(await codeOf(ec2.send(new DescribeInstancesCommand({ DryRun: true })))).toBe(
      'DryRunOperation',
    );
    const launch = (profile: string | undefined) =>
      new RunInstancesCommand({
        ImageId: seeded.baseImage,
        MinCount: 1,
        MaxCount: 1,
        IamInstanceProfile: profile === undefined ? undefined : { Name: profile },
      });
    expect(await codeOf(ec2.send(launch(seeded.instanceProfile)))).toBe('UnauthorizedOperation');
    expect(await codeOf(ec2.send(launch(undefined)))).toBe('accepted');
  }));

test('holds a reply after its effect until it is released, and the next call passes', () =>
  inFakeLab(
    async ({ ec2, lab }) => {
      const barrier = lab.barriers.hold('CreateImage');
      const call = ec2.send(new CreateImageCommand(image));
      await barrier.reached;
      expect(barrier.state).toBe('reached');
      // The effect is there, and another caller is not held.
      expect(await codeOf(ec2.send(new CreateImageCommand(image)))).toBe(
        'InvalidAMIName.Duplicate',
      );
      expect(await codeOf(ec2.send(new CreateImageCommand({ ...image, Name: 'backup-2' })))).toBe(
        'accepted',
      );
      barrier.release();
      expect((await call).ImageId).toMatch(/^ami-/);
    },
    { timings: { visible: 0 } },
  ));

test('journals every call with its outcome', () =>
  inFakeLab(async ({ ec2, lab }) => {
    const before = lab.journal.since(0).at(-1)?.seq ?? 0;
    const { ImageId = '' } = await ec2.send(new CreateImageCommand(image));
    await codeOf(ec2.send(new CreateImageCommand(image)));
    expect(lab.journal.since(before)).toMatchObject([
      {
        seq: before + 1,
        kind: 'ec2',
        machine: seeded.servicesMachine,
        text: `CreateImage InstanceId=${seeded.servicesMachine} Name=backup-1 → ${ImageId}`,
        data: { action: 'CreateImage', outcome: 'ok', parameters: { NoReboot: 'true' } },
      },
      { seq: before + 2, data: { outcome: 'InvalidAMIName.Duplicate' } },
    ]);
  }));
