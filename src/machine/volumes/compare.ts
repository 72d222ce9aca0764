/**
 * Compares the mounts of a machine with what its backup recorded: an app that starts over an empty
 * folder makes an empty database, and looks healthy. Pure.
 */
import { mountOf } from '../storage/mounts';
import { mountLine, type VolumeOrder } from './commands';
import { compareByHand } from './by-hand';
import { idOf, withoutDocker, type Comparison, type Expected, type Problem } from './comparison';
import { kindOf } from './folders';
import { isReadOnly, isRemote, type FileSystem, type VolumeMount, type VolumesSeen } from './look';
import { orderFor } from './order';
import { foldersOn, type RecordedMount, type RecordedVolumes } from './record';

/** Compares with the record, or where there is none with what every Services machine has. */
export function compareVolumes(seen: VolumesSeen, expected: Expected): Comparison {
  const { recorded } = expected;
  return recorded === undefined || recorded.mounts.length === 0
    ? compareByHand(seen, expected)
    : compareWithRecord(seen, { ...expected, recorded });
}

type WithRecord = Expected & { readonly recorded: RecordedVolumes };

function compareWithRecord(seen: VolumesSeen, expected: WithRecord): Comparison {
  const { recorded } = expected;
  const problems: Problem[] = [];
  const notes: string[] = [];
  const broken = new Set<string>();
  for (const mount of recorded.mounts) {
    const folders = foldersOn(recorded, mount.target);
    const problem = whatIsWrong(seen, mount, recorded);
    if (problem === undefined) continue;
    broken.add(mount.target);
    if (isNeeded(folders, expected) || isBaseOf(mount, recorded.mounts)) problems.push(problem);
    else if (!folders.some(isOfObjects))
      notes.push(`${problem.text} No folder of the app needs it.`);
  }
  for (const folder of recorded.folders) {
    if (broken.has(folder.on) || !isNeeded([folder.path], expected)) continue;
    const text = whatIsWrongWith(seen, folder);
    if (text !== undefined) problems.push({ text });
  }
  const volumes = recorded.mounts.filter(({ target }) => !broken.has(target)).length;
  return {
    problems,
    notes,
    seen: `${String(volumes)} of ${String(recorded.mounts.length)} recorded mounts are as they were`,
  };
}

/** Only what is looked after elsewhere, or made anew, may be missing when the app starts. */
function isNeeded(folders: readonly string[], { objectsApart }: Expected): boolean {
  return folders.some((path) => {
    const kind = kindOf(path);
    return kind === 'data' || kind === 'docker' || (kind === 'objects' && !objectsApart);
  });
}

/** A volume of which a folder is shown elsewhere: it is mounted before that. */
function isBaseOf(
  { target, uuid, source }: RecordedMount,
  mounts: RecordedVolumes['mounts'],
): boolean {
  return (
    !source.includes('[') &&
    mounts.some(
      (one) =>
        one.target !== target &&
        one.source.includes('[') &&
        uuid !== undefined &&
        one.uuid === uuid,
    )
  );
}

function isOfObjects(path: string): boolean {
  return kindOf(path) === 'objects';
}

function whatIsWrong(
  seen: VolumesSeen,
  recorded: RecordedMount,
  all: RecordedVolumes,
): Problem | undefined {
  const { target } = recorded;
  const now = seen.mounts.findLast((mount) => mount.target === target);
  const what = named(recorded, foldersOn(all, target));
  const holdsDocker = foldersOn(all, target).some((path) => kindOf(path) === 'docker');
  if (now === undefined) return missing(seen, recorded, { what, mounts: all.mounts, holdsDocker });
  if (!isSame(recorded, now)) {
    return {
      text:
        `${what} is mounted from another volume now, ${now.source} (${idOf(now)}). ` +
        `${whereNow(seen.fileSystems, recorded)} Unmount it, and mount the right one.`,
    };
  }
  if (isReadOnly(now.options) && !isReadOnly(recorded.options ?? '')) {
    return {
      text:
        `${what} is mounted read-only from ${now.source}: the kernel does that when it finds a ` +
        `file system damaged. Look at \`dmesg\`; then \`sudo mount -o remount,rw ${target}\`.`,
    };
  }
  return undefined;
}

