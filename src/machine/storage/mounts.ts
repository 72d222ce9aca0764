/** Which volume a folder of the machine lives on: an image holds volumes, but no NFS share. */

/** A mounted file system. */
export interface Mount {
  readonly target: string;
  readonly source: string;
  readonly fstype: string;
  /** Where they were asked for. */
  readonly options?: string;
}

/** Reads `findmnt -rn -o TARGET,SOURCE,FSTYPE[,OPTIONS]`, which writes blanks in a name as `\x20`. */
export function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [target, source, fstype, options] = line.trim().split(' ').map(unescaped);
    if (!target?.startsWith('/') || !source || !fstype) return [];
    return [{ target, source, fstype, ...(options === undefined ? {} : { options }) }];
  });
}

/** Where a path lives: on the root volume, on a volume of its own, or on an NFS share. */
export function placeOf(path: string, mounts: readonly Mount[]): 'root' | 'volume' | 'nfs' {
  const mount = mountOf(path, mounts);
  if (mount === undefined) {
    return 'root';
  }
  if (/^(nfs|efs)/.test(mount.fstype)) {
    return 'nfs';
  }
  const root = mountOf('/', mounts);
  return root === undefined || deviceOf(root) === deviceOf(mount) ? 'root' : 'volume';
}

/** The longest target that holds the path; of two on one target the later hides the earlier. */
export function mountOf<M extends Mount>(path: string, mounts: readonly M[]): M | undefined {
  const holding = mounts.filter(
    ({ target }) => target === '/' || path === target || path.startsWith(`${target}/`),
  );
  const longest = Math.max(...holding.map(({ target }) => target.length));
  return holding.findLast(({ target }) => target.length === longest);
}

// A bind mount shows as `/dev/xvda1[/folder]`.
function deviceOf(mount: Mount): string {
  return mount.source.endsWith(']') ? (mount.source.split('[', 1)[0] ?? '') : mount.source;
}

function unescaped(name: string): string {
  return name.replace(/\\x([0-9a-f]{2})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}
