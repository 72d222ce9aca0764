/** What can be held against a machine whose backup recorded no mounts. Pure. */
import { mountLine } from './commands';
import { idOf, withoutDocker, type Comparison, type Expected, type Problem } from './comparison';
import { appFolders, usualDockerRoot } from './folders';
import type { VolumesSeen } from './look';
import { orderFor } from './order';

/** An image that was made by hand, or before mounts were recorded: fstab and the folders tell. */
export function compareByHand(
  seen: VolumesSeen,
  { isExternal, objectsApart }: Expected,
): Comparison {
  const problems: Problem[] = [];
  const folders = appFolders().filter(({ kind }) => kind === 'data' || kind === 'docker');
  const paths = [...folders.map(({ path }) => path), ...(objectsApart ? [] : [objects])];
  // What a bind mount shows of the app lies on the volume that its source is on.
  const shown = seen.fstab.filter((line) => isBind(line) && isOnOneOf(line.target, paths));
  const ours = [...paths, ...shown.map(({ source }) => source)];
  for (const line of seen.fstab) {
    const isOurs = isOnOneOf(line.target, ours);
    const isOff = line.options.split(',').includes('noauto') || line.target === '/';
    const isThere = seen.mounts.some(({ target }) => target === line.target);
    if (!isOurs || isOff || isThere) continue;
    if (objectsApart && line.target === objects) continue;
    problems.push(unmountedLine(seen, line));
  }
  if (!isExternal && problems.length === 0) problems.push(...emptyDatabases(seen));
  return {
    problems,
    notes: [],
    seen: 'no mounts were recorded; /etc/fstab and the folders of the app were looked at',
  };
}

const objects = '/data/circle/storage-fileserver';

type FstabLine = VolumesSeen['fstab'][number];

function isBind({ options }: FstabLine): boolean {
  return options.split(',').some((option) => option === 'bind' || option === 'rbind');
}

/** Whether one of the paths lies on what is mounted there, or beneath which it is mounted. */
function isOnOneOf(target: string, paths: readonly string[]): boolean {
  return paths.some(
    (path) => path === target || path.startsWith(`${target}/`) || target.startsWith(`${path}/`),
  );
}

/** What a line of fstab names a file system by, as a mount can be ordered by it. */
function namedBy(source: string): { uuid?: string; label?: string } {
  const [, kind = '', id = ''] =
    /^(?:\/dev\/disk\/by-)?(UUID|LABEL|uuid|label)[=/](.+)$/.exec(source) ?? [];
  if (id === '') return {};
  return kind.toLowerCase() === 'uuid' ? { uuid: id } : { label: id };
}

function unmountedLine(seen: VolumesSeen, line: FstabLine): Problem {
  const { source, target, fstype, options } = line;
  const known = namedBy(source);
  const order = orderFor(seen, { source, target, fstype, options, fstab: line.line, ...known });
  const free = seen.fileSystems.filter(
    ({ device, uuid }) =>
      !seen.mounts.some(
        (mount) => mount.source === device || (uuid !== undefined && mount.uuid === uuid),
      ),
  );
  const list = free
    .slice(0, 6)
    .map((one) => `${one.device} (${one.fstype ?? '?'}, ${idOf(one)})`)
    .join(', ');
  const text =
    `${target} is not mounted, though /etc/fstab says \`${line.line}\`` +
    (options.includes('nofail') ? ', which passes over a device that is not there' : '') +
    `. Not mounted are: ${list || 'no file systems'}. `;
  const [one] = free;
  const right = `sudo mount UUID=${one?.uuid ?? 'THE-RIGHT-ONE'} ${target}`;
  // Docker keeps what it opened at its start, whatever is mounted over it later.
  if (isOnOneOf(target, [usualDockerRoot])) {
    return { text: `${text}${withoutDocker(order === undefined ? right : mountLine(order))}` };
  }
  if (order !== undefined) return { text: `${text}To mount it: \`${mountLine(order)}\`.`, order };
  return { text: `${text}To mount the right one: \`${right}\`.` };
}

function emptyDatabases({ folders }: VolumesSeen): Problem[] {
  const signs = ['/data/circle/postgres', '/data/circle/mongo'].map((path) => ({
    path,
    sign: folders.find((folder) => folder.path === path)?.sign ?? '',
  }));
  return signs
    .filter(({ sign }) => sign === '')
    .map(({ path }) => ({
      text:
        `${path} holds no database. Where the databases are on other machines, say so ` +
        '(`"acknowledge":["external-services"]`); else find the volume that holds them (`lsblk -f`) ' +
        'and mount it.',
    }));
}
