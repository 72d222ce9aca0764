/** The volumes of a launch: what the image says, and what the request says otherwise. */
import { ApiError } from './api-error';
import type { Call } from './call';
import { rootDevice, type Image, type Volume } from './model';
import type { Tags } from './query';

/**
 * Refuses what some EC2 refuses. "You must specify either a snapshot ID or a volume size": AWS fills
 * that in for a device that the image has, other endpoints do not, so a caller must say it. "Supplying
 * both a snapshot ID and an encryption value" was an error for years; of the root volume the snapshot
 * is the image's.
 */
export function refuseMappings({ query }: Call, image: Image): void {
  for (const prefix of query.groups('BlockDeviceMapping')) {
    const device = query.text(`${prefix}.DeviceName`) ?? rootDevice;
    const ebs = (name: string): string | undefined => query.text(`${prefix}.Ebs.${name}`);
    const snapshotId = ebs('SnapshotId');
    if (snapshotId === undefined && ebs('VolumeSize') === undefined) {
      throw new ApiError(
        'MissingParameter',
        'The request must contain the parameter size or snapshotId',
      );
    }
    if (snapshotId !== undefined && ebs('Encrypted') !== undefined) {
      throw new ApiError(
        'InvalidBlockDeviceMapping',
        `the encrypted flag cannot be specified since device ${device} has a snapshot specified.`,
      );
    }
    if (device === rootDevice && snapshotId !== undefined && snapshotId !== image.snapshotId) {
      throw new ApiError(
        'InvalidBlockDeviceMapping',
        'snapshotId cannot be modified on root device',
      );
    }
    if (/^io[12]$/.test(ebs('VolumeType') ?? '') && ebs('Iops') === undefined) {
      throw new ApiError(
        'MissingParameter',
        `The parameter iops must be specified for ${ebs('VolumeType') ?? ''} volumes.`,
      );
    }
  }
}

/** The root volume. */
export function diskOf(
  { query }: Call,
  image: Image,
  tags: Tags,
): Pick<Volume, 'size' | 'type' | 'snapshotId' | 'deleteOnTermination' | 'tags'> {
  const root = mappingOf(query, rootDevice) ?? 'BlockDeviceMapping.0';
  const size = query.number(`${root}.Ebs.VolumeSize`) ?? image.size;
  if (size < image.size) {
    throw new ApiError(
      'InvalidBlockDeviceMapping',
      `Volume of size ${String(size)}GB is smaller than snapshot '${image.snapshotId}', ` +
        `expect size >= ${String(image.size)}GB`,
    );
  }
  return {
    size,
    type: query.text(`${root}.Ebs.VolumeType`) ?? 'gp2',
    snapshotId: image.snapshotId,
    deleteOnTermination: endsWithMachine(query, rootDevice) ?? true,
    tags,
  };
}

/** Prefix of the parameters about one device. */
function mappingOf(query: Call['query'], device: string): string | undefined {
  return query
    .groups('BlockDeviceMapping')
    .find((prefix) => (query.text(`${prefix}.DeviceName`) ?? rootDevice) === device);
}

/** What a request says of the volume of a device: whether it is deleted with its machine. */
export function endsWithMachine(query: Call['query'], device: string): boolean | undefined {
  const mapping = mappingOf(query, device);
  return mapping === undefined ? undefined : query.flag(`${mapping}.Ebs.DeleteOnTermination`);
}
