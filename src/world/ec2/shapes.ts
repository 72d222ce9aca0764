/** EC2's objects as this program sees them: no field that it needs is ever undefined. */
import type * as aws from '@aws-sdk/client-ec2';
import type { ImageDisk } from '../../machine/backups/image-devices';

/** A virtual machine. */
export interface Instance {
  readonly id: string;
  readonly state: 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';
  /** Why it changed its state, in EC2's words. */
  readonly stateReason?: string;
  readonly imageId: string;
  readonly instanceType: string;
  readonly subnetId: string;
  readonly securityGroupIds: readonly string[];
  /** ARN of the instance profile. */
  readonly instanceProfile?: string;
  readonly keyPair?: string;
  readonly privateAddress?: string;
  readonly publicAddress?: string;
  readonly httpTokens: 'optional' | 'required';
  readonly httpPutResponseHopLimit: number;
  /** ISO 8601, UTC: its last start. */
  readonly launchedAt: string;
  /** ISO 8601, UTC: its first start. */
  readonly firstLaunchedAt: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly volumeIds: readonly string[];
  /** The same with the names of their devices. */
  readonly volumes: readonly AttachedVolume[];
}

/** A volume of an instance, under the name that EC2 gives to its device. */
export interface AttachedVolume {
  readonly device: string;
  readonly volumeId: string;
}

/** A machine image. */
export interface Image {
  readonly id: string;
  readonly name: string;
  /** Number of the account that it belongs to. */
  readonly owner?: string;
  /** `available`, `pending`, `failed`, `error`, `deregistered` … */
  readonly state: string;
  readonly stateReason?: string;
  readonly sourceInstanceId?: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Appear a little after the image itself. */
  readonly snapshotIds: readonly string[];
  readonly disks: readonly ImageDisk[];
  readonly rootDevice?: string;
  /** What the system on it wants of a machine. */
  readonly system?: ImageSystem;
}

/** What an image says of the system on it; what it does not say is absent. */
export interface ImageSystem {
  readonly architecture?: string;
  readonly virtualization?: string;
  /** Whether it has the driver that network cards of newer types need. */
  readonly hasEna: boolean;
  /** `legacy-bios`, `uefi` or `uefi-preferred`. */
  readonly bootMode?: string;
  /** `v2.0`: machines of it take no IMDSv1 unless they are told to. */
  readonly imdsSupport?: string;
}

/** What a machine of an instance type has. */
export interface InstanceSpecs {
  readonly vCpus: number;
  readonly memoryMib: number;
  /** `x86_64`, `arm64` … */
  readonly architectures: readonly string[];
  readonly virtualizations: readonly string[];
  /** `required`, `supported` or `unsupported`, as EC2 says it; absent where it says nothing. */
  readonly ena?: string;
  /** The same: whether its volumes get names such as /dev/nvme1n1. */
  readonly nvme?: string;
  readonly bootModes: readonly string[];
}

/** A subnet, with the room in it. */
export interface Subnet {
  readonly id: string;
  readonly vpcId: string;
  readonly zone: string;
  readonly freeAddresses: number;
}

