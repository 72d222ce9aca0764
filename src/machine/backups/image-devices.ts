/** Which volumes of a machine came with its image. */

/** A volume that a machine launched from an image gets, as the image says. */
export interface ImageDisk {
  readonly device: string;
  readonly snapshotId?: string;
  readonly sizeGib?: number;
  readonly volumeType?: string;
  readonly iops?: number;
  readonly throughput?: number;
}

interface OnDevice {
  readonly device: string;
}

/**
 * The devices of those volumes. A volume that a person has attached since is theirs, and so are all
 * once the image is gone: nothing tells them apart then.
 */
export function devicesOfImage(
  volumes: readonly OnDevice[],
  image: { readonly disks: readonly OnDevice[] } | undefined,
): string[] {
  const devices = image?.disks.map(({ device }) => device) ?? [];
  return volumes.map(({ device }) => device).filter((device) => devices.includes(device));
}
