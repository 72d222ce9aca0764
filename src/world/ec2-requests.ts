/** The requests that make something: an image of a machine, a copy of it, a machine of an image. */
import type {
  CopyImageCommandInput,
  CreateImageCommandInput,
  RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
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

/** A copy to make, in the region that is asked, of an image that is in another one. */
export interface CopyOrder {
  readonly sourceRegion: string;
  readonly sourceImageId: string;
  readonly name: string;
  readonly description: string;
  /** Id, alias or ARN; absent: as the original is encrypted, or is not. */
  readonly kmsKey?: string | undefined;
  /** At most 64 ASCII characters; the same for each attempt of the same copy. */
  readonly clientToken: string;
  /** They go on the copy and its snapshots. */
  readonly tags: Tags;
}

/** An instance to launch; tags go on the instance and its volumes. */
export interface LaunchOrder {
  readonly imageId: string;
  readonly launch: LaunchSettings;
  /** At most 64 ASCII characters; the same for each attempt of the same launch. */
  readonly clientToken: string;
  readonly tags: Tags;
  /** As text; cloud-init gets it at each boot. */
  readonly userData?: string;
  /** What becomes of the machine when it shuts itself down; without a word it stays to be looked at. */
  readonly shutdownBehavior?: 'stop' | 'terminate';
  /** Devices whose volumes are deleted with the machine; others as the image says. */
  readonly volatileDevices?: readonly string[];
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

/** CopyImage, as EC2 takes it. */
export function copyImageInput(order: CopyOrder): CopyImageCommandInput {
  return {
    SourceRegion: order.sourceRegion,
    SourceImageId: order.sourceImageId,
    Name: order.name,
    Description: order.description,
    ClientToken: order.clientToken,
    ...(order.kmsKey !== undefined && { Encrypted: true, KmsKeyId: order.kmsKey }),
    TagSpecifications: [
      { ResourceType: 'image', Tags: toTags(order.tags) },
      { ResourceType: 'snapshot', Tags: toTags(order.tags) },
    ],
  };
}

/** An image keeps of each volume whether it outlives its machine: one attached by hand does. */
export function deletedWithIt(devices: readonly string[]) {
  return devices.map((DeviceName) => ({ DeviceName, Ebs: { DeleteOnTermination: true } }));
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
    InstanceInitiatedShutdownBehavior: order.shutdownBehavior ?? 'stop',
    ...(order.userData !== undefined && {
      UserData: Buffer.from(order.userData, 'utf8').toString('base64'),
    }),
    ...(order.volatileDevices !== undefined && {
      BlockDeviceMappings: deletedWithIt(order.volatileDevices),
    }),
    TagSpecifications: [
      { ResourceType: 'instance', Tags: toTags(order.tags) },
      { ResourceType: 'volume', Tags: toTags(order.tags) },
    ],
  };
}
