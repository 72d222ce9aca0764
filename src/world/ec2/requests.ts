/** The requests that make something: an image of a machine, a copy of it, a machine of an image. */
import type {
  BlockDeviceMapping,
  CopyImageCommandInput,
  CreateImageCommandInput,
  RunInstancesCommandInput,
  VolumeType,
} from '@aws-sdk/client-ec2';
import type { LaunchSettings } from '../../machine/backups/backup-record';
import type { ImageDisk } from '../../machine/backups/image-devices';
import { toTags } from './shapes';

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
  /** Volumes of the image that are deleted with the machine; others as the image says. */
  readonly volatileDisks?: readonly ImageDisk[];
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

/** Of the volumes of an instance that is there: each is deleted with it. */
export function deletedWithIt(devices: readonly string[]) {
  return devices.map((DeviceName) => ({ DeviceName, Ebs: { DeleteOnTermination: true } }));
}

// EC2 knows these of the type; of the others it refuses them.
const withIops = ['io1', 'io2', 'gp3'];
const withThroughput = ['gp3'];

/**
 * The same at the launch. An image keeps of each volume whether it outlives its machine: one attached
 * by hand does. "You must specify either a snapshot ID or a volume size" (EbsBlockDevice in the API
 * reference): for a device of the image EC2 itself fills in what is missing, but other endpoints refuse
 * the request, or make an empty volume. So what the image says is said again. Never `Encrypted`: it is
 * the snapshot's, and "supplying both" has been an error.
 */
function launchedWith(disks: readonly ImageDisk[]): BlockDeviceMapping[] {
  return disks.map(({ device, snapshotId, sizeGib, volumeType = '', iops, throughput }) => ({
    DeviceName: device,
    Ebs: {
      DeleteOnTermination: true,
      ...(snapshotId !== undefined && { SnapshotId: snapshotId }),
      ...(sizeGib !== undefined && { VolumeSize: sizeGib }),
      ...(volumeType !== '' && { VolumeType: volumeType as VolumeType }),
      ...(withIops.includes(volumeType) && iops !== undefined && { Iops: iops }),
      ...(withThroughput.includes(volumeType) &&
        throughput !== undefined && { Throughput: throughput }),
    },
  }));
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
    ...(order.volatileDisks !== undefined && {
      BlockDeviceMappings: launchedWith(order.volatileDisks),
    }),
    TagSpecifications: [
      { ResourceType: 'instance', Tags: toTags(order.tags) },
      { ResourceType: 'volume', Tags: toTags(order.tags) },
    ],
  };
}
