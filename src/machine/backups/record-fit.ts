/**
 * Makes a backup's record fit into the tags that an image may have. What a restore can do without
 * goes first, the longest and least needed before the rest; what was left out is named in the record
 * itself. Without an image there is nothing to restore at all, so no length of a list may keep one
 * from being made. Pure.
 */
import type { BackupRecord } from './backup-record';
import { asciiJson } from '../text/chunked-tags';

/** One way to shorten a record. Its name has no blank: each would take six characters in a tag. */
interface Cut {
  readonly what: string;
  readonly cut: (record: BackupRecord) => BackupRecord;
}

const cuts: readonly Cut[] = [
  { what: 'ends-of-long-lines', cut: (record) => withLines(record, 20, 100) },
  { what: 'fstab-lines', cut: (record) => withMounts(record, ({ fstab: _, ...rest }) => rest) },
  {
    what: 'why-mounts-are-apart',
    cut: (record) => withMounts(record, ({ apart: _, ...rest }) => rest),
  },
  { what: 'some-of-what-was-not-recorded', cut: (record) => withLines(record, 6, 80) },
  { what: 'mount-options', cut: (record) => withMounts(record, ({ options: _, ...rest }) => rest) },
  { what: 'names-of-databases', cut: withoutNames },
  { what: 'mounts-without-a-folder-of-the-app', cut: withoutOtherMounts },
  {
    what: 'devices-of-mounts',
    cut: (record) => withMounts(record, ({ devices: _, ...rest }) => rest),
  },
  { what: 'marks-but-that-of-the-root-volume', cut: withRootMark },
  { what: 'all-but-one-host-of-each-database', cut: withoutKeys },
  { what: 'what-the-machine-is-made-of', cut: shortPlatform },
  { what: 'more-than-six-host-keys', cut: withSixKeys },
  { what: 'what-the-databases-hold', cut: ({ holdings: _, ...rest }) => rest },
  { what: 'all-mounts', cut: ({ volumes: _, ...rest }) => rest },
  { what: 'all-marks', cut: ({ marks: _, ...rest }) => rest },
  { what: 'where-the-databases-are', cut: ({ databases: _, ...rest }) => rest },
  { what: 'what-was-not-recorded', cut: (record) => withLines(record, 0, 0) },
  { what: 'a-hostname-that-is-none', cut: withoutLongHostname },
];

/** The record in no more than so many characters, if that can be; the same where it fits. */
export function fitRecord(record: BackupRecord, limit: number): BackupRecord {
  let now = record;
  for (const { what, cut } of cuts) {
    if (asciiJson(now).length <= limit) break;
    const shorter = cut(now);
    if (asciiJson(shorter).length >= asciiJson(now).length) continue;
    now = { ...shorter, leftOut: [...(now.leftOut ?? []), what] };
  }
  return now;
}

/** Room for the lines themselves: a line that says how many are missing is the last of them. */
function withLines(record: BackupRecord, most: number, longest: number): BackupRecord {
  const { unrecorded } = record;
  const short = unrecorded.map((line) =>
    line.length > longest ? `${line.slice(0, Math.max(0, longest - 1))}…` : line,
  );
  if (unrecorded.length <= most) return { ...record, unrecorded: short };
  const more = `and ${String(unrecorded.length - most)} more`;
  return { ...record, unrecorded: [...short.slice(0, most), more] };
}

type Volumes = NonNullable<BackupRecord['volumes']>;
type Mount = Volumes['mounts'][number];

function withMounts(record: BackupRecord, shorter: (mount: Mount) => Mount): BackupRecord {
  return withVolumes(record, ({ mounts, ...rest }) => ({ ...rest, mounts: mounts.map(shorter) }));
}

function withoutOtherMounts(record: BackupRecord): BackupRecord {
  return withVolumes(record, ({ mounts, folders, leftOut = [] }) => {
    const used = new Set(['/', ...folders.map(({ on }) => on)]);
    const others = mounts.filter(({ target }) => !used.has(target));
    const names = [...leftOut, ...others.map(({ target }) => target.slice(0, 60))].slice(0, 5);
    return {
      mounts: mounts.filter(({ target }) => used.has(target)),
      folders: folders.map((folder) => ({ ...folder, sign: folder.sign.slice(0, 24) })),
      ...(names.length > 0 ? { leftOut: names } : {}),
    };
  });
}

function withVolumes(record: BackupRecord, change: (volumes: Volumes) => Volumes): BackupRecord {
  return record.volumes === undefined ? record : { ...record, volumes: change(record.volumes) };
}

function withoutNames(record: BackupRecord): BackupRecord {
  const { holdings } = record;
  if (holdings?.postgres === undefined) return record;
  const postgres = { ...holdings.postgres, databases: holdings.postgres.databases.slice(0, 4) };
  return { ...record, holdings: { ...holdings, postgres } };
}

function withRootMark(record: BackupRecord): BackupRecord {
  if (record.marks === undefined) return record;
  return { ...record, marks: record.marks.filter((target) => target === '/') };
}

/** One host of each service is enough to judge by. */
function withoutKeys(record: BackupRecord): BackupRecord {
  if (record.databases === undefined) return record;
  const services = record.databases.services.map(({ elsewhere, unclear, ...signs }) => ({
    ...signs,
    ...(elsewhere === undefined ? {} : { elsewhere: first(elsewhere) }),
    ...(unclear === undefined ? {} : { unclear: first(unclear) }),
  }));
  return { ...record, databases: { ...record.databases, services } };
}

function first(names: readonly string[]): string[] {
  return names.slice(0, 1).map((name) => name.slice(0, 60));
}

/** What decides something stays: how Replicated is spoken to, and that it cannot be restored. */
function shortPlatform(record: BackupRecord): BackupRecord {
  if (record.platform === undefined) return record;
  const { init, cli, cannot } = record.platform;
  return {
    ...record,
    platform: {
      ...(init === undefined ? {} : { init }),
      ...(cli === undefined ? {} : { cli }),
      ...(cannot === undefined ? {} : { cannot: cannot.slice(0, 120) }),
    },
  };
}

function withSixKeys(record: BackupRecord): BackupRecord {
  return { ...record, hostKeys: record.hostKeys.slice(0, 6) };
}

/** DNS has no longer name than this. */
function withoutLongHostname(record: BackupRecord): BackupRecord {
  const { hostname, ...rest } = record;
  return hostname === undefined || hostname.length <= 253 ? record : rest;
}
