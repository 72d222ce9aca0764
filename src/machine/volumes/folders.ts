/** The folders of a Services machine that hold what a restore is made for. */

/** A folder of the app, and how one sees that it holds anything. */
export interface AppFolder {
  readonly path: string;
  /**
   * `data`: lost is lost, and the app must not start without; `docker`: nothing starts without;
   * `objects`: a step of its own looks after it; `nomad`: is made anew.
   */
  readonly kind: 'data' | 'docker' | 'objects' | 'nomad';
  /** Names of files that the database itself leaves there; none: any file will do. */
  readonly signs: readonly [] | readonly [string, string];
}

/** Where docker keeps its images, unless its configuration says otherwise. */
export const usualDockerRoot = '/var/lib/docker';

/** The folders, with docker's own root. */
export function appFolders(dockerRoot = usualDockerRoot): AppFolder[] {
  return [
    { path: '/data/circle', kind: 'data', signs: [] },
    // PostgreSQL writes the file at the top of each cluster and into each database.
    { path: '/data/circle/postgres', kind: 'data', signs: ['PG_VERSION', 'PG_VERSION'] },
    // One file of each storage engine: WiredTiger, and MMAPv1's namespaces.
    { path: '/data/circle/mongo', kind: 'data', signs: ['WiredTiger', '*.ns'] },
    { path: '/data/circle/contexts-vault', kind: 'data', signs: [] },
    { path: '/data/circle/circleci-encryption-keys', kind: 'data', signs: [] },
    { path: '/data/circle/storage-fileserver', kind: 'objects', signs: [] },
    { path: '/var/lib/replicated', kind: 'data', signs: [] },
    { path: dockerRoot, kind: 'docker', signs: [] },
    { path: '/opt/nomad', kind: 'nomad', signs: [] },
  ];
}

/** What kind of folder it is; one of another docker root counts as docker's. */
export function kindOf(path: string): AppFolder['kind'] {
  return appFolders().find((folder) => folder.path === path)?.kind ?? 'docker';
}
