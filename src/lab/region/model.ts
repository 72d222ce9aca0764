/** The state of a region as it stands on disk. Times are simulated milliseconds. */
import { z } from 'zod';

const tags = z.record(z.string(), z.string());
const reason = z.object({ code: z.string(), message: z.string() });

/** Security groups of this name have no rule that lets anything out. */
export const quarantineGroupName = 'circleci-quarantine';

export const instanceStates = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
} as const;

const instance = z.object({
  id: z.string(),
  imageId: z.string(),
  reservationId: z.string(),
  instanceType: z.string(),
  subnetId: z.string(),
  groupIds: z.array(z.string()),
  profileArn: z.string().optional(),
  keyName: z.string().optional(),
  httpTokens: z.enum(['optional', 'required']),
  hopLimit: z.number(),
  terminationProtection: z.boolean(),
  /** What EC2 does with it when it shuts itself down; `stop` unless told. */
  shutdownBehavior: z.enum(['stop', 'terminate']).optional(),
  /** Base64, as it was given; cloud-init fetches it at each boot. */
  userData: z.string().optional(),
  privateAddress: z.string(),
  /** Whether EC2 gives it a public address by itself. */
  autoAddressed: z.boolean(),
  autoAddress: z.string().optional(),
  state: z.enum(['pending', 'running', 'shutting-down', 'terminated', 'stopping', 'stopped']),
  stateReason: reason.optional(),
  /** The reason for which it will terminate instead of running. */
  fate: reason.optional(),
  tags,
  createdAt: z.number(),
  launchedAt: z.number(),
  /** Since when its status checks count. */
  runningSince: z.number().optional(),
  terminatedAt: z.number().optional(),
  eniId: z.string(),
  eniTags: tags,
  clientToken: z.string().optional(),
  /** What the token stands for; another request with this token is refused. */
  tokenFor: z.string().optional(),
});

const image = z.object({
  id: z.string(),
  /** An image of somebody else: has no folder, launches as a fresh installation. */
  foreign: z.boolean(),
  name: z.string(),
  description: z.string(),
  sourceInstanceId: z.string().optional(),
  /** Where it was copied from. */
  source: z.object({ region: z.string(), imageId: z.string() }).optional(),
  createdAt: z.number(),
  readyAt: z.number(),
  state: z.enum(['pending', 'available', 'failed', 'deregistered']),
  stateReason: reason.optional(),
  /** The failure that awaits it. */
  fate: reason.optional(),
  size: z.number(),
  snapshotId: z.string(),
  /** The volumes that it holds besides the root. */
  more: z
    .array(
      z.object({
        device: z.string(),
        snapshotId: z.string(),
        size: z.number(),
        deleteOnTermination: z.boolean().default(true),
      }),
    )
    .default([]),
  /** Its system has no driver for the Elastic Network Adapter. */
  isWithoutEna: z.boolean().optional(),
  bootMode: z.enum(['legacy-bios', 'uefi', 'uefi-preferred']).optional(),
  imdsSupport: z.literal('v2.0').optional(),
  /** What keeps a repeated CopyImage from making a second copy. */
  clientToken: z.string().optional(),
  protection: z.enum(['enabled-with-cooldown', 'enabled-without-cooldown']).optional(),
  /** A protection with a cooldown holds on for a day after it was disabled. */
  protectedUntil: z.number().optional(),
  tags,
});

const snapshot = z.object({
  id: z.string(),
  imageId: z.string(),
  volumeId: z.string(),
  size: z.number(),
  description: z.string(),
  createdAt: z.number(),
  readyAt: z.number(),
  failed: z.boolean(),
  /** The key that a copy was encrypted with. */
  kmsKey: z.string().optional(),
  tags,
});

const volume = z.object({
  id: z.string(),
  instanceId: z.string(),
  device: z.string().default('/dev/sda1'),
  size: z.number(),
  type: z.string(),
  snapshotId: z.string(),
  deleteOnTermination: z.boolean(),
  createdAt: z.number(),
  tags,
});

