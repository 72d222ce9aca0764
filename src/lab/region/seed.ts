/** The world a new lab begins with: a VPC, an Elastic IP and one running Services machine. */
import {
  quarantineGroupName,
  type Image,
  type Instance,
  type RegionState,
  type Subnet,
} from './model';

/** What is at the same place in every new lab. */
export const seeded = {
  region: 'us-east-1',
  owner: '123456789012',
  servicesMachine: 'i-0123456789abcdef0',
  baseImage: 'ami-0a1b2c3d4e5f60718',
  vpc: 'vpc-0123456789abcdef0',
  subnets: ['subnet-0aaaaaaaaaaaaaaa1', 'subnet-0bbbbbbbbbbbbbbb2'],
  servicesGroup: 'sg-0123456789abcdef0',
  instanceProfile: 'circleci-services',
  keyPair: 'circleci-services',
  elasticIp: 'eipalloc-0123456789abcdef0',
  elasticAddress: '203.0.113.200',
  privateAddress: '10.0.1.5',
  publicAddress: '203.0.113.10',
  hostname: 'circleci.example.com',
  quarantineGroup: 'sg-0eeeeeeeeeeeeeee0',
} as const;

/** What is in the other region of every new lab: a network, and no machine yet. */
export const seededElsewhere = {
  region: 'us-west-2',
  vpc: 'vpc-0fedcba9876543210',
  subnet: 'subnet-0ccccccccccccccc3',
  servicesGroup: 'sg-0fedcba9876543210',
  quarantineGroup: 'sg-0fffffffffffffff0',
  instanceProfile: seeded.instanceProfile,
  kmsKey: `arn:aws:kms:us-west-2:${seeded.owner}:key/12345678-1234-1234-1234-123456789012`,
} as const;

const dayMs = 86_400_000;

function servicesInstance(now: number): Instance {
  return {
    id: seeded.servicesMachine,
    imageId: seeded.baseImage,
    reservationId: 'r-0123456789abcdef0',
    instanceType: 'm5.2xlarge',
    subnetId: seeded.subnets[0],
    groupIds: [seeded.servicesGroup],
    profileArn: `arn:aws:iam::${seeded.owner}:instance-profile/${seeded.instanceProfile}`,
    keyName: seeded.keyPair,
    httpTokens: 'optional',
    hopLimit: 1,
    terminationProtection: false,
    privateAddress: seeded.privateAddress,
    autoAddressed: true,
    autoAddress: seeded.publicAddress,
    state: 'running',
    tags: { Name: 'prod_services' },
    createdAt: now - 400 * dayMs,
    launchedAt: now - 400 * dayMs,
    runningSince: now - 400 * dayMs,
    eniId: 'eni-0123456789abcdef0',
    eniTags: {},
  };
}

const baseSnapshot = 'snap-0a1b2c3d4e5f60718';

/** The next machine gets addresses that begin with the old ones: careless replacing shows. */
function subnet(where: Pick<Subnet, 'id' | 'zone' | 'network' | 'vpcId'>): Subnet {
  return {
    ...where,
    autoAddresses: true,
    nextHost: 57,
    tags: {},
  };
}

function group(
  id: string,
  name: string,
  vpcId: string = seeded.vpc,
): RegionState['groups'][string] {
  return { id, vpcId, name, tags: {} };
}

function baseImage(born: number): Image {
  return {
    id: seeded.baseImage,
    foreign: true,
    name: 'ubuntu/images/hvm-ssd/ubuntu-xenial-16.04-amd64-server-20180405',
    description: 'The distribution that the Services machine was installed on',
    createdAt: born,
    readyAt: born,
    state: 'available',
    size: 8,
    snapshotId: baseSnapshot,
    more: [],
    tags: {},
  };
}

function byId<T extends { readonly id: string }>(...objects: readonly T[]): Record<string, T> {
  return Object.fromEntries(objects.map((object) => [object.id, object]));
}

/** Makes the state of a new region. */
export function seedRegion(now: number): RegionState {
  const instance = servicesInstance(now);
  const [first, second] = seeded.subnets;
  return {
    name: seeded.region,
    owner: seeded.owner,
    instances: byId(instance),
    images: byId(baseImage(now - 500 * dayMs)),
    snapshots: {},
    volumes: byId({
      id: 'vol-0123456789abcdef0',
      instanceId: instance.id,
      device: '/dev/sda1',
      size: 100,
      type: 'gp2',
      snapshotId: baseSnapshot,
      deleteOnTermination: true,
      createdAt: instance.createdAt,
      tags: {},
    }),
    addresses: {
      [seeded.elasticIp]: {
        allocationId: seeded.elasticIp,
        address: seeded.elasticAddress,
        tags: { Name: 'prod_services' },
      },
    },
    subnets: byId(
      subnet({ id: first, zone: `${seeded.region}a`, network: '10.0.1', vpcId: seeded.vpc }),
      subnet({ id: second, zone: `${seeded.region}b`, network: '10.0.2', vpcId: seeded.vpc }),
    ),
    groups: byId(
      group(seeded.servicesGroup, 'circleci-services'),
      group('sg-0ddddddddddddddd0', 'default'),
      group(seeded.quarantineGroup, quarantineGroupName),
    ),
    profiles: [seeded.instanceProfile],
    keyPairs: [seeded.keyPair],
    market: { retired: [], soldOut: [], full: [] },
    kmsKeys: [],
    publicNetwork: '203.0.113',
    nextPublicHost: 101,
    spentAssociations: [],
    due: [],
    off: false,
  };
}

/** Makes the state of the other region: nothing of the installation is there until it is copied. */
export function seedElsewhere(now: number): RegionState {
  const { region, vpc, servicesGroup, quarantineGroup } = seededElsewhere;
  return {
    ...seedRegion(now),
    name: region,
    instances: {},
    images: {},
    volumes: {},
    addresses: {},
    subnets: byId(
      subnet({ id: seededElsewhere.subnet, zone: `${region}a`, network: '10.1.1', vpcId: vpc }),
    ),
    groups: byId(
      group(servicesGroup, 'circleci-services', vpc),
      group(quarantineGroup, quarantineGroupName, vpc),
      group('sg-0ccccccccccccccc0', 'default', vpc),
    ),
    keyPairs: [],
    kmsKeys: [seededElsewhere.kmsKey],
    publicNetwork: '198.51.100',
  };
}
