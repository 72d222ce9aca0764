/** The EC2 actions of the lab. */
import * as addresses from './address-actions';
import type { Action } from './call';
import { copyImage } from './copy-image';
import * as images from './image-actions';
import * as instances from './instance-actions';
import { describeInstanceTypes } from './type-catalogue';
import { runInstances } from './launch';
import { describeInstanceTypeOfferings } from './market';
import * as network from './network-actions';
import { createTags, deleteTags, describeTags } from './tagging';

/** Actions that only read. */
export const reads: ReadonlyMap<string, Action> = new Map(
  Object.entries({
    DescribeAddresses: addresses.describeAddresses,
    DescribeImages: images.describeImages,
    DescribeInstanceAttribute: instances.describeInstanceAttribute,
    DescribeInstances: instances.describeInstances,
    DescribeInstanceStatus: instances.describeInstanceStatus,
    DescribeInstanceTypeOfferings: describeInstanceTypeOfferings,
    DescribeInstanceTypes: describeInstanceTypes,
    DescribeRegions: network.describeRegions,
    DescribeSecurityGroups: network.describeSecurityGroups,
    DescribeSnapshots: images.describeSnapshots,
    DescribeSubnets: network.describeSubnets,
    DescribeTags: describeTags,
    DescribeVolumes: network.describeVolumes,
    GetConsoleOutput: instances.getConsoleOutput,
  }),
);

/** Actions that change something: each calls `commit` before it does. */
export const writes: ReadonlyMap<string, Action> = new Map(
  Object.entries({
    AllocateAddress: addresses.allocateAddress,
    AssociateAddress: addresses.associateAddress,
    CopyImage: copyImage,
    CreateImage: images.createImage,
    CreateTags: createTags,
    DeleteSnapshot: images.deleteSnapshot,
    DeleteTags: deleteTags,
    DeregisterImage: images.deregisterImage,
    DisableImageDeregistrationProtection: images.disableImageDeregistrationProtection,
    DisassociateAddress: addresses.disassociateAddress,
    EnableImageDeregistrationProtection: images.enableImageDeregistrationProtection,
    ModifyInstanceAttribute: instances.modifyInstanceAttribute,
    RebootInstances: instances.rebootInstances,
    ReleaseAddress: addresses.releaseAddress,
    RunInstances: runInstances,
    StartInstances: instances.startInstances,
    StopInstances: instances.stopInstances,
    TerminateInstances: instances.terminateInstances,
  }),
);