interface About {
  readonly what: string;
  readonly mounts: RecordedVolumes['mounts'];
  readonly holdsDocker: boolean;
}

function missing(
  seen: VolumesSeen,
  recorded: RecordedMount,
  { what, mounts, holdsDocker }: About,
): Problem {
  const elsewhere = seen.mounts.find(
    (mount) =>
      recorded.uuid !== undefined && mount.uuid === recorded.uuid && !mount.source.includes('['),
  );
  const order = orderFor(seen, recorded, mounts);
  const isBind = recorded.source.includes('[');
  if (elsewhere !== undefined && !isBind) {
    return {
      text:
        `${what} is not mounted there, but at ${elsewhere.target} (${elsewhere.source}). ` +
        `Unmount it there, and mount it where it was${byLine(order)}.`,
    };
  }
  const text = `${what} is not mounted. ${whereNow(seen.fileSystems, recorded)}`;
  if (order === undefined) return { text };
  if (holdsDocker) {
    // Docker keeps what it opened at its start, whatever is mounted over it later.
    return { text: `${text} ${withoutDocker(mountLine(order))}` };
  }
  return { text: `${text} To mount it: \`${mountLine(order)}\`.`, order };
}

function byLine(order: VolumeOrder | undefined): string {
  return order === undefined ? '' : `: \`${mountLine(order)}\``;
}

/** Which device has it now: its name at the backup says nothing of that. */
function whereNow(fileSystems: readonly FileSystem[], recorded: RecordedMount): string {
  const { uuid, label, source, fstype, devices } = recorded;
  if (isRemote(fstype)) return `It is a share: mount ${source} there.`;
  const found = fileSystems.find((one) => uuid !== undefined && one.uuid === uuid);
  if (found) return `${found.device} has that file system now.`;
  const alike = fileSystems.find((one) => label !== undefined && one.label === label);
  const other = alike ? ` ${alike.device} has the same label, but it is another file system.` : '';
  const where = devices === undefined ? '' : ` (EC2's ${devices.join(', ')})`;
  return (
    `No device of this machine has that file system: the image may lack the volume${where}. Attach ` +
    `one made from its snapshot.${other}`
  );
}

function named(recorded: RecordedMount, folders: readonly string[]): string {
  const { target, source } = recorded;
  const inside = folders.filter((path) => path !== target);
  const holds = inside.length > 0 ? ` with ${inside.join(', ')}` : '';
  return `${target}${holds} (${source} at the backup, ${idOf(recorded)})`;
}

/** By UUID where both tell one; a share by its source; else by type and label. */
function isSame(recorded: RecordedMount, now: VolumeMount): boolean {
  if (isRemote(recorded.fstype) || isRemote(now.fstype)) return recorded.source === now.source;
  const sub = (source: string): string => /^[^[]*\[(.*)\]$/.exec(source)?.[1] ?? '';
  if (sub(recorded.source) !== sub(now.source)) return false;
  if (recorded.uuid !== undefined && now.uuid !== undefined) return recorded.uuid === now.uuid;
  return recorded.fstype === now.fstype && recorded.label === now.label;
}

function whatIsWrongWith(
  seen: VolumesSeen,
  recorded: RecordedVolumes['folders'][number],
): string | undefined {
  const { path, leadsTo = path, on, sign } = recorded;
  const now = seen.folders.find((folder) => folder.path === path);
  if (now === undefined) {
    return sign === '' ? undefined : `${path} is not there; at the backup it held ${sign}.`;
  }
  if (now.resolved !== leadsTo) {
    return `${path} leads to ${now.resolved}; at the backup it was ${leadsTo}. Mend the symlink.`;
  }
  const place = mountOf(now.resolved, seen.mounts);
  if (place !== undefined && place.target !== on) {
    return `${path} lies on ${place.target} (${place.source}) now, which hides what it had on ${on}.`;
  }
  if (sign !== '' && now.sign === '') {
    return (
      `${path} is there, and EMPTY: at the backup it held ${sign}. An app that starts over it makes ` +
      'an empty database.'
    );
  }
  return undefined;
}
