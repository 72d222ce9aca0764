/** The exact commands that ask a machine for its volumes, and mount one; see ../commands.ts. */
import { reads, type Command } from '../shell/command';
import type { AppFolder } from './folders';

/** `KEY="value"` pairs: an empty column shifts nothing, and blanks in a name need no guess. */
export const readMountTable = reads(
  'findmnt -P -o TARGET,SOURCE,FSTYPE,OPTIONS,UUID,LABEL',
  [],
  60,
);
/** What is on each block device, asked of the devices themselves; 2 means that nothing is. */
export const readFileSystems = reads('blkid -c /dev/null || [ $? -eq 2 ]', [], 60);
/** The lines of /etc/fstab that mean something; swap and what is no file stay away. */
export const readFstab = reads(
  "grep -vE '^[[:space:]]*(#|$)|[[:space:]]swap[[:space:]]' /etc/fstab 2>/dev/null | head -60 || true",
);
/** `docker info` has no `--format` on the oldest dockers; nothing where docker does not answer. */
export const readDockerRoot = reads(
  "timeout 20 docker info 2>/dev/null | sed -n 's/^ *Docker Root Dir: //p' | head -1 || true",
);

/**
 * Prints, for each source of a mount, the disks that it lies on (of a logical volume or an array
 * more than one) and the id of the EBS volume that a disk is: `source|disk|id`. On NVMe types the
 * name says nothing of what EC2 calls it; udev's link or the serial number does. Nothing for a
 * source that lsblk cannot follow.
 */
export const readDisks = (sources: readonly string[]): Command => ({
  readsOnly: true,
  name: 'the look at the disks under the mounts',
  script: [
    'for source in "$@"; do',
    '  lsblk -nrso NAME,TYPE "$source" 2>/dev/null | while read -r name type; do',
    '    if [ "$type" != disk ]; then continue; fi',
    '    id=',
    '    for link in /dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol*; do',
    '      if [ "$(readlink -f "$link" 2>/dev/null)" = "/dev/$name" ]; then',
    `        id=$(echo "$link" | sed -E 's/.*_(vol-?[0-9a-f]+).*/\\1/'); break`,
    '      fi',
    '    done',
    '    if [ -z "$id" ]; then id=$(lsblk -dnro SERIAL "/dev/$name" 2>/dev/null || true); fi',
    '    echo "$source|/dev/$name|$id"',
    '  done',
    'done',
    'true',
  ].join('\n'),
  args: sources,
  timeoutSeconds: 60,
});

/**
 * Prints of each folder `path|where it leads|what was found`: the first file that the database
 * leaves, or any; nothing found is empty. A folder that is not there has no line, one that cannot
 * be read ends the script: that is neither there nor empty.
 */
export const readFolders = (folders: readonly AppFolder[]): Command => ({
  readsOnly: true,
  name: "the look at the app's folders",
  script: [
    'set -e',
    'while [ "$#" -gt 0 ]; do',
    '  folder=$1 first=$2 second=$3; shift 3',
    '  if [ ! -d "$folder" ]; then continue; fi',
    '  real=$(readlink -f "$folder")',
    '  names=$(ls -A "$real")',
    '  if [ -n "$first" ]; then',
    '    found=$(find "$real" -maxdepth 3 \\( -name "$first" -o -name "$second" \\) | sort)',
    '    found=${found%%$\'\\n\'*}; found=${found#"$real"/}',
    '  else',
    `    found=$(echo "$names" | grep -vE '^([.]circleci-server-runbook.*|lost[+]found)$' || true)`,
    "    found=${found%%$'\\n'*}",
    '  fi',
    '  echo "$folder|$real|$found"',
    'done',
  ].join('\n'),
  args: folders.flatMap(({ path, signs: [first = '', second = ''] }) => [path, first, second]),
  timeoutSeconds: 60,
});

/** What to mount where. Nothing here makes or checks a file system, or writes /etc/fstab. */
export interface VolumeOrder {
  readonly target: string;
  /** `UUID=…`, `LABEL=…`, or a folder that is to be seen there a second time. */
  readonly source: string;
  /** Empty for a bind mount. */
  readonly fstype: string;
  /** Comma-separated; may be empty. */
  readonly options: string;
}

/** Mounts it, unless something has been mounted there meanwhile: exits 73 then. */
export const mountVolume = ({ target, source, fstype, options }: VolumeOrder): Command => ({
  name: `the mount of ${target}`,
  script: [
    'set -e',
    'if findmnt -rn "$1" >/dev/null; then echo "something is mounted there"; exit 73; fi',
    'mkdir -p "$1"',
    'timeout 90 mount ${3:+-t "$3"} ${4:+-o "$4"} "$2" "$1"',
  ].join('\n'),
  args: [target, source, fstype, options],
  timeoutSeconds: 120,
});

/** The same for a person, as they would type it. */
export function mountLine({ target, source, fstype, options }: VolumeOrder): string {
  const word = (text: string): string =>
    /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
  const type = fstype === '' ? '' : ` -t ${word(fstype)}`;
  const how = options === '' ? '' : ` -o ${word(options)}`;
  return `sudo mount${type}${how} ${word(source)} ${word(target)}`;
}
