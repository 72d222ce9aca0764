/** Where an installation can be: in its own region, or in one that has copies of its backups. */
import type { ConfiguredLaunch } from './launch-settings';
import type { ObjectStorage } from '../storage/object-storage';

/** An NFS export in another region. */
interface ExportElsewhere {
  readonly source: string;
  readonly options?: string | undefined;
}

/** What of the configuration depends on the region. */
interface Placed {
  readonly region: string;
  readonly launch: ConfiguredLaunch;
  readonly ssh: unknown;
  readonly reachedBy: unknown;
  readonly objectStorage?: ObjectStorage | undefined;
  readonly copies?:
    | readonly {
        readonly region: string;
        readonly launch: ConfiguredLaunch;
        readonly ssh?: unknown;
        readonly reachedBy: unknown;
        readonly objectStorage?: ExportElsewhere | undefined;
      }[]
    | undefined;
}

type Regions = Pick<Placed, 'region'> & {
  readonly copies?: readonly { readonly region: string }[] | undefined;
};

/** Whether no copy is where the original is. */
export function areElsewhere({ region, copies = [] }: Regions): boolean {
  return copies.every((copy) => copy.region !== region);
}

/** Whether there are backups where something is to be made of them. */
export function hasBackupsFor(
  installation: Regions,
  wanted: { readonly region?: string | undefined } | undefined,
): boolean {
  return wanted?.region === undefined || regionsOf(installation).includes(wanted.region);
}

/** The regions that can have backups: the one of the installation first. */
export function regionsOf({ region, copies = [] }: Regions): readonly string[] {
  return [region, ...copies.map((copy) => copy.region)];
}

/**
 * The installation as it would be in the region: launched, reached and logged in to as `copies`
 * says for it. Subnet, security groups, key pair and Elastic IP are of one region only, so those of
 * the installation's own do not count there. Undefined when it has no copies there.
 */
export function inRegion<I extends Placed>(installation: I, region: string): I | undefined {
  if (region === installation.region) return installation;
  const there = installation.copies?.find((copy) => copy.region === region);
  if (there === undefined) return undefined;
  const { subnet, securityGroups, keyPair, ...anywhere } = installation.launch;
  return {
    ...installation,
    region,
    launch: { ...anywhere, ...there.launch },
    ssh: there.ssh ?? installation.ssh,
    reachedBy: there.reachedBy,
    objectStorage: withExport(installation.objectStorage, there.objectStorage),
  };
}

/** Only an export can be another one: buckets and disks are where the app and the image say. */
function withExport(
  objects: ObjectStorage | undefined,
  there: ExportElsewhere | undefined,
): ObjectStorage | undefined {
  return objects?.kind === 'nfs' && there ? { ...objects, ...there } : objects;
}

/** Whether no region names an export where the objects are on none. */
export function areExportsWanted({
  objectStorage,
  copies = [],
}: Pick<Placed, 'objectStorage' | 'copies'>): boolean {
  return objectStorage?.kind === 'nfs' || copies.every((copy) => copy.objectStorage === undefined);
}
