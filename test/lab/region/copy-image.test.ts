import {
  CopyImageCommand,
  CreateImageCommand,
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
  EC2Client,
  RunInstancesCommand,
  type CopyImageCommandInput,
  type Image,
} from '@aws-sdk/client-ec2';
import type { Lab } from '../../../src/lab/compose';
import { seeded, seededElsewhere } from '../../../src/lab/region/seed';
import { eventually, inFakeLab } from './fake-lab';
import { codeOf } from './refusal';

const timings = { visible: 0, image: 1, copy: 120, run: 1 };

async function elsewhere(
  story: (scene: { lab: Lab; ec2: EC2Client; west: EC2Client; source: string }) => Promise<void>,
): Promise<void> {
  await inFakeLab(
    async ({ lab, ec2 }) => {
      const west = new EC2Client({
        endpoint: lab.ec2Url,
        region: seededElsewhere.region,
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
        maxAttempts: 1,
      });
      const { ImageId: source = '' } = await ec2.send(
        new CreateImageCommand({
          InstanceId: seeded.servicesMachine,
          Name: 'backup',
          NoReboot: true,
        }),
      );
      await eventually(async () => {
        expect((await look(ec2, source))?.State).toBe('available');
      });
      await story({ lab, ec2, west, source });
      west.destroy();
    },
    { timings },
  );
}

function copyOf(source: string, changes: Partial<CopyImageCommandInput> = {}): CopyImageCommand {
  return new CopyImageCommand({
    SourceImageId: source,
    SourceRegion: seeded.region,
    Name: 'backup',
    ...changes,
  });
}

async function look(ec2: EC2Client, id: string): Promise<Image | undefined> {
  return (await ec2.send(new DescribeImagesCommand({ ImageIds: [id] }))).Images?.[0];
}

test('a copy has its own id, tags and snapshot, and a machine can be launched from it', () =>
  elsewhere(async ({ lab, west, source }) => {
    const Tags = [{ Key: 'runbook:kind', Value: 'backup' }];
    const order = copyOf(source, {
      TagSpecifications: [
        { ResourceType: 'image', Tags },
        { ResourceType: 'snapshot', Tags },
      ],
    });
    const { ImageId: id = '' } = await west.send(order);
    expect(id).not.toBe(source);
    const early = await codeOf(
      west.send(new RunInstancesCommand({ ImageId: id, MinCount: 1, MaxCount: 1 })),
    );
    expect(early).toBe('InvalidAMIID.Unavailable');
    await eventually(async () => {
      expect((await look(west, id))?.State).toBe('available');
    });
    const image = await look(west, id);
    expect(image).toMatchObject({
      Name: 'backup',
      SourceImageId: source,
      SourceImageRegion: seeded.region,
      Tags,
    });
    const SnapshotIds = [image?.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? ''];
    const { Snapshots } = await west.send(new DescribeSnapshotsCommand({ SnapshotIds }));
    expect(Snapshots).toMatchObject([{ State: 'completed', Encrypted: false, Tags }]);
    await west.send(new RunInstancesCommand({ ImageId: id, MinCount: 1, MaxCount: 1 }));
    expect(lab.regions.named(seededElsewhere.region)?.machines.size).toBe(1);
    expect(lab.region.machines.size).toBe(1);
  }));

test('the same token gives the same copy, another one a name that is taken', () =>
  elsewhere(async ({ west, source }) => {
    const first = await west.send(copyOf(source, { ClientToken: 'one' }));
    const again = await west.send(copyOf(source, { ClientToken: 'one' }));
    expect(again.ImageId).toBe(first.ImageId);
    const other = await codeOf(west.send(copyOf(source, { ClientToken: 'two' })));
    expect(other).toBe('InvalidAMIName.Duplicate');
  }));

test('a key that does not exist is told only by the copy that fails', () =>
  elsewhere(async ({ west, source }) => {
    const wrong = { Encrypted: true, KmsKeyId: 'arn:aws:kms:us-west-2:1:key/none' };
    const { ImageId: bad = '' } = await west.send(copyOf(source, { ...wrong, Name: 'bad' }));
    const right = { Encrypted: true, KmsKeyId: seededElsewhere.kmsKey };
    const { ImageId: good = '' } = await west.send(copyOf(source, { ...right, Name: 'good' }));
    await eventually(async () => {
      expect(await look(west, bad)).toMatchObject({
        State: 'failed',
        StateReason: { Code: 'Client.InvalidKMSKey.NotFound' },
      });
      expect((await look(west, good))?.State).toBe('available');
    });
    expect((await look(west, good))?.BlockDeviceMappings?.[0]?.Ebs?.Encrypted).toBe(true);
  }));

test('a region that is cut off answers nothing; what was copied before is still there', () =>
  elsewhere(async ({ lab, ec2, west, source }) => {
    const { ImageId: id = '' } = await west.send(copyOf(source));
    await fetch(`${lab.controlUrl}/regions/${seeded.region}`, {
      method: 'POST',
      body: JSON.stringify({ off: true }),
    });
    expect(await codeOf(look(ec2, source))).toBe('ServiceUnavailable');
    expect(lab.regions.machineAt(seeded.privateAddress)).toBeUndefined();
    expect((await look(west, id))?.Name).toBe('backup');
    const another = await codeOf(west.send(copyOf(source, { Name: 'late' })));
    expect(another).toBe('ServiceUnavailable');
  }));
