import * as storage from '../../src/machine/storage-commands';
import type { Command } from '../../src/machine/commands';

const ctl = '/usr/local/bin/replicatedctl';
const restic = {
  repository: '/mnt/restic',
  passwordFile: '/etc/restic-password',
  folder: '/var/lib/f',
};
const start = `set -eu
umask 077
repository=$1 password=$2 folder=$3; shift 3
mkdir -p "$folder"
exec 9>"$folder/lock"
flock -n 9 || { echo running; exit 0; }
if [ -s "$folder/status" ]; then cat "$folder/status"; exit 0; fi
setsid bash -c 'folder=$1; shift; code=0; restic "$@" >"$folder/log" 2>&1 || code=$?; echo "$code" >"$folder/status.part"; mv "$folder/status.part" "$folder/status"' restic "$folder" --repo "$repository" --password-file "$password" "$@" </dev/null >/dev/null 2>&1 &
echo started`;
const place = ['/mnt/restic', '/etc/restic-password', '/var/lib/f'];

/** Each command, its exact text, its arguments and how long it may take. */
const rows: Record<string, [Command, string, readonly string[], number?]> = {
  readBucket: [
    storage.readBucket,
    `${ctl} app-config export --template '{{.s3_bucket.Value}}'`,
    [],
  ],
  readBucketRegion: [
    storage.readBucketRegion,
    `${ctl} app-config export --template '{{.aws_region.Value}}'`,
    [],
  ],
  readMountTable: [storage.readMountTable, 'findmnt -rn -o TARGET,SOURCE,FSTYPE,OPTIONS', []],
  followPath: [storage.followPath('/o'), 'if [ -d "$1" ]; then readlink -f "$1"; fi', ['/o']],
  readFstabLine: [
    storage.readFstabLine('/o'),
    'grep -v "^#" /etc/fstab 2>/dev/null | while read -r source place rest; do ' +
      'if [ "$place" = "$1" ]; then echo "$source $place $rest"; break; fi; done',
    ['/o'],
  ],
  readVolumeId: [
    storage.readVolumeId('/dev/nvme1n1'),
    'for link in /dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol*; do ' +
      'if [ "$(readlink -f "$link")" = "$1" ]; then ' +
      `echo "$link" | sed -E 's/.*_vol-?([0-9a-f]+).*/vol-\\1/'; break; fi; done`,
    ['/dev/nvme1n1'],
  ],
  readAnyEntry: [
    storage.readAnyEntry('/o'),
    'ls -A "$1" | grep -vxE "[.]circleci-server-runbook|lost[+]found" | head -1 || true',
    ['/o'],
  ],
  readMarker: [
    storage.readMarker('/o'),
    'cat "$1/.circleci-server-runbook" 2>/dev/null || true',
    ['/o'],
  ],
  writeMarker: [
    storage.writeMarker('/o', 'prod 1'),
    'if [ ! -s "$1/.circleci-server-runbook" ]; then echo "$2" >"$1/.circleci-server-runbook.part"; ' +
      'mv "$1/.circleci-server-runbook.part" "$1/.circleci-server-runbook"; fi; ' +
      'cat "$1/.circleci-server-runbook"',
    ['/o', 'prod 1'],
    60,
  ],
  mountExport: [
    storage.mountExport({ target: '/o', source: 'files:/o' }),
    'mkdir -p "$1" && timeout 60 mount -t nfs ${3:+-o "$3"} "$2" "$1"',
    ['/o', 'files:/o', ''],
    90,
  ],
  mountByFstab: [storage.mountByFstab('/o'), 'mkdir -p "$1" && timeout 60 mount "$1"', ['/o'], 90],
  readResticVersion: [
    storage.readResticVersion,
    'if command -v restic >/dev/null; then restic version; fi',
    [],
  ],
  openRepository: [
    storage.openRepository(restic),
    'restic --repo "$1" --password-file "$2" cat config >/dev/null',
    place.slice(0, 2),
    120,
  ],
  readSnapshots: [
    storage.readSnapshots(restic, 'run-1'),
    'restic --repo "$1" --password-file "$2" snapshots --json --tag "$3"',
    [...place.slice(0, 2), 'run-1'],
    120,
  ],
  startResticBackup: [
    storage.startResticBackup({ ...restic, host: 'prod', tag: 'run-1', path: '/o' }),
    start,
    [
      ...place,
      ...['backup', '--json', '--host', 'prod', '--tag', 'circleci-server-runbook'],
      ...['--tag', 'run-1', '--', '/o'],
    ],
    60,
  ],
  startResticRestore: [
    storage.startResticRestore(restic, 'abc'),
    start,
    [...place, 'restore', '--json', '--target', '/', '--', 'abc'],
    60,
  ],
  readResticProgress: [
    storage.readResticProgress(restic),
    'if ! flock -n "$1/lock" true; then echo running; ' +
      'elif [ -s "$1/status" ]; then cat "$1/status"; else echo lost; fi; ' +
      'tail -c 4000 "$1/log" 2>/dev/null || true',
    ['/var/lib/f'],
  ],
  forgetResticOutcome: [storage.forgetResticOutcome(restic), 'rm -f "$1/status"', ['/var/lib/f']],
};

test.each(Object.entries(rows))('%s', (_, [command, script, args, timeoutSeconds = 30]) => {
  const { name, ...rest } = command;
  expect(rest).toEqual({ script, args, timeoutSeconds });
  expect(name !== undefined).toBe(script.includes('\n'));
});

test('no command is without a line above', () => {
  expect([...Object.keys(rows), 'markerName'].sort()).toEqual(Object.keys(storage).sort());
});
