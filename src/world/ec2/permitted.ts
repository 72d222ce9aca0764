/** Dry runs: EC2 checks the permission of a call and does nothing. */
import {
  AssociateAddressCommand,
  CopyImageCommand,
  CreateImageCommand,
  CreateTagsCommand,
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { codeOf } from '../../contract/aws-code';
import type { LaunchSettings } from '../../machine/backups/backup-record';
import { copyImageInput, createImageInput, runInstancesInput } from './requests';
import { toTags } from './shapes';

type Tags = Readonly<Record<string, string>>;

/**
 * The calls that change something, with what a policy may look at. Tags are the caller's to give:
 * a policy that goes by their values would judge others differently.
 */
export interface MutatingCalls {
  readonly CreateImage: { readonly instanceId: string; readonly tags: Tags };
  readonly CopyImage: {
    readonly sourceRegion: string;
    readonly sourceImageId: string;
    readonly tags: Tags;
  };
  readonly RunInstances: {
    readonly imageId: string;
    readonly launch: LaunchSettings;
    readonly tags: Tags;
  };
  readonly CreateTags: { readonly ids: readonly string[]; readonly tags: Tags };
  readonly AssociateAddress: { readonly allocationId: string; readonly instanceId: string };
  readonly DeregisterImage: { readonly imageId: string };
  readonly DeleteSnapshot: { readonly snapshotId: string };
  readonly TerminateInstances: { readonly instanceId: string };
}

interface Sender {
  readonly client: EC2Client;
  readonly abortSignal?: AbortSignal;
}

type DryRuns = {
  readonly [Action in keyof MutatingCalls]: (
    sender: Sender,
    parameters: MutatingCalls[Action],
  ) => Promise<unknown>;
};

const dryRuns: DryRuns = {
  CreateImage: ({ client, abortSignal }, { instanceId, tags }) => {
    const order = {
      instanceId,
      name: 'permission-check',
      description: '',
      reboot: false,
      imageTags: tags,
      snapshotTags: tags,
    };
    const command = new CreateImageCommand({ ...createImageInput(order), DryRun: true });
    return client.send(command, { abortSignal });
  },
  CopyImage: ({ client, abortSignal }, asked) => {
    const order = {
      ...asked,
      name: 'permission-check',
      description: '',
      clientToken: 'permission-check',
    };
    const command = new CopyImageCommand({ ...copyImageInput(order), DryRun: true });
    return client.send(command, { abortSignal });
  },
  RunInstances: ({ client, abortSignal }, { imageId, launch, tags }) => {
    const order = { imageId, launch, tags, clientToken: 'permission-check' };
    const command = new RunInstancesCommand({ ...runInstancesInput(order), DryRun: true });
    return client.send(command, { abortSignal });
  },
  CreateTags: ({ client, abortSignal }, { ids, tags }) => {
    const command = new CreateTagsCommand({
      Resources: [...ids],
      Tags: toTags(tags),
      DryRun: true,
    });
    return client.send(command, { abortSignal });
  },
  AssociateAddress: ({ client, abortSignal }, { allocationId, instanceId }) => {
    const command = new AssociateAddressCommand({
      AllocationId: allocationId,
      InstanceId: instanceId,
      DryRun: true,
    });
    return client.send(command, { abortSignal });
  },
  DeregisterImage: ({ client, abortSignal }, { imageId }) => {
    const command = new DeregisterImageCommand({ ImageId: imageId, DryRun: true });
    return client.send(command, { abortSignal });
  },
  DeleteSnapshot: ({ client, abortSignal }, { snapshotId }) => {
    const command = new DeleteSnapshotCommand({ SnapshotId: snapshotId, DryRun: true });
    return client.send(command, { abortSignal });
  },
  TerminateInstances: ({ client, abortSignal }, { instanceId }) => {
    const command = new TerminateInstancesCommand({ InstanceIds: [instanceId], DryRun: true });
    return client.send(command, { abortSignal });
  },
};

/** Codes of a policy that denies. Others say nothing of rights: what is named may not be there. */
const denied: readonly (string | undefined)[] = [
  'UnauthorizedOperation',
  'AccessDenied',
  'AccessDeniedException',
];

/** Makes the dry run; answers only "permitted" or "denied", any other error is the caller's. */
export async function dryRun<Action extends keyof MutatingCalls>(
  sender: Sender,
  action: Action,
  parameters: MutatingCalls[Action],
): Promise<boolean> {
  try {
    await dryRuns[action](sender, parameters);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'DryRunOperation') return true;
    if (denied.includes(code)) return false;
    throw error;
  }
}
