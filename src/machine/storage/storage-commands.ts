/** The exact commands that concern the object storage; see commands.ts. */
import { changes, reads, type Command } from '../shell/command';

/** Marks an NFS export, so that a restore knows it again. */
export const markerName = '.circleci-server-runbook';

// What the machine says.
export const readMountTable = reads('findmnt -rn -o TARGET,SOURCE,FSTYPE,OPTIONS');
/** Prints where the path leads; nothing when it leads nowhere. */
export const followPath = (path: string): Command =>
  reads('if [ -d "$1" ]; then readlink -f "$1"; fi', [path]);
/** Prints the line of /etc/fstab that mounts something there. */
export const readFstabLine = (target: string): Command =>
  reads(
    'grep -v "^#" /etc/fstab 2>/dev/null | while read -r source place rest; do ' +
      'if [ "$place" = "$1" ]; then echo "$source $place $rest"; break; fi; done',
    [target],
  );
/**
 * Prints the id of the EBS volume that an NVMe device is: its name there says nothing about the
 * name that EC2 knows. Nothing for a device of another kind. Where udev made no link, the serial
 * number of an NVMe device is the id without its dash.
 */
export const readVolumeId = (source: string): Command =>
  reads(
    'id=; for link in /dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol*; do ' +
      'if [ "$(readlink -f "$link")" = "$1" ]; then id=$link; break; fi; done; ' +
      'if [ -z "$id" ]; then id=$(lsblk -dnro SERIAL "$1" 2>/dev/null | sed "s/^/_/"); fi; ' +
      `echo "$id" | sed -nE 's/.*_vol-?([0-9a-f]+).*/vol-\\1/p'`,
    [source],
  );
/**
 * Prints the name of one thing in the folder; nothing when it is empty but for our marks. Fails
 * when the folder cannot be read: that is not empty.
 */
export const readAnyEntry = (folder: string): Command =>
  reads(
    'set -e; names=$(ls -A "$1"); [ -z "$names" ] || ' +
      `printf '%s\\n' "$names" | grep -vxE "[.]circleci-server-runbook.*|lost[+]found" | head -1 || true`,
    [folder],
  );
export const readMarker = (folder: string): Command =>
  reads(`if [ -e "$1/${markerName}" ]; then cat "$1/${markerName}"; fi`, [folder]);
/** Marks the folder unless it bears a mark; prints the mark. */
export const writeMarker = (folder: string, mark: string): Command =>
  changes(
    `if [ ! -s "$1/${markerName}" ]; then echo "$2" >"$1/${markerName}.part"; ` +
      `mv "$1/${markerName}.part" "$1/${markerName}"; fi; cat "$1/${markerName}"`,
    [folder, mark],
    60,
  );

/** What to mount where. */
export interface MountOrder {
  readonly target: string;
  readonly source: string;
  readonly options?: string | undefined;
}

// A server that does not answer would hold an NFS mount up for minutes.
export const mountExport = ({ target, source, options }: MountOrder): Command =>
  changes(
    'mkdir -p "$1" && timeout 60 mount -t nfs ${3:+-o "$3"} "$2" "$1"',
    [target, source, options ?? ''],
    90,
  );
/** Mounts what /etc/fstab says for the place. */
export const mountByFstab = (target: string): Command =>
  changes('mkdir -p "$1" && timeout 60 mount "$1"', [target], 90);

// restic, the program itself: https://restic.net
/** Prints its version; nothing when it is not installed. */
export const readResticVersion = reads('if command -v restic >/dev/null; then restic version; fi');

/** A repository, and what tells this run's snapshot and log from others. */
export interface ResticOrder {
  readonly repository: string;
  readonly passwordFile: string;
  /** Where log and outcome are kept on the machine. */
  readonly folder: string;
  /** The file that the works of this kind on the machine lock. */
  readonly lock: string;
}

/** Fails with restic's own words when the repository cannot be opened. */
export const openRepository = ({ repository, passwordFile }: ResticOrder): Command =>
  reads(
    'restic --repo "$1" --password-file "$2" cat config >/dev/null',
    [repository, passwordFile],
    120,
  );
/** Prints the snapshots with the tag as JSON. */
export const readSnapshots = ({ repository, passwordFile }: ResticOrder, tag: string): Command =>
  reads(
    'restic --repo "$1" --password-file "$2" snapshots --json --tag "$3"',
    [repository, passwordFile, tag],
    120,
  );

/**
 * Begins restic's work apart from the connection, which may break within hours. The lock lives as
 * long as restic does, so that a second one is never begun beside it, by another run neither. The
 * lock file says whose it is. Prints `started`, `running`, `busy` while another run's restic works,
 * or the exit status of a work that has ended.
 */
const startRestic = (order: ResticOrder, name: string, work: readonly string[]): Command => ({
  name,
  script: [
    'set -eu',
    'umask 077',
    'repository=$1 password=$2 folder=$3 lock=$4; shift 4',
    'mkdir -p "$folder"',
    'exec 9>>"$lock"',
    'if ! flock -n 9; then',
    '  if [ "$(cat "$lock")" = "$folder" ]; then echo running; else echo busy; fi',
    '  exit 0',
    'fi',
    'if [ -s "$folder/status" ]; then cat "$folder/status"; exit 0; fi',
    'echo "$folder" >"$lock"',
    `setsid bash -c 'folder=$1; shift; code=0; restic "$@" >"$folder/log" 2>&1 || code=$?; ` +
      `echo "$code" >"$folder/status.part"; mv "$folder/status.part" "$folder/status"' ` +
      'restic "$folder" --repo "$repository" --password-file "$password" "$@" ' +
      '</dev/null >/dev/null 2>&1 &',
    'echo started',
  ].join('\n'),
  args: [order.repository, order.passwordFile, order.folder, order.lock, ...work],
  timeoutSeconds: 60,
});

/** What to save, under which host and tag. */
export interface SaveOrder extends ResticOrder {
  readonly host: string;
  readonly tag: string;
  readonly path: string;
}
export const startResticBackup = (order: SaveOrder): Command =>
  startRestic(order, "the start of restic's backup", [
    ...['backup', '--json', '--host', order.host, '--tag', 'circleci-server-runbook'],
    ...['--tag', order.tag, '--', order.path],
  ]);
export const startResticRestore = (order: ResticOrder, snapshot: string): Command =>
  startRestic(order, "the start of restic's restore", [
    ...['restore', '--json', '--target', '/', '--', snapshot],
  ]);
/**
 * Prints `running`, the exit status or `lost`, and then the end of restic's log. The lock is asked
 * first: once it is free the status does not change any more.
 */
export const readResticProgress = ({ folder, lock }: ResticOrder): Command =>
  reads(
    'if ! flock -n "$2" true && [ "$(cat "$2")" = "$1" ]; then echo running; ' +
      'elif [ -s "$1/status" ]; then cat "$1/status"; else echo lost; fi; ' +
      'tail -c 4000 "$1/log" 2>/dev/null || true',
    [folder, lock],
  );
/** Forgets an outcome, so that the work can be begun again. */
export const forgetResticOutcome = ({ folder }: ResticOrder): Command =>
  changes('rm -f "$1/status"', [folder]);
