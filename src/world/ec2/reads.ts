/** The reading calls of EC2: an id that EC2 does not know is left out of the answer. */
import {
  DescribeAddressesCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstanceStatusCommand,
  DescribeInstanceTypesCommand,
  DescribeSecurityGroupsCommand,
  GetConsoleOutputCommand,
  paginateDescribeImages,
  paginateDescribeInstances,
  paginateDescribeSnapshots,
} from '@aws-sdk/client-ec2';
import type { DescribeInstanceTypesCommandInput, EC2Client } from '@aws-sdk/client-ec2';
import { codeOf } from '../../contract/aws-code';
import { call, isNotFound } from './errors';
import {
  tagFilters,
  toAddress,
  toImage,
  toInstance,
  toSecurityGroup,
  toSnapshot,
  toSpecs,
} from './shapes';
import type { Address, Image, Instance, InstanceSpecs, SecurityGroup, Snapshot } from './shapes';

type Tags = Readonly<Record<string, string>>;

/** Which instances: all conditions must fit. */
export interface InstanceQuery {
  readonly ids?: readonly string[];
  readonly tags?: Tags;
  readonly privateAddress?: string;
}

/** Which images: all conditions must fit. */
export interface ImageQuery {
  readonly ids?: readonly string[];
  readonly name?: string;
  readonly tags?: Tags;
  /** Images that stand on this snapshot. */
  readonly snapshotId?: string;
  /** Numbers of accounts, or `self`; absent: this account, and with ids any. */
  readonly owners?: readonly string[] | undefined;
}

/** The status checks in one word. */
export type Health = 'ok' | 'initializing' | 'impaired' | 'not running';

/** The reading half of EC2. An unknown id is an answer here, not an error. */
export interface Ec2Reads {
  instances(query: InstanceQuery, signal?: AbortSignal): Promise<Instance[]>;
  /** The instance's status checks, which EC2 makes once a minute. */
  health(id: string, signal?: AbortSignal): Promise<Health>;
  terminationProtection(id: string, signal?: AbortSignal): Promise<boolean>;
  /** What an instance type has; undefined for one that this region does not know. */
  specs(instanceType: string, signal?: AbortSignal): Promise<InstanceSpecs | undefined>;
  /** What the machine printed while it booted; empty until EC2 has it. */
  consoleOutput(id: string, signal?: AbortSignal): Promise<string>;
  /** The account's own images; with explicit ids also those of others. */
  images(query: ImageQuery, signal?: AbortSignal): Promise<Image[]>;
  snapshots(ids: readonly string[], signal?: AbortSignal): Promise<Snapshot[]>;
  /** The account's own snapshots that bear all these tags. */
  taggedSnapshots(tags: Tags, signal?: AbortSignal): Promise<Snapshot[]>;
  addresses(allocationIds?: readonly string[], signal?: AbortSignal): Promise<Address[]>;
  securityGroups(ids: readonly string[], signal?: AbortSignal): Promise<SecurityGroup[]>;
}

/** Makes the reading half for one region. */
export function reads(client: EC2Client, region: string): Ec2Reads {
  const ask = <T>(action: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> =>
    call({ action, region }, work, signal);
  return {
    instances: (query, signal) =>
      ask('DescribeInstances', () => findInstances(client, query, signal), signal),
    images: (query, signal) =>
      ask('DescribeImages', () => findImages(client, query, signal), signal),
    snapshots: (ids, signal) =>
      ask('DescribeSnapshots', () => findSnapshots(client, ids, signal), signal),
    taggedSnapshots: (tags, signal) =>
      ask('DescribeSnapshots', () => searchSnapshots(client, tags, signal), signal),
    addresses: (ids, signal) =>
      ask('DescribeAddresses', () => findAddresses(client, ids, signal), signal),
    securityGroups: (ids, signal) =>
      ask('DescribeSecurityGroups', () => findGroups(client, ids, signal), signal),
    health: (id, signal) =>
      ask('DescribeInstanceStatus', () => readHealth(client, id, signal), signal),
    specs: (instanceType, signal) =>
      ask('DescribeInstanceTypes', () => readSpecs(client, instanceType, signal), signal),
    consoleOutput: (id, signal) =>
      ask('GetConsoleOutput', () => readConsole(client, id, signal), signal),
    terminationProtection: (id, signal) =>
      ask(
        'DescribeInstanceAttribute',
        async () => {
          const command = new DescribeInstanceAttributeCommand({
            InstanceId: id,
            Attribute: 'disableApiTermination',
          });
          const { DisableApiTermination } = await client.send(command, { abortSignal: signal });
          return DisableApiTermination?.Value ?? false;
        },
        signal,
      ),
  };
}

/** One unknown id fails a whole call: then each id is asked for alone. */
async function byIds<T>(
  ids: readonly string[],
  read: (ids: string[]) => Promise<T[]>,
): Promise<T[]> {
  if (ids.length === 0) return [];
  try {
    return await read([...ids]);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    if (ids.length === 1) return [];
    const each = await Promise.all(ids.map((id) => byIds([id], read)));
    return each.flat();
  }
}

async function collect<Page, T>(
  pages: AsyncIterable<Page>,
  items: (page: Page) => T[],
): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...items(page));
  return all;
}

// A page size and explicit ids exclude each other, so only searches are paged.
const pageSize = 100;

