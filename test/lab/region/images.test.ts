import {
  CreateImageCommand,
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
  DisableImageDeregistrationProtectionCommand,
  EnableImageDeregistrationProtectionCommand,
  type CreateImageCommandInput,
  type EC2Client,
  type Image,
  type Snapshot,
} from '@aws-sdk/client-ec2';
import { seeded } from '../../../src/lab/region/seed';
import { eventually, inFakeLab } from './fake-lab';
import { codeOf } from './refusal';

const timings = { visible: 0, image: 60, reboot: 20 };

function imageOf(changes: Partial<CreateImageCommandInput> = {}): CreateImageCommand {
  return new CreateImageCommand({
    InstanceId: seeded.servicesMachine,
    Name: 'backup-1',
    NoReboot: true,
    ...changes,
  });
}

async function made(ec2: EC2Client, changes?: Partial<CreateImageCommandInput>): Promise<string> {
  return (await ec2.send(imageOf(changes))).ImageId ?? 'none';
}

async function look(ec2: EC2Client, id: string): Promise<Image | undefined> {
  return (await ec2.send(new DescribeImagesCommand({ ImageIds: [id] }))).Images?.[0];
}

async function snapshotOf(ec2: EC2Client, imageId: string): Promise<Snapshot | undefined> {
  const request = new DescribeSnapshotsCommand({
    OwnerIds: ['self'],
    Filters: [{ Name: 'description', Values: [`*${imageId}*`] }],
  });
  return (await ec2.send(request)).Snapshots?.[0];
}

test('makes an image over time and shows how far its snapshot is', () =>
  inFakeLab(
    async ({ ec2 }) => {
      const id = await made(ec2, {
        TagSpecifications: ['image' as const, 'snapshot' as const].map((ResourceType) => ({
          ResourceType,
          Tags: [{ Key: 'runbook:kind', Value: 'backup' }],
        })),
      });
      expect(await look(ec2, id)).toMatchObject({
        State: 'pending',
        Name: 'backup-1',
        OwnerId: seeded.owner,
        SourceInstanceId: seeded.servicesMachine,
        Tags: [{ Key: 'runbook:kind', Value: 'backup' }],
      });
      const seen = new Set<string>();
      await eventually(async () => {
        const snapshot = await snapshotOf(ec2, id);
        seen.add(snapshot?.Progress ?? '');
        expect(snapshot).toMatchObject({
          State: 'completed',
          Progress: '100%',
          VolumeSize: 100,
          Description: `Created by CreateImage(${seeded.servicesMachine}) for ${id}`,
          Tags: [{ Key: 'runbook:kind', Value: 'backup' }],
        });
      });
      expect([...seen].some((progress) => /^[1-9]\d?%$/.test(progress))).toBe(true);
      // The image itself is a moment later.
      await eventually(async () => {
        expect((await look(ec2, id))?.State).toBe('available');
      });
      const { BlockDeviceMappings: [disk] = [], CreationDate } = (await look(ec2, id)) ?? {};
      expect(CreationDate).toMatch(/^\d{4}-\d\d-\d\dT/);
      expect(disk?.Ebs?.SnapshotId).toBe((await snapshotOf(ec2, id))?.SnapshotId);
    },
    // Slow enough that a busy machine still sees it on its way.
    { speed: 50, timings: { ...timings, image: 100 } },
  ));

test('shows the snapshot of a new image a little after the image', () =>
  inFakeLab(
    async ({ ec2 }) => {
      const id = await made(ec2);
      await eventually(async () => {
        expect((await look(ec2, id))?.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId).toBeUndefined();
      });
      await eventually(async () => {
        expect((await look(ec2, id))?.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId).toMatch(/^snap-/);
      });
    },
    { speed: 100, timings: { visible: 30, image: 600 } },
  ));

test('refuses a name that is taken, also while reads do not show its holder', () =>
  inFakeLab(
    async ({ ec2 }) => {
      const id = await made(ec2);
      expect(await codeOf(look(ec2, id))).toBe('InvalidAMIID.NotFound');
      await expect(ec2.send(imageOf())).rejects.toMatchObject({
        name: 'InvalidAMIName.Duplicate',
        message: `AMI name backup-1 is already in use by AMI ${id}`,
      });
    },
    { timings: { visible: 600 } },
  ));

test('keeps the name of a failed image until it is deregistered', () =>
  inFakeLab(
    async ({ ec2, lab }) => {
      lab.faults.add({
        action: 'CreateImage',
        effect: 'image-fails',
        times: 1,
        code: 'Server.InternalError',
      });
      const id = await made(ec2);
      await eventually(async () => {
        expect(await look(ec2, id)).toMatchObject({
          State: 'failed',
          StateReason: { Code: 'Server.InternalError' },
        });
      });
      expect((await snapshotOf(ec2, id))?.State).toBe('error');
      expect(await codeOf(ec2.send(imageOf()))).toBe('InvalidAMIName.Duplicate');
      await ec2.send(new DeregisterImageCommand({ ImageId: id }));
      expect(await codeOf(ec2.send(imageOf()))).toBe('accepted');
    },
    { timings },
  ));

