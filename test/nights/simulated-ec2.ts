/** EC2 as an activity sees it in these nights, over a wire on which things go wrong. */
import type { Ec2, Image, Instance } from '../../src/world/ec2';
import type { Ec2Reads } from '../../src/world/ec2/reads';
import type { Random } from './random';
import type { SimulatedRegion, StoredImage, StoredMachine, Tags } from './simulated-region';
import { awsError, type Wire } from './wire';

export interface Line {
  readonly region: SimulatedRegion;
  readonly wire: Wire;
  readonly random: Random;
  readonly neighbour: (name: string) => SimulatedRegion;
  /** Told of each object just before it is changed or taken away. */
  readonly onChange: (id: string, action: string) => void;
}

const bears = (tags: Tags, wanted: Tags = {}): boolean =>
  Object.entries(wanted).every(([key, value]) => tags[key] === value);

type Send = <T>(action: string, effect: () => T, aboutNewObjects?: boolean) => Promise<T>;

export function simulatedEc2(line: Line): Ec2 {
  const { region, wire } = line;
  const send: Send = (action, effect, aboutNewObjects = false) =>
    wire.send({ action, region: region.name, aboutNewObjects }, () => {
      if (region.isOff) throw awsError('ServiceUnavailable', `${region.name} does not answer`);
      return effect();
    });
  const never = (): Promise<never> => Promise.reject(new Error('nothing at night asks for this'));
  return {
    ...readsOf(line, send),
    ...makingOf(line, send),
    ...removalsOf(line, send),
    health: never,
    terminationProtection: never,
    specs: never,
    zonesWith: never,
    subnet: never,
    consoleOutput: never,
    addresses: never,
    securityGroups: never,
    runInstance: never,
    terminateInstance: never,
    endVolumesWith: never,
    stopInstance: never,
    startInstance: never,
    changeSecurityGroups: never,
    associateAddress: never,
    permitted: never,
  };
}

function readsOf(
  { region }: Line,
  send: Send,
): Pick<Ec2Reads, 'images' | 'instances' | 'snapshots' | 'taggedSnapshots'> {
  const snapshot = ({ id, readyAt, tags }: { id: string; readyAt: number; tags: Tags }) => {
    const isReady = region.clock.now >= readyAt;
    const state = isReady ? 'completed' : 'pending';
    return { id, state, progressPercent: isReady ? 100 : 50, tags };
  };
  return {
    images: ({ ids, name, tags, snapshotId }) =>
      send('DescribeImages', () =>
        region
          .shown()
          .filter(
            (image) =>
              (ids === undefined || ids.includes(image.id)) &&
              (name === undefined || image.name === name) &&
              (snapshotId === undefined || region.shownOn(image).includes(snapshotId)) &&
              bears(image.tags, tags),
          )
          .map((image) => toImage(region, image)),
      ),
    instances: ({ tags }) =>
      send('DescribeInstances', () =>
        region.machines.filter((one) => bears(one.tags, tags)).map(toInstance),
      ),
    snapshots: (ids) =>
      send('DescribeSnapshots', () =>
        region
          .shownSnapshots()
          .filter(({ id }) => ids.includes(id))
          .map(snapshot),
      ),
    taggedSnapshots: (tags) =>
      send('DescribeSnapshots', () =>
        region
          .shownSnapshots()
          .filter((one) => bears(one.tags, tags))
          .map(snapshot),
      ),
  };
}

function makingOf(
  { region, random, neighbour, onChange }: Line,
  send: Send,
): Pick<Ec2, 'createImage' | 'copyImage' | 'tag'> {
  return {
    createImage: ({ name, instanceId, imageTags, snapshotTags }) =>
      send('CreateImage', () => {
        // Now and then a volume was attached to the machine without being part of the image.
        const volumes = random.chance(0.02) ? 1 : 2;
        const made = { name, tags: imageTags, snapshotTags, volumes };
        return region.addImage({ ...made, sourceInstanceId: instanceId }).id;
      }),
    copyImage: ({ sourceRegion, sourceImageId, name, clientToken, tags }) =>
      send('CopyImage', () => {
        const known = region.registered().find((image) => image.clientToken === clientToken);
        if (known) return known.id;
        const from = neighbour(sourceRegion);
        if (from.isOff) throw awsError('ServiceUnavailable', `${from.name} does not answer`);
        const source = from.registered().find(({ id }) => id === sourceImageId);
        if (source === undefined) throw awsError('InvalidAMIID.NotFound', sourceImageId);
        if (from.stateOf(source) !== 'available') throw awsError('InvalidAMIID.Unavailable');
        const volumes = source.snapshotIds.length;
        return region.addImage({ name, tags, snapshotTags: tags, volumes, clientToken }).id;
      }),
    tag: (ids, tags) =>
      send(
        'CreateTags',
        () => {
          ids.forEach((id) => {
            onChange(id, 'CreateTags');
          });
          region.retag(ids, (present) => ({ ...present, ...tags }));
        },
        true,
      ),
  };
}

function removalsOf(
  { region, onChange }: Line,
  send: Send,
): Pick<Ec2, 'deregisterImage' | 'deleteSnapshot' | 'untag'> {
  return {
    deregisterImage: (id) =>
      send('DeregisterImage', () => {
        onChange(id, 'DeregisterImage');
        unless(/NotFound|Unavailable/, () => {
          region.deregister(id);
        });
      }),
    deleteSnapshot: (id) =>
      send('DeleteSnapshot', () => {
        onChange(id, 'DeleteSnapshot');
        return !unless(/InUse/, () => {
          unless(/NotFound/, () => {
            region.deleteSnapshot(id);
          });
        });
      }),
    untag: (ids, keys) =>
      send('DeleteTags', () => {
        ids.forEach((id) => {
          onChange(id, 'DeleteTags');
        });
        region.retag(ids, (present) =>
          Object.fromEntries(Object.entries(present).filter(([key]) => !keys.includes(key))),
        );
      }),
  };
}

/** Whether the work ended with such a code, which the real door to EC2 takes for an answer. */
function unless(code: RegExp, work: () => void): boolean {
  try {
    work();
    return false;
  } catch (error) {
    if (error instanceof Error && code.test(error.name)) return true;
    throw error;
  }
}

function toImage(region: SimulatedRegion, image: StoredImage): Image {
  const { id, name, sourceInstanceId, createdAt, tags } = image;
  const state = region.stateOf(image);
  return {
    id,
    name,
    state,
    ...(sourceInstanceId === undefined ? {} : { sourceInstanceId }),
    createdAt: new Date(createdAt).toISOString(),
    tags,
    snapshotIds: region.shownOn(image),
    disks: [],
  };
}

function toInstance({ id, imageId, tags }: StoredMachine): Instance {
  return {
    id,
    state: 'running',
    imageId,
    instanceType: 'm5.2xlarge',
    subnetId: 'subnet-0a',
    securityGroupIds: [],
    httpTokens: 'optional',
    httpPutResponseHopLimit: 1,
    launchedAt: '2026-01-01T00:00:00.000Z',
    firstLaunchedAt: '2026-01-01T00:00:00.000Z',
    tags,
    volumeIds: [],
    volumes: [],
  };
}