function findInstances(
  client: EC2Client,
  { ids, tags, privateAddress }: InstanceQuery,
  signal?: AbortSignal,
): Promise<Instance[]> {
  const Filters = tagFilters(tags);
  if (privateAddress !== undefined) {
    Filters.push({ Name: 'private-ip-address', Values: [privateAddress] });
  }
  const read = (InstanceIds?: string[]): Promise<Instance[]> =>
    collect(
      paginateDescribeInstances(
        { client, ...(InstanceIds ? {} : { pageSize }) },
        { InstanceIds, ...(Filters.length > 0 && { Filters }) },
        { abortSignal: signal },
      ),
      ({ Reservations = [] }) =>
        Reservations.flatMap(({ Instances = [] }) => Instances.map(toInstance)),
    );
  return ids ? byIds(ids, read) : read();
}

function findImages(
  client: EC2Client,
  { ids, name, tags, snapshotId, owners }: ImageQuery,
  signal?: AbortSignal,
): Promise<Image[]> {
  const Filters = tagFilters(tags);
  if (name !== undefined) Filters.push({ Name: 'name', Values: [name] });
  if (snapshotId !== undefined) {
    Filters.push({ Name: 'block-device-mapping.snapshot-id', Values: [snapshotId] });
  }
  const read = (ImageIds?: string[]): Promise<Image[]> => {
    const Owners = owners === undefined ? (ImageIds ? undefined : ['self']) : [...owners];
    return collect(
      paginateDescribeImages(
        { client, ...(ImageIds ? {} : { pageSize }) },
        {
          ...(ImageIds && { ImageIds }),
          ...(Owners && { Owners }),
          ...(Filters.length > 0 && { Filters }),
        },
        { abortSignal: signal },
      ),
      ({ Images = [] }) => Images.map(toImage),
    );
  };
  return ids ? byIds(ids, read) : read();
}

function findSnapshots(
  client: EC2Client,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<Snapshot[]> {
  return byIds(ids, (SnapshotIds) =>
    collect(
      paginateDescribeSnapshots({ client }, { SnapshotIds }, { abortSignal: signal }),
      ({ Snapshots = [] }) => Snapshots.map(toSnapshot),
    ),
  );
}

function searchSnapshots(client: EC2Client, tags: Tags, signal?: AbortSignal): Promise<Snapshot[]> {
  return collect(
    paginateDescribeSnapshots(
      { client, pageSize },
      { OwnerIds: ['self'], Filters: tagFilters(tags) },
      { abortSignal: signal },
    ),
    ({ Snapshots = [] }) => Snapshots.map(toSnapshot),
  );
}

function findAddresses(
  client: EC2Client,
  ids?: readonly string[],
  signal?: AbortSignal,
): Promise<Address[]> {
  const read = async (AllocationIds?: string[]): Promise<Address[]> => {
    const command = new DescribeAddressesCommand({ AllocationIds });
    const { Addresses = [] } = await client.send(command, { abortSignal: signal });
    return Addresses.map(toAddress);
  };
  return ids ? byIds(ids, read) : read();
}

function findGroups(
  client: EC2Client,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<SecurityGroup[]> {
  return byIds(ids, async (GroupIds) => {
    const command = new DescribeSecurityGroupsCommand({ GroupIds });
    const { SecurityGroups = [] } = await client.send(command, { abortSignal: signal });
    return SecurityGroups.map(toSecurityGroup);
  });
}

async function readHealth(client: EC2Client, id: string, signal?: AbortSignal): Promise<Health> {
  const [status] = await byIds([id], async (InstanceIds) => {
    const command = new DescribeInstanceStatusCommand({ InstanceIds, IncludeAllInstances: true });
    const { InstanceStatuses = [] } = await client.send(command, { abortSignal: signal });
    return InstanceStatuses;
  });
  if (status?.InstanceState?.Name !== 'running') return 'not running';
  const checks = [status.SystemStatus?.Status, status.InstanceStatus?.Status];
  // Old instance types have no check of their volumes.
  if (status.AttachedEbsStatus?.Status === 'impaired') return 'impaired';
  if (checks.includes('impaired')) return 'impaired';
  return checks.every((check) => check === 'ok') ? 'ok' : 'initializing';
}

async function readSpecs(
  client: EC2Client,
  name: string,
  signal?: AbortSignal,
): Promise<InstanceSpecs | undefined> {
  // EC2 offers types that this version of the SDK has not heard of.
  const InstanceTypes = [name] as DescribeInstanceTypesCommandInput['InstanceTypes'];
  try {
    const command = new DescribeInstanceTypesCommand({ InstanceTypes });
    const { InstanceTypes: found = [] } = await client.send(command, { abortSignal: signal });
    return found[0] && toSpecs(found[0]);
  } catch (error) {
    if (codeOf(error) === 'InvalidInstanceType') return undefined;
    throw error;
  }
}

async function readConsole(client: EC2Client, id: string, signal?: AbortSignal): Promise<string> {
  const read = async (Latest: boolean): Promise<string> => {
    const command = new GetConsoleOutputCommand({ InstanceId: id, ...(Latest && { Latest }) });
    const { Output = '' } = await client.send(command, { abortSignal: signal });
    return Buffer.from(Output, 'base64').toString('utf8');
  };
  try {
    return await read(true);
  } catch (error) {
    // Instance types on Xen keep no latest output, only what EC2 stored after the boot.
    if (!/^(Unsupported|InvalidParameter)/.test(codeOf(error) ?? '')) throw error;
    return read(false);
  }
}
