/** The two requests that make something: an image of a machine, a machine of an image. */
import type { CreateImageCommandInput, RunInstancesCommandInput } from '@aws-sdk/client-ec2';
import type { LaunchSettings } from '../machine/backup-record';
import { toTags } from './ec2-shapes';

type Tags = Readonly<Record<string, string>>;

/** An image to make; its name is the only thing by which EC2 knows a second request. */
export interface ImageOrder {
  readonly instanceId: string;
  readonly name: string;
  readonly description: string;
  readonly reboot: boolean;
  readonly imageTags: Tags;
  readonly snapshotTags: Tags;
}

/** An instance to launch; tags go on the instance and its volumes. */
export interface LaunchOrder {
  readonly imageId: string;
  readonly launch: LaunchSettings;
  /** At most 64 ASCII characters; the same for each attempt of the same launch. */
  readonly clientToken: string;
  readonly tags: Tags;
}

/** CreateImage, as EC2 takes it. */
export function createImageInput(order: ImageOrder): CreateImageCommandInput {
  return {
    InstanceId: order.instanceId,
    Name: order.name,
    Description: order.description,
    NoReboot: !order.reboot,
    TagSpecifications: [
      { ResourceType: 'image', Tags: toTags(order.imageTags) },
      { ResourceType: 'snapshot', Tags: toTags(order.snapshotTags) },
    ],
  };
}

/** RunInstances for exactly one instance, with what an image does not carry. */
export function runInstancesInput(order: LaunchOrder): RunInstancesCommandInput {
  const { launch } = order;
  const profile = launch.instanceProfile;
  return {
    ImageId: order.imageId,
    MinCount: 1,
    MaxCount: 1,
    ClientToken: order.clientToken,
    // EC2 offers types that this version of the SDK has not heard of.
    InstanceType: launch.instanceType as RunInstancesCommandInput['InstanceType'],
    SubnetId: launch.subnetId,
    SecurityGroupIds: [...launch.securityGroupIds],
    ...(launch.keyPair !== undefined && { KeyName: launch.keyPair }),
    ...(profile !== undefined && {
      IamInstanceProfile: profile.startsWith('arn:') ? { Arn: profile } : { Name: profile },
    }),
    MetadataOptions: {
      HttpEndpoint: 'enabled',
      HttpTokens: launch.httpTokens,
      HttpPutResponseHopLimit: launch.httpPutResponseHopLimit,
    },
    DisableApiTermination: launch.terminationProtection,
    // A machine that shuts itself down must stay there to be looked at.
    InstanceInitiatedShutdownBehavior: 'stop',
    TagSpecifications: [
      { ResourceType: 'instance', Tags: toTags(order.tags) },
      { ResourceType: 'volume', Tags: toTags(order.tags) },
    ],
  };
}
