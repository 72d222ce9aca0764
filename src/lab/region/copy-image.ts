/** CopyImage: an image of another region, with its files, as a new one of this region. */
import { cpSync } from 'node:fs';
import { ApiError, invalidValue, notFound } from './api-error';
import type { Action, Call } from './call';
import { newId } from './ids';
import { freeName } from './image-actions';
import type { Image, Snapshot } from './model';
import { requestedTags } from './tagging';

/** CopyImage, called where the copy is to be. The same token gives the same copy. */
export const copyImage: Action = (call) => {
  const { query, region } = call;
  const token = query.text('ClientToken');
  const made = Object.values(region.state.images).find(
    ({ clientToken, state }) =>
      token !== undefined && clientToken === token && state !== 'deregistered',
  );
  if (made !== undefined) {
    call.commit();
    return { imageId: made.id };
  }
  const { source, from } = sourceOf(call);
  const { imageTags, snapshotTags } = requestedTags(call);
  const name = freeName(call);
  const kmsKey = keyOf(call);
  call.commit();

  const id = newId('ami');
  const snapshotId = newId('snap');
  const dates = { createdAt: region.now(), readyAt: region.now() + region.timings.copy * 1000 };
  cpSync(from, region.imageFolder(id), { recursive: true, verbatimSymlinks: true });
  const first: Snapshot = {
    ...dates,
    id: snapshotId,
    imageId: id,
    // What EC2 gives to snapshots that no volume of this region stands behind.
    volumeId: 'vol-ffffffff',
    size: source.size,
    description: `Copied for DestinationAmi ${id} from SourceAmi ${source.id}`,
    failed: false,
    kmsKey,
    tags: snapshotTags,
  };
  region.state.snapshots[snapshotId] = first;
  const more = copyOthers(call, source, first);
  region.state.images[id] = {
    ...dates,
    id,
    foreign: false,
    name,
    description: query.text('Description') ?? '',
    source: { region: query.required('SourceRegion'), imageId: source.id },
    state: 'pending',
    // A key is looked at only while the copy is made.
    fate: call.fate('image-fails') ?? wrongKey(call, kmsKey),
    size: source.size,
    snapshotId,
    more,
    clientToken: token,
    tags: imageTags,
  };
  region.schedule(region.timings.copy, 'finish-image', id);
  return { imageId: id };
};

function copyOthers({ region }: Call, source: Image, first: Snapshot): Image['more'] {
  return source.more.map((disk) => {
    const id = newId('snap');
    region.state.snapshots[id] = { ...first, id, size: disk.size };
    return { ...disk, snapshotId: id };
  });
}

function sourceOf({ query, region }: Call): { source: Image; from: string } {
  const name = query.required('SourceRegion');
  const other = region.parts.neighbour(name);
  if (other === undefined) {
    throw invalidValue(`Invalid region: ${name}`);
  }
  if (other.state.off) {
    throw new ApiError('ServiceUnavailable', `${name} does not answer.`, 503);
  }
  const id = query.required('SourceImageId');
  const source = other.state.images[id];
  if (source === undefined || source.foreign) {
    throw notFound('ami', id);
  }
  if (source.state !== 'available') {
    throw new ApiError('InvalidAMIID.Unavailable', `The image ${id} is ${source.state}`);
  }
  return { source, from: other.imageFolder(id) };
}

function keyOf({ query }: Call): string | undefined {
  const key = query.text('KmsKeyId');
  if (key !== undefined && query.flag('Encrypted') !== true) {
    throw new ApiError(
      'InvalidParameterCombination',
      'A KMS key can be given only for a copy that is encrypted.',
    );
  }
  return key;
}

function wrongKey({ region }: Call, key: string | undefined) {
  return key === undefined || region.state.kmsKeys.includes(key)
    ? undefined
    : { code: 'Client.InvalidKMSKey.NotFound', message: `The key ${key} does not exist` };
}
