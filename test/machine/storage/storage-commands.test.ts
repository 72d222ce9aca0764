import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from '../../../src/machine/shell/commands';
import * as storage from '../../../src/machine/storage/storage-commands';

const restic = {
  repository: '/mnt/restic',
  passwordFile: '/etc/restic-password',
  folder: '/var/lib/f',
  lock: '/var/lib/l',
};
const start = `set -eu
umask 077
repository=$1 password=$2 folder=$3 lock=$4; shift 4
mkdir -p "$folder"
exec 9>>"$lock"
if ! flock -n 9; then
  if [ "$(cat "$lock")" = "$folder" ]; then echo running; else echo busy; fi
  exit 0
fi
if [ -s "$folder/status" ]; then cat "$folder/status"; exit 0; fi
echo "$folder" >"$lock"
setsid bash -c 'folder=$1; shift; code=0; restic "$@" >"$folder/log" 2>&1 || code=$?; echo "$code" >"$folder/status.part"; mv "$folder/status.part" "$folder/status"' restic "$folder" --repo "$repository" --password-file "$password" "$@" </dev/null >/dev/null 2>&1 &
echo started`;
const place = ['/mnt/restic', '/etc/restic-password', '/var/lib/f', '/var/lib/l'];

/** Each command, its exact text, its arguments and how long it may take. */
const rows: Record<string, [Command, string, readonly string[], number?]> = {
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
    'id=; for link in /dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol*; do ' +
      'if [ "$(readlink -f "$link")" = "$1" ]; then id=$link; break; fi; done; ' +
      'if [ -z "$id" ]; then id=$(lsblk -dnro SERIAL "$1" 2>/dev/null | sed "s/^/_/"); fi; ' +
      `echo "$id" | sed -nE 's/.*_vol-?([0-9a-f]+).*/vol-\\1/p'`,
    ['/dev/nvme1n1'],
  ],
  readAnyEntry: [
    storage.readAnyEntry('/o'),
    'set -e; names=$(ls -A "$1"); [ -z "$names" ] || ' +
      `printf '%s\\n' "$names" | grep -vxE "[.]circleci-server-runbook.*|lost[+]found" | head -1 || true`,
    ['/o'],
  ],
  readMarker: [
    storage.readMarker('/o'),
    'if [ -e "$1/.circleci-server-runbook" ]; then cat "$1/.circleci-server-runbook"; fi',
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
    'if ! flock -n "$2" true && [ "$(cat "$2")" = "$1" ]; then echo running; ' +
      'elif [ -s "$1/status" ]; then cat "$1/status"; else echo lost; fi; ' +
      'tail -c 4000 "$1/log" 2>/dev/null || true',
    ['/var/lib/f', '/var/lib/l'],
  ],
  forgetResticOutcome: [storage.forgetResticOutcome(restic), 'rm -f "$1/status"', ['/var/lib/f']],
};

test.each(Object.entries(rows))('%s', (called, [command, script, args, timeoutSeconds = 30]) => {
  const { name, readsOnly = false, ...rest } = command;
  expect(readsOnly).toBe(/^(read|follow|open)/.test(called));
  expect(rest).toEqual({ script, args, timeoutSeconds });
  expect(name !== undefined).toBe(script.includes('\n'));
});

test('no command is without a line above', () => {
  expect([...Object.keys(rows), 'markerName'].sort()).toEqual(Object.keys(storage).sort());
});

describe('in a real shell', () => {
  const folder = mkdtempSync(join(tmpdir(), 'storage-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const run = ({ script, args }: Command): string =>
    execFileSync('bash', ['-c', script, 'sh', ...args], { stdio: 'pipe' })
      .toString()
      .trim();

  test('a folder or marker that cannot be read is not empty', () => {
    expect(run(storage.readAnyEntry(folder))).toBe('');
    expect(run(storage.readMarker(folder))).toBe('');
    expect(() => run(storage.readAnyEntry(join(folder, 'gone')))).toThrow('No such file');
    const unreadable = join(folder, 'other');
    // A folder stands for a file that cannot be read: the tests may run as root.
    execFileSync('mkdir', ['-p', join(unreadable, storage.markerName)]);
    expect(() => run(storage.readMarker(unreadable))).toThrow('Is a directory');
    expect(run(storage.readAnyEntry(unreadable))).toBe('');
    expect(run(storage.readAnyEntry(folder))).toBe('other');
  });

  test("restic does not begin beside another run's", async () => {
    const order = { ...restic, folder: join(folder, 'mine'), lock: join(folder, 'lock') };
    writeFileSync(order.lock, `${join(folder, 'theirs')}\n`);
    const holder = spawn('bash', ['-c', 'exec 9>>"$0"; flock 9; echo held; read -r', order.lock], {
      stdio: 'pipe',
    });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    expect(run(storage.startResticRestore(order, 'abc'))).toBe('busy');
    expect(run(storage.readResticProgress(order))).toBe('lost');
    const theirs = { ...order, folder: join(folder, 'theirs') };
    expect(run(storage.startResticRestore(theirs, 'abc'))).toBe('running');
    expect(run(storage.readResticProgress(theirs))).toBe('running');
    const ended = new Promise((resolve) => holder.once('close', resolve));
    holder.stdin.end();
    await ended;
    writeFileSync(join(order.folder, 'status'), '0\n');
    expect(run(storage.startResticRestore(order, 'abc'))).toBe('0');
  });
});
