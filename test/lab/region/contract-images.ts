/** What callers rely on in images and snapshots. */
import * as sdk from '@aws-sdk/client-ec2';
import {
  describeImage,
  imageOf,
  launch,
  newName,
  running,
  snapshotsOf,
  type Case,
} from './contract-questions';
import { codeOf } from './refusal';

export const imageCases: readonly Case[] = [
  {
    says: 'keeps a second image from taking a name',
    aws: 'InvalidAMIName.Duplicate',
    ask: async (backend) => {
      const Name = newName();
      await imageOf(backend, { Name });
      return codeOf(imageOf(backend, { Name }));
    },
  },
  {
    says: 'makes an image over time',
    aws: 'pending',
    ask: async (backend) => (await describeImage(backend, await imageOf(backend))).State,
  },
  {
    says: 'shows of what machine an image was made',
    aws: true,
    ask: async (backend) => {
      const InstanceId = await running(backend);
      const id = await imageOf(backend, { InstanceId });
      return (await describeImage(backend, id)).SourceInstanceId === InstanceId;
    },
  },
  {
    says: 'tags image and snapshots as they are made',
    aws: [{ Key: 'k', Value: 'v' }],
    ask: async (backend) => {
      const Tags = [{ Key: 'k', Value: 'v' }];
      const types = ['image', 'snapshot'] as const;
      const TagSpecifications = types.map((ResourceType) => ({ ResourceType, Tags }));
      try {
        const id = await imageOf(backend, { TagSpecifications });
        return (await snapshotsOf(backend, id))[0]?.Tags;
      } catch (error) {
        return error instanceof sdk.EC2ServiceException ? 'refused' : 'no answer';
      }
    },
  },
  {
    says: 'describes the snapshot of an image by the image',
    aws: 1,
    ask: async (backend) => (await snapshotsOf(backend, await imageOf(backend))).length,
  },
  {
    says: 'keeps the snapshot of a registered image',
    aws: 'InvalidSnapshot.InUse',
    ask: async (backend) => {
      const [snapshot] = await snapshotsOf(backend, await imageOf(backend));
      const { SnapshotId } = snapshot ?? {};
      return codeOf(backend.ec2.send(new sdk.DeleteSnapshotCommand({ SnapshotId })));
    },
  },
  {
    says: 'deletes the snapshots with the image when asked to',
    aws: 0,
    ask: async (backend) => {
      const ImageId = await imageOf(backend);
      const request = { ImageId, DeleteAssociatedSnapshots: true };
      await backend.ec2.send(new sdk.DeregisterImageCommand(request));
      return (await snapshotsOf(backend, ImageId)).length;
    },
  },
  {
    says: 'launches no image that was deregistered',
    aws: 'InvalidAMIID.Unavailable',
    ask: async (backend) => {
      const ImageId = await imageOf(backend);
      await backend.ec2.send(new sdk.DeregisterImageCommand({ ImageId }));
      return codeOf(backend.ec2.send(launch(backend, { ImageId })));
    },
  },
  {
    says: 'lists the images of the account by tag',
    aws: 1,
    ask: async (backend) => {
      const id = await imageOf(backend);
      const Tags = [{ Key: 'of', Value: id }];
      await backend.ec2.send(new sdk.CreateTagsCommand({ Resources: [id], Tags }));
      const Filters = [{ Name: 'tag:of', Values: [id] }];
      const request = new sdk.DescribeImagesCommand({ Owners: ['self'], Filters });
      return (await backend.ec2.send(request)).Images?.length;
    },
  },
  {
    says: 'does not know an image that never was',
    aws: 'InvalidAMIID.NotFound',
    ask: (backend) => codeOf(describeImage(backend, 'ami-0fffffffffffffff0')),
  },
];