test('reboots the machine unless told otherwise', () =>
  inFakeLab(
    async ({ ec2, lab }) => {
      const boots = () =>
        lab.journal
          .since(0)
          .filter(({ kind, machine }) => kind === 'boot' && machine === seeded.servicesMachine);
      await made(ec2, { NoReboot: true });
      expect(lab.region.machines.get(seeded.servicesMachine)?.answers).toBe(true);
      await made(ec2, { NoReboot: false, Name: 'backup-2' });
      expect(lab.region.machines.get(seeded.servicesMachine)?.answers).toBe(false);
      await eventually(() => {
        expect(boots()).toHaveLength(1);
        return Promise.resolve();
      });
    },
    { timings },
  ));

test.each([
  ['too short', 'ab', 'InvalidAMIName.Malformed'],
  ['too long', 'a'.repeat(129), 'InvalidAMIName.Malformed'],
  ['with a colon', 'backup 10:30', 'InvalidAMIName.Malformed'],
  ['with all that is allowed', "a (b) [c] ./-'@_9", 'accepted'],
])('judges a name that is %s', (_, Name, code) =>
  inFakeLab(async ({ ec2 }) => {
    expect(await codeOf(ec2.send(imageOf({ Name })))).toBe(code);
  }),
);

test('keeps a snapshot as long as its image is registered', () =>
  inFakeLab(
    async ({ ec2 }) => {
      const id = await made(ec2);
      const snapshot = new DeleteSnapshotCommand({
        SnapshotId: (await snapshotOf(ec2, id))?.SnapshotId,
      });
      expect(await codeOf(ec2.send(snapshot))).toBe('InvalidSnapshot.InUse');
      await ec2.send(new DeregisterImageCommand({ ImageId: id }));
      expect(await codeOf(look(ec2, id))).toBe('InvalidAMIID.NotFound');
      expect(await snapshotOf(ec2, id)).toBeDefined();
      expect(await codeOf(ec2.send(snapshot))).toBe('accepted');
      expect(await codeOf(ec2.send(snapshot))).toBe('InvalidSnapshot.NotFound');
    },
    { timings },
  ));

test('keeps an image that is protected, with a cooldown for another day', () =>
  inFakeLab(
    async ({ ec2, lab }) => {
      const ImageId = await made(ec2);
      const deregister = () => codeOf(ec2.send(new DeregisterImageCommand({ ImageId })));
      const protection = async () => (await look(ec2, ImageId))?.DeregistrationProtection;
      const enable = (WithCooldown: boolean) =>
        ec2.send(new EnableImageDeregistrationProtectionCommand({ ImageId, WithCooldown }));
      const disable = new DisableImageDeregistrationProtectionCommand({ ImageId });
      expect(await protection()).toBe('disabled');
      expect((await enable(false)).Return).toBe('enabled-without-cooldown');
      expect(await deregister()).toBe('OperationNotPermitted');
      await ec2.send(disable);
      expect((await enable(true)).Return).toBe('enabled-with-cooldown');
      expect(await protection()).toBe('enabled-with-cooldown');
      await ec2.send(disable);
      expect(await protection()).toBe('disabled');
      expect(await deregister()).toBe('OperationNotPermitted');
      const image = lab.region.state.images[ImageId];
      expect(image?.protectedUntil).toBeGreaterThan(lab.clock.now() + 23 * 3_600_000);
      if (image) image.protectedUntil = lab.clock.now();
      expect(await deregister()).toBe('accepted');
    },
    { timings },
  ));

test('deletes the snapshots with the image when asked to', () =>
  inFakeLab(
    async ({ ec2 }) => {
      const id = await made(ec2);
      const { SnapshotId } = (await snapshotOf(ec2, id)) ?? {};
      const reply = await ec2.send(
        new DeregisterImageCommand({ ImageId: id, DeleteAssociatedSnapshots: true }),
      );
      expect(reply.DeleteSnapshotResults).toEqual([{ SnapshotId, ReturnCode: 'success' }]);
      expect(await snapshotOf(ec2, id)).toBeUndefined();
    },
    { timings },
  ));

test('lists the images of the account by owner, name and tag', () =>
  inFakeLab(
    async ({ ec2 }) => {
      const id = await made(ec2, {
        TagSpecifications: [{ ResourceType: 'image', Tags: [{ Key: 'run', Value: '7' }] }],
      });
      await made(ec2, { Name: 'other' });
      const find = async (Name: string, value: string) => {
        const request = new DescribeImagesCommand({
          Owners: ['self'],
          Filters: [{ Name, Values: [value] }],
        });
        return (await ec2.send(request)).Images?.map(({ ImageId }) => ImageId);
      };
      expect(await find('name', 'backup-1')).toEqual([id]);
      expect(await find('name', 'backup-*')).toEqual([id]);
      expect(await find('tag:run', '7')).toEqual([id]);
      expect(await find('tag:run', '8')).toEqual([]);
      expect(await codeOf(find('colour', 'red'))).toBe('InvalidParameterValue');
      expect((await ec2.send(new DescribeImagesCommand({ Owners: ['self'] }))).Images).toHaveLength(
        2,
      );
    },
    { timings },
  ));
