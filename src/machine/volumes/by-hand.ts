/** What can be held against a machine whose backup recorded no mounts. Pure. */
import { mountLine } from './commands';
import { idOf, type Comparison, type Expected, type Problem } from './comparison';
import { appFolders } from './folders';
import type { VolumesSeen } from './look';
import { orderFor } from './order';

/** An image that was made by hand, or before mounts were recorded: fstab and the folders tell. */
export function compareByHand(
  seen: VolumesSeen,
  { isExternal, objectsApart }: Expected,
): Comparison {
  const problems: Problem[] = [];
  const folders = appFolders().filter(({ kind }) => kind === 'data' || kind === 'docker');
  for (const line of seen.fstab) {
    const isOurs = [...folders.map(({ path }) => path), ...(objectsApart ? [] : [objects])].some(
      (path) =>
        path === line.target ||
        path.startsWith(`${line.target}/`) ||
        line.target.startsWith(`${path}/`),
    );
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

function unmountedLine(seen: VolumesSeen, line: VolumesSeen['fstab'][number]): Problem {
  const { source, target, fstype, options } = line;
  const [, kind, id] = /^(UUID|LABEL)=(.*)$/.exec(source) ?? [];
  const known = kind === undefined ? {} : kind === 'UUID' ? { uuid: id } : { label: id };
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
  if (order !== undefined) return { text: `${text}To mount it: \`${mountLine(order)}\`.`, order };
  const [one] = free;
  const by = one?.uuid ?? 'THE-RIGHT-ONE';
  return { text: `${text}To mount the right one: \`sudo mount UUID=${by} ${target}\`.` };
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
