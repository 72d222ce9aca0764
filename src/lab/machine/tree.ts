/** Copies a machine's files as a snapshot of its volume would: owners, modes and links included. */
import {
  chmodSync,
  copyFileSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';

// Memory, not disk: a snapshot of the volume does not hold them.
const volatileFolders = new Set(['run', 'tmp', 'dev', 'proc', 'sys']);

/** Copies the root folder of a machine to a place that does not exist yet. */
export function copyRoot(from: string, to: string): void {
  copyFolder(from, to, (name) => !volatileFolders.has(name));
  for (const name of volatileFolders) {
    mkdirSync(join(to, name), { recursive: true });
  }
}

/** Copies a folder with all that is in it. */
export function copyTree(from: string, to: string): void {
  copyFolder(from, to, () => true);
}

function copyFolder(from: string, to: string, wanted: (name: string) => boolean): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from).filter(wanted)) {
    copyEntry(join(from, name), join(to, name));
  }
  keepAttributes(from, to);
}

function copyEntry(from: string, to: string): void {
  const entry = lstatSync(from);
  if (entry.isDirectory()) {
    copyFolder(from, to, () => true);
  } else if (entry.isSymbolicLink()) {
    symlinkSync(readlinkSync(from), to);
  } else if (entry.isFile()) {
    copyFileSync(from, to);
    keepAttributes(from, to);
  }
}

function keepAttributes(from: string, to: string): void {
  const { uid, gid, mode, atime, mtime } = lstatSync(from);
  // Only root may give files away; the portable shell works as any user.
  if (process.getuid?.() === 0) {
    lchownSync(to, uid, gid);
  }
  chmodSync(to, mode & 0o7777);
  utimesSync(to, atime, mtime);
}
