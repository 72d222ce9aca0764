/** Images and snapshots: an image is a copy of the machine's files at the instant it is made. */
import { rmSync } from 'node:fs';
import { ApiError, checkId, invalidValue, notFound } from './api-error';
import { select, type Action, type Call, type Reply } from './call';
import { applyFilters, page } from './filters';
import { newId } from './ids';
import { systemOf, systemXml } from './image-system';
import { rebootInstance } from './lifecycle';
import { rootDevice, snapshotsOf, type Image, type Snapshot, type Volume } from './model';
import { requestedTags, tagSet } from './tagging';

/** CreateImage. There is no client token: the name is what keeps a second image from being made. */
export const createImage: Action = (call) => {
  const { query, region } = call;
  const instance = call.instance(query.required('InstanceId'));
  const { imageTags, snapshotTags } = requestedTags(call);
  const name = freeName(call);
  if (instance.state !== 'running' && instance.state !== 'stopped') {
    throw invalidValue(
      `Instance is not in state 'running' or 'stopped': ${instance.id} is ${instance.state}`,
    );
  }
  call.commit();
  const id = newId('ami');
  const volumes = Object.values(region.state.volumes).filter(
    ({ instanceId }) => instanceId === instance.id,
  );
  const volume = volumes.find(({ device }) => device === rootDevice);
  const { size = 0 } = volume ?? {};
  const dates = { createdAt: region.now(), readyAt: region.now() + region.timings.image * 1000 };
  const snapshot: Snapshot = {
    ...dates,
    id: newId('snap'),
    imageId: id,
    volumeId: volume?.id ?? '',
    size,
    description: `Created by CreateImage(${instance.id}) for ${id}`,
    failed: false,
    tags: snapshotTags,
  };
  // Unless told otherwise EC2 shuts the instance down, so that nothing is left in its buffers.
  if (query.flag('NoReboot') !== true) {
    rebootInstance(region, instance);
  }
  region.machines.get(instance.id)?.copyInto(region.imageFolder(id));
  region.state.snapshots[snapshot.id] = snapshot;
  const more = volumes
    .filter((one) => one !== volume)
    .map((one) => snapshotOf(call, one, snapshot));
  region.state.images[id] = {
    ...dates,
    id,
    foreign: false,
    name,
    description: query.text('Description') ?? '',
    sourceInstanceId: instance.id,
    state: 'pending',
    fate: call.fate('image-fails'),
    size,
    snapshotId: snapshot.id,
    more,
    ...systemOf(region.state.images[instance.imageId]),
    tags: imageTags,
  };
  region.schedule(region.timings.image, 'finish-image', id);
  return { imageId: id };
};

function snapshotOf({ region }: Call, volume: Volume, first: Snapshot): Image['more'][number] {
  const { id: volumeId, device, size, deleteOnTermination } = volume;
  const snapshotId = newId('snap');
  region.state.snapshots[snapshotId] = { ...first, id: snapshotId, volumeId, size };
  return { device, snapshotId, size, deleteOnTermination };
}

