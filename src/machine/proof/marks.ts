/**
 * The mark: a small file that a backup leaves on each volume just before its image, and that tells
 * after a restore which point in time came back on each. Pure.
 */
import { z } from 'zod';
import type { Command } from '../shell/commands';
import { jsonOf } from '../text/json';
import { isReadOnly, isRemote } from '../volumes/look';
import type { RecordedVolumes } from '../volumes/record';

const mark = z.object({
  /** Workflow id of the backup. */
  run: z.string(),
  /** ISO 8601: when the backup began. */
  takenAt: z.string(),
  /** The machine that it was left on. */
  instanceId: z.string(),
});

export type Mark = Readonly<z.infer<typeof mark>>;

/** Where the mark of the root volume lies, and for one of its own the file at its top. */
export function markFile(target: string): string {
  return target === '/'
    ? '/var/lib/circleci-server-runbook/point-in-time.json'
    : `${target}/.circleci-server-runbook-point-in-time.json`;
}

/** Where to leave marks: the root, and each volume of its own that holds a folder of the app. */
export function placesToMark({ mounts, folders }: RecordedVolumes): string[] {
  const uuids = new Set<string>();
  return mounts.flatMap(({ target, fstype, options = '', uuid, source }) => {
    const isHeld = target === '/' || folders.some(({ on }) => on === target);
    // A second view of the same volume would only get the same mark again.
    if (!isHeld || isRemote(fstype) || isReadOnly(options)) return [];
    const id = uuid ?? source;
    if (uuids.has(id)) return [];
    uuids.add(id);
    return [target];
  });
}

/**
 * Writes the mark in one rename, in the folder itself; a link in its place is replaced, not
 * followed. Refuses a place where nothing is mounted any more (exit 74): the mark would be a lie.
 */
export const writeMark = (target: string, left: Mark): Command => ({
  name: `the mark at ${target}`,
  script: [
    'set -eu',
    'umask 022',
    'findmnt -rn "$1" >/dev/null || exit 74',
    'folder=$(dirname "$2")',
    'if [ "$1" = / ]; then mkdir -p "$folder"; fi',
    'rm -f "$folder"/.point-in-time.new-*',
    'new=$(mktemp "$folder/.point-in-time.new-XXXXXX")',
    'cat >"$new"',
    'chmod 0644 "$new"',
    'sync',
    'mv -T "$new" "$2"',
    'sync',
  ].join('\n'),
  args: [target, markFile(target)],
  stdin: `${JSON.stringify(left)}\n`,
  timeoutSeconds: 120,
});

/** Prints the marks that are there, a line each: `target|content`. */
export const readMarks = (targets: readonly string[]): Command => ({
  readsOnly: true,
  script:
    'while [ "$#" -gt 0 ]; do if [ -f "$2" ]; then echo "$1|$(head -c 1000 "$2" | head -1)"; fi; shift 2; done',
  args: targets.flatMap((target) => [target, markFile(target)]),
  timeoutSeconds: 30,
});

/** Reads `readMarks`. */
export function parseMarks(text: string): Map<string, Mark | undefined> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf('|');
      if (at < 1) return [];
      return [[line.slice(0, at), mark.safeParse(jsonOf(line.slice(at + 1))).data] as const];
    }),
  );
}

/** What the marks say of the point in time that came back. */
export function judgeMarks(
  found: ReadonlyMap<string, Mark | undefined>,
  expected: { readonly targets: readonly string[]; readonly mark: Mark },
  instanceId: string,
): { readonly ok: boolean; readonly seen: string } {
  const { targets, mark: wanted } = expected;
  const wrong: string[] = [];
  const since: string[] = [];
  for (const target of targets) {
    const one = found.get(target);
    if (one === undefined) wrong.push(`${target} bears no mark`);
    // The machine has been backed up since it was restored: it is its own mark.
    else if (one.instanceId === instanceId) since.push(target);
    else if (one.run !== wanted.run || one.takenAt !== wanted.takenAt) {
      wrong.push(`${target} bears the mark of ${one.takenAt} (${one.run})`);
    }
  }
  const what = `${wanted.takenAt} (${wanted.run}) on ${targets.join(', ')}`;
  if (wrong.length > 0) return { ok: false, seen: `expected ${what}; but ${wrong.join('; ')}` };
  if (since.length > 0) return { ok: true, seen: `marked by a later backup of this very machine` };
  return { ok: true, seen: what };
}
