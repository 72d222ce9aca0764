/**
 * Where an installation keeps artifacts, caches and logs: what the configuration says of it, what
 * the machine says, and whether the two agree. Pure.
 */
import { mountOf, parseMounts, placeOf, type Mount } from './mounts';

/** A restic repository, as the Services machine reaches it. */
export interface ResticPlace {
  readonly repository: string;
  /** Path on the Services machine. */
  readonly passwordFile: string;
}

/** Where the objects are, as configured. */
export type ObjectStorage =
  | { readonly kind: 's3'; readonly bucket: string; readonly region: string }
  | { readonly kind: 'disk'; readonly path: string; readonly restic?: ResticPlace | undefined }
  | {
      readonly kind: 'nfs';
      readonly path: string;
      /** `fs-0123.efs.us-east-1.amazonaws.com:/`. */
      readonly source: string;
      readonly options?: string | undefined;
      readonly restic?: ResticPlace | undefined;
    };

/** Objects that live in a folder of the machine. */
export type ObjectFolder = Exclude<ObjectStorage, { kind: 's3' }>;

/** What the machine itself says of the place. */
export interface StorageSeen {
  /** Items of the app's configuration. */
  readonly backend: string;
  readonly bucket: string;
  readonly region: string;
  /** Where the configured path leads when its symlinks are followed; empty: it leads nowhere. */
  readonly resolved: string;
  /** `findmnt`'s table. */
  readonly mounts: string;
}

/** A folder, and the file system that it lies on. */
export interface FolderPlace {
  readonly on: ReturnType<typeof placeOf>;
  /** The configured path with its symlinks followed. */
  readonly resolved: string;
  readonly mount: Mount;
}

/** Where the folder lies; undefined when it does not exist or nothing says what is mounted. */
export function placeOfFolder({ resolved, mounts }: StorageSeen): FolderPlace | undefined {
  const table = parseMounts(mounts);
  const mount = resolved === '' ? undefined : mountOf(resolved, table);
  return mount && { on: placeOf(resolved, table), resolved, mount };
}

/** What contradicts the configuration, in words for a person; undefined where nothing does. */
export function contradiction(storage: ObjectStorage, seen: StorageSeen): string | undefined {
  const isS3 = seen.backend === 'storage_backend_s3';
  if (storage.kind !== 's3') {
    return isS3
      ? `the app keeps its objects in the S3 bucket ${seen.bucket || '(no name)'}, not at ${storage.path}`
      : undefined;
  }
  if (!isS3) return `the app's storage backend is "${seen.backend}", not S3`;
  if (seen.bucket !== storage.bucket) return `the app uses the S3 bucket "${seen.bucket}"`;
  return seen.region === storage.region ? undefined : `the app's AWS region is "${seen.region}"`;
}

/**
 * How EC2 may spell the device that Xen shows as `/dev/xvdf` or `/dev/xvdf1`; empty for a device of
 * another kind.
 */
export function devicesOf(source: string): string[] {
  const letters = /^\/dev\/(?:xvd|sd)([a-z]{1,2})\d*$/.exec(source)?.[1];
  return letters === undefined ? [] : [`/dev/sd${letters}`, `/dev/xvd${letters}`];
}

/**
 * The mount options that another machine can use: what the kernel adds for one client is left out,
 * above all `clientaddr`, which is the address of the machine that is gone.
 */
export function reusableOptions(options: string): string {
  return options
    .split(',')
    .filter(
      (option) => !/^(addr|clientaddr|mountaddr|mountport|mountvers|mountproto)=/.test(option),
    )
    .join(',');
}