/** The name asked for, which no other image of the region may have. */
export function freeName({ query, region }: Call): string {
  const name = query.required('Name');
  if (!/^[A-Za-z0-9()[\] ./\-'@_]{3,128}$/.test(name)) {
    throw new ApiError(
      'InvalidAMIName.Malformed',
      'AMI names must be between 3 and 128 characters long, and may contain letters, numbers, ' +
        "'(', ')', '[', ']', ' ', '.', '/', '-', ''', '@' and '_'",
    );
  }
  // Also a failed image, and one that reads do not show yet, keeps its name.
  const holder = Object.values(region.state.images).find(
    (image) => image.name === name && image.state !== 'deregistered' && !image.foreign,
  );
  if (holder !== undefined) {
    throw new ApiError(
      'InvalidAMIName.Duplicate',
      `AMI name ${name} is already in use by AMI ${holder.id}`,
    );
  }
  return name;
}

function imageXml({ region }: Call, image: Image): Reply {
  // The snapshots of a new image show up a little after the image itself.
  const snapshotShows = region.now() >= image.createdAt + 2 * region.timings.visible * 1000;
  const owner = image.foreign ? '099720109477' : region.state.owner;
  return {
    imageId: image.id,
    imageLocation: `${owner}/${image.name}`,
    imageState: image.state,
    imageOwnerId: owner,
    imageOwnerAlias: image.foreign ? 'amazon' : undefined,
    creationDate: new Date(image.createdAt).toISOString(),
    isPublic: image.foreign,
    architecture: 'x86_64',
    imageType: 'machine',
    ...systemXml(image),
    stateReason: image.stateReason,
    name: image.name,
    description: image.description,
    rootDeviceType: 'ebs',
    rootDeviceName: rootDevice,
    blockDeviceMapping: [
      {
        deviceName: rootDevice,
        ebs: {
          snapshotId: snapshotShows ? image.snapshotId : undefined,
          volumeSize: image.size,
          volumeType: 'gp2',
          deleteOnTermination: true,
          encrypted: region.state.snapshots[image.snapshotId]?.kmsKey !== undefined,
        },
      },
      ...image.more.map((disk) => ({
        deviceName: disk.device,
        ebs: {
          snapshotId: snapshotShows ? disk.snapshotId : undefined,
          volumeSize: disk.size,
          volumeType: 'gp2',
          deleteOnTermination: disk.deleteOnTermination,
          encrypted: false,
        },
      })),
    ],
    virtualizationType: 'hvm',
    hypervisor: 'xen',
    sourceInstanceId: image.sourceInstanceId,
    sourceImageId: image.source?.imageId,
    sourceImageRegion: image.source?.region,
    deregistrationProtection: image.protection ?? 'disabled',
    tagSet: tagSet(image.tags),
  };
}

/** DescribeImages. */
export const describeImages: Action = (call) => {
  const { query, region } = call;
  const owners = query.list('Owner');
  const found = call.images().filter(({ foreign }) => {
    const names = foreign ? ['amazon', '099720109477'] : ['self', region.state.owner];
    return owners.length === 0 || owners.some((owner) => names.includes(owner));
  });
  const left = applyFilters(select(found, query.list('ImageId'), 'ami'), query.filters(), {
    name: ({ name }) => [name],
    state: ({ state }) => [state],
    'image-id': ({ id }) => [id],
    description: ({ description }) => [description],
    'source-instance-id': ({ sourceInstanceId }) => [sourceInstanceId ?? ''],
    'owner-id': ({ foreign }) => [foreign ? '099720109477' : region.state.owner],
    'is-public': ({ foreign }) => [String(foreign)],
    'block-device-mapping.snapshot-id': (image) => snapshotsOf(image),
    architecture: () => ['x86_64'],
    'root-device-type': () => ['ebs'],
    'virtualization-type': () => ['hvm'],
  });
  const { items, nextToken } = page(left, query, 1);
  return { imagesSet: items.map((image) => imageXml(call, image)), nextToken };
};

function ownImage(call: Call): Image {
  const image = call.image(call.query.required('ImageId'));
  if (image.foreign) {
    throw new ApiError('AuthFailure', `Not authorized for images: [${image.id}]`, 403);
  }
  return image;
}

/** EnableImageDeregistrationProtection. */
export const enableImageDeregistrationProtection: Action = (call) => {
  const image = ownImage(call);
  call.commit();
  const cooldown = call.query.flag('WithCooldown') === true;
  image.protection = cooldown ? 'enabled-with-cooldown' : 'enabled-without-cooldown';
  return { return: image.protection };
};

const cooldownMs = 24 * 3_600_000;

/** DisableImageDeregistrationProtection: one with a cooldown holds on for another day. */
export const disableImageDeregistrationProtection: Action = (call) => {
  const image = ownImage(call);
  call.commit();
  if (image.protection === 'enabled-with-cooldown') {
    image.protectedUntil = call.region.now() + cooldownMs;
  }
  delete image.protection;
  return { return: 'disabled' };
};

/** DeregisterImage: the name is free again, the snapshots stay unless told otherwise. */
export const deregisterImage: Action = (call) => {
  const { query, region } = call;
  const image = ownImage(call);
  if (image.protection !== undefined || region.now() < (image.protectedUntil ?? 0)) {
    throw new ApiError(
      'OperationNotPermitted',
      `The image '${image.id}' has deregistration protection and may not be deregistered`,
    );
  }
  call.commit();
  image.state = 'deregistered';
  region.callOff(image.id);
  rmSync(region.imageFolder(image.id), { recursive: true, force: true });
  if (query.flag('DeleteAssociatedSnapshots') !== true) {
    return { return: true };
  }
  for (const snapshotId of snapshotsOf(image)) {
    Reflect.deleteProperty(region.state.snapshots, snapshotId);
  }
  return {
    return: true,
    deleteSnapshotResultSet: snapshotsOf(image).map((snapshotId) => ({
      snapshotId,
      returnCode: 'success',
    })),
  };
};

function snapshotXml({ region }: Call, snapshot: Snapshot): Reply {
  const share = (region.now() - snapshot.createdAt) / (snapshot.readyAt - snapshot.createdAt);
  const percent = Math.max(0, Math.min(99, Math.floor(share * 100)));
  const state = stateOf(region, snapshot);
  return {
    snapshotId: snapshot.id,
    volumeId: snapshot.volumeId,
    status: state,
    startTime: new Date(snapshot.createdAt),
    completionTime: state === 'completed' ? new Date(snapshot.readyAt) : undefined,
    progress: state === 'completed' ? '100%' : `${String(percent)}%`,
    ownerId: region.state.owner,
    volumeSize: snapshot.size,
    description: snapshot.description,
    encrypted: snapshot.kmsKey !== undefined,
    kmsKeyId: snapshot.kmsKey,
    storageTier: 'standard',
    tagSet: tagSet(snapshot.tags),
  };
}

function stateOf(region: Call['region'], snapshot: Snapshot): string {
  if (snapshot.failed) {
    return 'error';
  }
  return region.now() >= snapshot.readyAt ? 'completed' : 'pending';
}

/** DescribeSnapshots. */
export const describeSnapshots: Action = (call) => {
  const { query, region } = call;
  const owners = query.list('Owner');
  const mine =
    owners.length === 0 || owners.includes('self') || owners.includes(region.state.owner);
  const found = select(mine ? call.snapshots() : [], query.list('SnapshotId'), 'snap');
  const left = applyFilters(found, query.filters(), {
    'snapshot-id': ({ id }) => [id],
    'volume-id': ({ volumeId }) => [volumeId],
    status: (snapshot) => [stateOf(region, snapshot)],
    description: ({ description }) => [description],
    'owner-id': () => [region.state.owner],
  });
  const { items, nextToken } = page(left, query, 5);
  return { snapshotSet: items.map((snapshot) => snapshotXml(call, snapshot)), nextToken };
};

/** DeleteSnapshot: not while a registered image stands on it. */
export const deleteSnapshot: Action = (call) => {
  const { query, region } = call;
  const id = checkId('snap', query.required('SnapshotId'));
  if (!call.snapshots().some((snapshot) => snapshot.id === id)) {
    throw notFound('snap', id);
  }
  const user = Object.values(region.state.images).find(
    (image) => snapshotsOf(image).includes(id) && image.state !== 'deregistered',
  );
  if (user !== undefined) {
    throw new ApiError(
      'InvalidSnapshot.InUse',
      `The snapshot ${id} is currently in use by ${user.id}`,
    );
  }
  call.commit();
  Reflect.deleteProperty(region.state.snapshots, id);
  return { return: true };
};
