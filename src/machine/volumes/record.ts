/**
 * What a backup records of the machine's mounts: which volume each is, how it came there, and which
 * folder of the app lies on it. A part of the backup's record, so it is kept short. Pure.
 */
import { z } from 'zod';
import { asciiJson } from '../text/chunked-tags';
import { mountOf } from '../storage/mounts';
import { redact } from '../text/redact';
import { deviceOf, isLasting, type VolumeMount, type VolumesSeen } from './look';
import type { Under } from './under';

const recordedMount = z.object({
  target: z.string(),
  source: z.string(),
  fstype: z.string(),
  uuid: z.string().optional(),
  label: z.string().optional(),
  options: z.string().optional(),
  /** Its line in /etc/fstab; absent: there was none. */
  fstab: z.string().optional(),
  /** The devices that it lies on, as EC2 names them. */
  devices: z.array(z.string()).optional(),
  /** Why the image holds nothing of it, or why nobody knows whether. */
  apart: z.string().optional(),
});

/** The mounts that last, and the app's folders on them. */
export const recordedVolumes = z.object({
  mounts: z.array(recordedMount),
  folders: z.array(
    z.object({
      path: z.string(),
      /** Where it led, if a symlink was on the way. */
      leadsTo: z.string().optional(),
      /** The target of the mount that it lay on. */
      on: z.string(),
      /** A file that was in it; empty: none was. */
      sign: z.string(),
    }),
  ),
  /** Targets of mounts that found no room here. */
  leftOut: z.array(z.string()).optional(),
});

export type RecordedVolumes = Readonly<z.infer<typeof recordedVolumes>>;
export type RecordedMount = RecordedVolumes['mounts'][number];

/** Ten tags' worth: the record has other things to tell. */
const characterLimit = 2560;

/** What to record of what was seen; the mounts of the app's folders before any other. */
export function volumesToRecord(
  { mounts, fstab, folders }: VolumesSeen,
  under: (mount: VolumeMount) => Under,
): RecordedVolumes {
  const lasting = mounts.filter(
    (mount, at) => isLasting(mount) && mountsLast(mounts, mount.target) === at,
  );
  const held = folders.map(({ path, resolved, sign }) => ({
    path,
    ...(resolved === path ? {} : { leadsTo: resolved }),
    on: mountOf(resolved, mounts)?.target ?? '/',
    sign: sign.slice(0, 60),
  }));
  const named = new Set(['/', ...held.map(({ on }) => on)]);
  // The whole volume of which a folder is mounted elsewhere belongs to it.
  const devices = new Set(
    lasting
      .filter(({ target, source }) => named.has(target) && source.includes('['))
      .map(({ source }) => deviceOf(source)),
  );
  const matters = new Set(
    lasting
      .filter(({ target, source }) => named.has(target) || devices.has(source))
      .map(({ target }) => target),
  );
  const chosen = lasting.map((mount): RecordedMount => {
    const line = fstab.find(({ target }) => target === mount.target)?.line;
    const { devices, apart } = under(mount);
    return {
      target: mount.target,
      source: redact(mount.source).slice(0, 120),
      fstype: mount.fstype,
      ...(mount.uuid === undefined ? {} : { uuid: mount.uuid }),
      ...(mount.label === undefined ? {} : { label: mount.label }),
      options: plain(mount.options),
      ...(line === undefined ? {} : { fstab: plain(line) }),
      ...(devices === undefined ? {} : { devices: [...devices] }),
      ...(apart === undefined ? {} : { apart: apart.slice(0, 120) }),
    };
  });
  const first = chosen.filter(({ target }) => matters.has(target));
  const rest = chosen.filter(({ target }) => !matters.has(target));
  return bounded({ mounts: [...first, ...rest], folders: held });
}

/** Of two mounts on one target the later hides the earlier. */
function mountsLast(mounts: readonly VolumeMount[], target: string): number {
  return mounts.findLastIndex((mount) => mount.target === target);
}

/** Options of a share may hold a password. */
function plain(options: string): string {
  return redact(
    options.replace(/\b(pass(?:word)?|username|user|cred(?:entials)?)=[^,\s]*/g, '$1=[secret]'),
  ).slice(0, 160);
}

/** Leaves out the last mounts until the rest has room; their names stay, as far as they fit. */
function bounded(volumes: RecordedVolumes): RecordedVolumes {
  const { mounts, folders } = volumes;
  for (let kept = mounts.length; kept > 0; kept--) {
    const leftOut = mounts.slice(kept).map(({ target }) => target.slice(0, 60));
    const names = leftOut.length > 5 ? [...leftOut.slice(0, 5), '…'] : leftOut;
    const short = {
      mounts: mounts.slice(0, kept),
      folders,
      ...(names.length > 0 ? { leftOut: names } : {}),
    };
    if (asciiJson(short).length <= characterLimit) return short;
  }
  return { mounts: [], folders: [], leftOut: ['all: too long for the tags of an image'] };
}

/** The app's folders on the mount, in the words of `ls`: what is lost with it. */
export function foldersOn({ folders }: RecordedVolumes, target: string): string[] {
  return folders.filter(({ on }) => on === target).map(({ path }) => path);
}
