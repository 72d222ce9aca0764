/**
 * EC2 as the runbooks use it. This file and its neighbours `ec2-*.ts` are the only importers of the
 * AWS SDK.
 *
 * No waiter of the SDK is used: they retry a denied call until their time is over, and tell no
 * progress. Activities poll the reading methods here, and send heartbeats while they do.
 */
import {
  AssociateAddressCommand,
  CopyImageCommand,
  CreateImageCommand,
  CreateTagsCommand,
  EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { EC2ClientConfig } from '@aws-sdk/client-ec2';
import { call } from './errors';
import { withRenewedLogin } from './login';
import { dryRun } from './permitted';
import type { MutatingCalls } from './permitted';
import { copyImageInput, createImageInput, runInstancesInput } from './requests';
import type { CopyOrder, ImageOrder, LaunchOrder } from './requests';
import { machineCalls } from './machines';
import type { Ec2Machines } from './machines';
import { removals } from './removals';
import type { Ec2Removals } from './removals';
import { offers } from './offers';
import type { Ec2Offers } from './offers';
import { reads } from './reads';
import type { Ec2Reads } from './reads';
import { toInstance, toTags } from './shapes';
import type { Instance } from './shapes';

export type { Image, Instance, Subnet } from './shapes';

type Tags = Readonly<Record<string, string>>;

/** The EC2 API of one region. */
export interface Ec2 extends Ec2Reads, Ec2Offers, Ec2Removals, Ec2Machines {
  /** Begins an image and returns its id. Never sent twice: it has no idempotency token. */
  createImage(order: ImageOrder, signal?: AbortSignal): Promise<string>;
  /** Begins a copy and returns its id; the same client token returns the same copy. */
  copyImage(order: CopyOrder, signal?: AbortSignal): Promise<string>;
  /** Launches one instance; the same client token and order return the same instance. */
  runInstance(order: LaunchOrder, signal?: AbortSignal): Promise<Instance>;
  tag(ids: readonly string[], tags: Tags, signal?: AbortSignal): Promise<void>;
  associateAddress(order: AddressOrder, signal?: AbortSignal): Promise<void>;
  /** Asks by a dry run whether the worker's role may do it; changes nothing. */
  permitted<Action extends keyof MutatingCalls>(
    action: Action,
    parameters: MutatingCalls[Action],
    signal?: AbortSignal,
  ): Promise<boolean>;
}

/** Which Elastic IP goes to which instance, and whether it may be taken from another. */
export interface AddressOrder {
  readonly allocationId: string;
  readonly instanceId: string;
  readonly reassociate: boolean;
}

/** Opens the EC2 API of a region; the endpoint defaults to AWS's own or AWS_ENDPOINT_URL_EC2. */
export function openEc2(options: { readonly region: string; readonly endpoint?: string }): Ec2 {
  // The SDK prints on stderr which Node versions it will drop next year; an operator who reads a
  // runbook's output can do nothing about that.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const config: EC2ClientConfig & { readonly ignoreCache: boolean } = {
    ...options,
    // Handed on to what reads profiles: a file that was renewed is read, not what it held before.
    ignoreCache: true,
    retryMode: 'standard',
    // Without the last one `requestTimeout` only logs, and a silent endpoint hangs for ever.
    requestHandler: {
      connectionTimeout: 3_000,
      requestTimeout: 20_000,
      throwOnRequestTimeout: true,
    },
  };
  const client = withRenewedLogin(new EC2Client(config));
  // A reply may be lost after EC2 took the call: a second CreateImage would reboot the machine
  // again, or be refused because of its own name. The activity looks before it sends another; of a
  // launch it must know whether each request that was sent got an answer.
  const once = withRenewedLogin(new EC2Client({ ...config, maxAttempts: 1 }));
  return {
    ...reads(client, options.region),
    ...offers(client, options.region),
    ...removals(client, options.region),
    ...machineCalls(client, options.region),
    ...imaging(client, once, options.region),
    ...launches(once, options.region),
    ...writes(client, options.region),
  };
}

type Imaging = Pick<Ec2, 'createImage' | 'copyImage'>;

function imaging(client: EC2Client, once: EC2Client, region: string): Imaging {
  return {
    createImage: (order, signal) =>
      call(
        { action: 'CreateImage', region },
        async () => {
          const command = new CreateImageCommand(createImageInput(order));
          const { ImageId } = await once.send(command, { abortSignal: signal });
          return ImageId ?? '';
        },
        signal,
      ),
    copyImage: (order, signal) =>
      call(
        { action: 'CopyImage', region },
        async () => {
          const command = new CopyImageCommand(copyImageInput(order));
          const { ImageId } = await client.send(command, { abortSignal: signal });
          return ImageId ?? '';
        },
        signal,
      ),
  };
}

type Launches = Pick<Ec2, 'runInstance'>;

function launches(once: EC2Client, region: string): Launches {
  return {
    runInstance: (order, signal) =>
      call(
        { action: 'RunInstances', region },
        async () => {
          const command = new RunInstancesCommand(runInstancesInput(order));
          const { Instances = [] } = await once.send(command, { abortSignal: signal });
          return toInstance(Instances[0] ?? {});
        },
        signal,
      ),
  };
}

type Writes = Omit<
  Ec2,
  | keyof Ec2Reads
  | keyof Ec2Offers
  | keyof Ec2Removals
  | keyof Ec2Machines
  | keyof Imaging
  | keyof Launches
>;

function writes(client: EC2Client, region: string): Writes {
  return {
    tag: (ids, tags, signal) =>
      call(
        { action: 'CreateTags', region, aboutNewObjects: true },
        async () => {
          const command = new CreateTagsCommand({ Resources: [...ids], Tags: toTags(tags) });
          await client.send(command, { abortSignal: signal });
        },
        signal,
      ),
    associateAddress: ({ allocationId, instanceId, reassociate }, signal) =>
      call(
        { action: 'AssociateAddress', region, aboutNewObjects: true },
        async () => {
          const command = new AssociateAddressCommand({
            AllocationId: allocationId,
            InstanceId: instanceId,
            AllowReassociation: reassociate,
          });
          await client.send(command, { abortSignal: signal });
        },
        signal,
      ),
    permitted: (action, parameters, signal) =>
      call(
        { action, region },
        () => dryRun({ client, abortSignal: signal }, action, parameters),
        signal,
      ),
  };
}