const elasticAddress = z.object({
  allocationId: z.string(),
  address: z.string(),
  associationId: z.string().optional(),
  instanceId: z.string().optional(),
  tags,
});

const subnet = z.object({
  id: z.string(),
  vpcId: z.string(),
  zone: z.string(),
  /** The first three numbers of its /24. */
  network: z.string(),
  autoAddresses: z.boolean(),
  /** Where the search for a free address goes on. */
  nextHost: z.number(),
  tags,
});

const group = z.object({ id: z.string(), vpcId: z.string(), name: z.string(), tags });

/** Something that will happen by itself. */
const due = z.object({
  at: z.number(),
  what: z.enum(['run', 'boot', 'stop', 'terminate', 'finish-image', 'give-address']),
  id: z.string(),
});

/** What EC2 does not sell there now. */
export const market = z.object({
  /** Types that exist, and are not offered there any more. */
  retired: z.array(z.string()).default([]),
  /** A type, or a type and a zone (`m5.2xlarge us-east-1a`), of which none is free. */
  soldOut: z.array(z.string()).default([]),
  /** Subnets without a free address. */
  full: z.array(z.string()).default([]),
});

export const regionState = z.object({
  name: z.string(),
  owner: z.string(),
  instances: z.record(z.string(), instance),
  images: z.record(z.string(), image),
  snapshots: z.record(z.string(), snapshot),
  volumes: z.record(z.string(), volume),
  addresses: z.record(z.string(), elasticAddress),
  subnets: z.record(z.string(), subnet),
  groups: z.record(z.string(), group),
  profiles: z.array(z.string()),
  keyPairs: z.array(z.string()),
  market: market.prefault({}),
  /** Keys that copies can be encrypted with. */
  kmsKeys: z.array(z.string()),
  /** The first three numbers of the public addresses. */
  publicNetwork: z.string(),
  nextPublicHost: z.number(),
  /** Associations that were dissolved: to dissolve them again is no error. */
  spentAssociations: z.array(z.string()),
  due: z.array(due),
  /** A region that is switched off answers nothing, and its machines are cut off. */
  off: z.boolean(),
});

export type RegionState = z.infer<typeof regionState>;
export type Instance = z.infer<typeof instance>;
export type Image = z.infer<typeof image>;
export type Snapshot = z.infer<typeof snapshot>;
export type Volume = z.infer<typeof volume>;
export type ElasticAddress = z.infer<typeof elasticAddress>;
export type Subnet = z.infer<typeof subnet>;
export type Due = z.infer<typeof due>;

/** How long things take, in simulated seconds. */
export interface Timings {
  /** From a create until reads see the object. */
  readonly visible: number;
  /** From launch (or start) until `running`. */
  readonly run: number;
  /** From `running` until the status checks are ok. */
  readonly statusOk: number;
  /** From `running` until the console shows what the machine printed. */
  readonly console: number;
  readonly stop: number;
  readonly terminate: number;
  /** From a reboot's shutdown until the machine boots. */
  readonly reboot: number;
  /** From CreateImage until `available`. */
  readonly image: number;
  /** From CopyImage until `available`. */
  readonly copy: number;
  /** From losing an Elastic IP until EC2 assigns an address. */
  readonly giveAddress: number;
}

export const defaultTimings: Timings = {
  visible: 5,
  run: 30,
  statusOk: 90,
  console: 30,
  stop: 30,
  terminate: 30,
  reboot: 30,
  image: 240,
  copy: 480,
  giveAddress: 120,
};

/** The device of the volume that a machine boots from. */
export const rootDevice = '/dev/sda1';

/** The snapshots that an image stands on. */
export function snapshotsOf({ snapshotId, more }: Pick<Image, 'snapshotId' | 'more'>): string[] {
  return [snapshotId, ...more.map((disk) => disk.snapshotId)];
}