/** A copy of one volume. */
export interface Snapshot {
  readonly id: string;
  /** `pending`, `completed`, `error` … */
  readonly state: string;
  readonly progressPercent: number;
  readonly message?: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** A security group, as far as it lets packets out. */
export interface SecurityGroup {
  readonly id: string;
  readonly vpcId: string;
  /** Where to: networks (`0.0.0.0/0`), other groups and prefix lists. */
  readonly egress: readonly string[];
}

/** An Elastic IP. */
export interface Address {
  readonly allocationId: string;
  readonly publicAddress: string;
  readonly associationId?: string;
  readonly instanceId?: string;
}

/** Maps an instance. */
export function toInstance(from: aws.Instance): Instance {
  return {
    id: from.InstanceId ?? '',
    state: from.State?.Name ?? 'pending',
    stateReason: reason(from.StateReason),
    imageId: from.ImageId ?? '',
    instanceType: from.InstanceType ?? '',
    subnetId: from.SubnetId ?? '',
    securityGroupIds: present(from.SecurityGroups?.map((group) => group.GroupId)),
    instanceProfile: from.IamInstanceProfile?.Arn,
    keyPair: from.KeyName,
    privateAddress: from.PrivateIpAddress,
    publicAddress: from.PublicIpAddress,
    // The defaults of EC2 for an instance that never had them set.
    httpTokens: from.MetadataOptions?.HttpTokens ?? 'optional',
    httpPutResponseHopLimit: from.MetadataOptions?.HttpPutResponseHopLimit ?? 1,
    launchedAt: from.LaunchTime?.toISOString() ?? '',
    firstLaunchedAt: firstLaunch(from)?.toISOString() ?? '',
    tags: tagsOf(from.Tags),
    volumeIds: present(from.BlockDeviceMappings?.map((device) => device.Ebs?.VolumeId)),
    volumes: (from.BlockDeviceMappings ?? []).flatMap(({ DeviceName: device = '', Ebs }) =>
      Ebs?.VolumeId ? [{ device, volumeId: Ebs.VolumeId }] : [],
    ),
  };
}

/** A start after a stop changes LaunchTime; the first network interface stays from the first on. */
function firstLaunch({ NetworkInterfaces = [], LaunchTime }: aws.Instance): Date | undefined {
  const first = NetworkInterfaces.find(({ Attachment }) => Attachment?.DeviceIndex === 0);
  return first?.Attachment?.AttachTime ?? LaunchTime;
}

/** Maps an image. */
export function toImage(from: aws.Image): Image {
  return {
    id: from.ImageId ?? '',
    name: from.Name ?? '',
    owner: from.OwnerId,
    state: from.State ?? 'pending',
    stateReason: reason(from.StateReason),
    sourceInstanceId: from.SourceInstanceId,
    createdAt: from.CreationDate ?? '',
    tags: tagsOf(from.Tags),
    snapshotIds: present(from.BlockDeviceMappings?.map((device) => device.Ebs?.SnapshotId)),
    disks: (from.BlockDeviceMappings ?? []).flatMap(toDisk),
    rootDevice: from.RootDeviceName,
    system: {
      architecture: from.Architecture,
      virtualization: from.VirtualizationType,
      hasEna: from.EnaSupport ?? false,
      bootMode: from.BootMode,
      imdsSupport: from.ImdsSupport,
    },
  };
}

// A device without a volume is instance storage, of which an image holds nothing.
function toDisk({ DeviceName = '', Ebs }: aws.BlockDeviceMapping): ImageDisk[] {
  if (Ebs === undefined) return [];
  const { SnapshotId: snapshotId, VolumeSize: sizeGib, VolumeType: volumeType } = Ebs;
  const { Iops: iops, Throughput: throughput } = Ebs;
  return [{ device: DeviceName, snapshotId, sizeGib, volumeType, iops, throughput }];
}

/** Maps an instance type. */
export function toSpecs(from: aws.InstanceTypeInfo): InstanceSpecs {
  return {
    vCpus: from.VCpuInfo?.DefaultVCpus ?? 0,
    memoryMib: from.MemoryInfo?.SizeInMiB ?? 0,
    architectures: from.ProcessorInfo?.SupportedArchitectures ?? [],
    virtualizations: from.SupportedVirtualizationTypes ?? [],
    ena: from.NetworkInfo?.EnaSupport,
    nvme: from.EbsInfo?.NvmeSupport,
    bootModes: from.SupportedBootModes ?? [],
  };
}

/** Maps a snapshot; its progress is a text such as `37%`. */
export function toSnapshot(from: aws.Snapshot): Snapshot {
  const percent = Number.parseInt(from.Progress ?? '', 10);
  return {
    id: from.SnapshotId ?? '',
    state: from.State ?? 'pending',
    progressPercent: Number.isNaN(percent) ? 0 : percent,
    message: from.StateMessage,
    tags: tagsOf(from.Tags),
  };
}

/** Maps a security group. */
export function toSecurityGroup(from: aws.SecurityGroup): SecurityGroup {
  const egress = (from.IpPermissionsEgress ?? []).flatMap((rule) => [
    ...present(rule.IpRanges?.map((range) => range.CidrIp)),
    ...present(rule.Ipv6Ranges?.map((range) => range.CidrIpv6)),
    ...present(rule.UserIdGroupPairs?.map((group) => group.GroupId)),
    ...present(rule.PrefixListIds?.map((list) => list.PrefixListId)),
  ]);
  return { id: from.GroupId ?? '', vpcId: from.VpcId ?? '', egress };
}

/** Maps a subnet. */
export function toSubnet(from: aws.Subnet): Subnet {
  return {
    id: from.SubnetId ?? '',
    vpcId: from.VpcId ?? '',
    zone: from.AvailabilityZone ?? '',
    freeAddresses: from.AvailableIpAddressCount ?? 0,
  };
}

/** Maps an Elastic IP. */
export function toAddress(from: aws.Address): Address {
  return {
    allocationId: from.AllocationId ?? '',
    publicAddress: from.PublicIp ?? '',
    associationId: from.AssociationId,
    instanceId: from.InstanceId,
  };
}

/** The tags of an object as EC2 takes them. */
export function toTags(tags: Readonly<Record<string, string>>): aws.Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** One filter for each tag: all of them must fit. */
export function tagFilters(tags: Readonly<Record<string, string>> = {}): aws.Filter[] {
  return Object.entries(tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] }));
}

function tagsOf(tags: readonly aws.Tag[] = []): Record<string, string> {
  return Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
}

function reason(from: aws.StateReason | undefined): string | undefined {
  const text = [from?.Code, from?.Message].filter(Boolean).join(': ');
  return text === '' ? undefined : text;
}

// Empty elements of XML come out as an empty text, not as undefined.
function present(values: readonly (string | undefined)[] = []): string[] {
  return values.filter((value): value is string => Boolean(value));
}
