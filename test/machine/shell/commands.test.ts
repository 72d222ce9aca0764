import * as commands from '../../../src/machine/shell/commands';
import type { Command } from '../../../src/machine/shell/commands';

const ctl = '/usr/local/bin/replicatedctl';
const appStart = [ctl, 'app', 'start'];

// Every command that needs no value: its exact text, what it is given, how long it may take.
const constant: Record<string, [command: Command, script: string, timeoutSeconds?: number]> = {
  readOsRelease: [
    commands.readOsRelease,
    'for file in /etc/os-release /etc/centos-release /etc/redhat-release /etc/system-release ' +
      '/etc/debian_version; do if [ -f "$file" ]; then cat "$file"; break; fi; done',
  ],
  readHostKeys: [commands.readHostKeys, 'cat /etc/ssh/ssh_host_*_key.pub'],
  readInit: [
    commands.readInit,
    'if [ -d /run/systemd/system ]; then echo systemd; ' +
      'elif [ ! -e /etc/init/replicated.conf ] && [ -e /etc/init.d/replicated ]; then echo sysv; ' +
      'else echo upstart; fi',
  ],
  readOwnAddresses: [commands.readOwnAddresses, 'hostname -I'],
  readReplicatedVersion: [commands.readReplicatedVersion, `${ctl} version --quiet`],
  readMounts: [commands.readMounts, 'findmnt -rn -o TARGET,SOURCE,FSTYPE'],
  readContainers: [
    commands.readContainers,
    `docker ps --format '{{.Label "com.replicated.app.id"}}|{{.Label "owner"}}|{{.Image}}|{{.Names}}'`,
  ],
  findStorageSymlink: [commands.findStorageSymlink, 'readlink -f /data/circle/storage-fileserver'],
  readAppStatus: [commands.readAppStatus, `${ctl} app status --output json`],
  stopApp: [commands.stopApp, `timeout 45 ${ctl} app stop`, 60],
  forceStopApp: [commands.forceStopApp, `timeout 45 ${ctl} app stop --force`, 60],
  startApp: [commands.startApp, `${ctl} app start`, 60],
  readUrlOverride: [
    commands.readUrlOverride,
    "grep -oE '^[^#]*CIRCLE_URL=[^[:space:]]+' /etc/circle-installation-customizations " +
      '2>/dev/null | head -3 || true',
  ],
  readSystemStatus: [commands.readSystemStatus, `${ctl} system status`],
  readLocalAddress: [
    commands.readLocalAddress,
    `${ctl} params export --template '{{.LocalAddress}}'`,
  ],
  readOperatorEndpoint: [
    commands.readOperatorEndpoint,
    'docker exec replicated-operator printenv DAEMON_ENDPOINT',
  ],
  restartReplicatedBySystemd: [
    commands.restartReplicatedBySystemd,
    'systemctl restart replicated replicated-ui replicated-operator',
    120,
  ],
  restartReplicatedByUpstart: [
    commands.restartReplicatedByUpstart,
    'failed=0; for unit in replicated replicated-ui replicated-operator; do ' +
      'if initctl status "$unit" >/dev/null 2>&1; then ' +
      'initctl stop "$unit" >/dev/null 2>&1 || true; initctl start "$unit" || failed=$?; ' +
      'else service "$unit" stop >/dev/null 2>&1 || true; service "$unit" start || failed=$?; fi; ' +
      'done; exit "$failed"',
    120,
  ],
  readStartTimer: [
    commands.readStartTimer,
    'if command -v systemd-run >/dev/null; then ' +
      'case "$(systemctl show -p SubState runbook-start-app.timer)" in ' +
      '*waiting) echo active;; *) echo inactive;; esac; ' +
      'elif [ -e /run/runbook-start-app ]; then echo active; fi',
  ],
  readOperatorPublicAddress: [
    commands.readOperatorPublicAddress,
    'docker exec replicated-operator printenv PUBLIC_ADDRESS || true',
  ],
  disarmStartTimer: [
    commands.disarmStartTimer,
    'if command -v systemd-run >/dev/null; then ' +
      'systemctl stop runbook-start-app.timer >/dev/null 2>&1 || true; ' +
      'else rm -f /run/runbook-start-app; fi',
  ],
  removeNomad: [
    commands.removeNomad,
    `set -eu
rm -rf --one-file-system /opt/.nomad-removed
if [ -L /opt/nomad ]; then echo "/opt/nomad is a symlink"; exit 70; fi
if [ ! -e /opt/nomad ]; then echo absent; exit 0; fi
mounts=$(findmnt -rn -o TARGET)
if echo "$mounts" | grep -E "^/opt/nomad(/|$)"; then exit 71; fi
if ! timeout 25 docker ps -q >/dev/null 2>&1; then
  own=$(cat /proc/self/cgroup 2>/dev/null | grep -oE '[0-9a-f]{64}' | head -1)
  ids=$(cat /proc/[0-9]*/cgroup 2>/dev/null | grep -oE '[/-][0-9a-f]{64}([.]scope)?$' |
    grep -oE '[0-9a-f]{64}' | sort -u | { while read -r id; do
      if [ "$id" != "$own" ]; then echo "$id"; fi
    done; })
  if [ -n "$ids" ]; then echo "docker does not answer, and containers run:" $ids; exit 72; fi
  mv -T /opt/nomad /opt/.nomad-removed
  rm -rf --one-file-system /opt/.nomad-removed
  echo removed; exit 0
fi
rows=$(docker ps --format '{{.Label "com.replicated.app.id"}}|{{.Label "owner"}}|{{.Names}}')
label='[^|]*'
rows="$rows"$'\\n'"$({ timeout 25 docker ps -aq --filter label=com.replicated.app.id; timeout 25 docker ps -aq --filter label=owner=replicated; } 2>/dev/null | sed -n '1s/.*/labels are used/p')"
if echo "$rows" | grep -qE "^[^|]+([|]|$)|^[|]replicated[|]"; then label="[^|]+"; fi
if echo "$rows" | grep -qE "^\${label}[|][^|]*[|](.*,)?nomad(,|$)"; then echo "nomad runs"; exit 72; fi
ids=$(docker ps -q)
users=
if [ -n "$ids" ]; then users=$(docker inspect --format '{{.Name}}{{range .Mounts}} {{.Source}}{{end}}' $ids); fi
if echo "$users" | grep -E "^/?[^ ]+ (.* )?/opt/nomad(/| |$)"; then exit 72; fi
mv -T /opt/nomad /opt/.nomad-removed
rm -rf --one-file-system /opt/.nomad-removed
echo removed`,
    300,
  ],
  readNomadServers: [
    commands.readNomadServers,
    'timeout 20 docker exec nomad nomad server-members',
  ],
  readNomadClients: [commands.readNomadClients, 'timeout 20 docker exec nomad nomad node-status'],
};

// Every command that is made for a value, and where the value went.
const made: Record<string, [command: Command, expected: Command]> = {
  readItem: [
    commands.readItem('s3_bucket'),
    {
      script: `${ctl} app-config export --template '{{.s3_bucket.Value}}'`,
      args: [],
      timeoutSeconds: 30,
    },
  ],
  setHostname: [
    commands.setHostname('new.example.com'),
    {
      script: `${ctl} app-config set hostname --value "$1"`,
      args: ['new.example.com'],
      timeoutSeconds: 60,
    },
  ],
  resolveHostname: [
    commands.resolveHostname('new.example.com'),
    { script: 'getent ahostsv4 "$1"', args: ['new.example.com'], timeoutSeconds: 30 },
  ],
  lookUpAny: [
    commands.lookUpAny('new.example.com'),
    { script: 'getent ahostsv4 "$1" || true', args: ['new.example.com'], timeoutSeconds: 30 },
  ],
  armStartTimer: [
    commands.armStartTimer(1800, appStart),
    {
      script:
        'after=$1; shift; if command -v systemd-run >/dev/null; then ' +
        'systemctl stop runbook-start-app.timer >/dev/null 2>&1 || true; ' +
        'systemctl reset-failed runbook-start-app.service >/dev/null 2>&1 || true; ' +
        'systemd-run --unit=runbook-start-app --on-active="$after" "$@"; ' +
        'else echo "$$" >/run/runbook-start-app; ' +
        `setsid bash -c 'sleep "$1"; if [ "$(cat /run/runbook-start-app)" = "$2" ]; ` +
        'then rm -f /run/runbook-start-app; shift 2; env "$@"; fi\' start-app "$after" "$$" "$@" ' +
        '</dev/null >/dev/null 2>&1 & fi',
      args: ['1800', ctl, 'app', 'start'],
      timeoutSeconds: 30,
    },
  ],
  readFile: [
    commands.readFile('/etc/default/replicated'),
    {
      confidential: true,
      script:
        'if [ -f "$1" ]; then sha256sum "$1" | cut -d" " -f1; base64 -w0 "$1"; echo; ' +
        'else echo absent; fi',
      args: ['/etc/default/replicated'],
      timeoutSeconds: 30,
    },
  ],
  replaceFile: [
    commands.replaceFile({
      path: '/etc/f',
      expected: 'aa',
      wanted: 'bb',
      keepAs: '/var/backups/f',
      content: 'new\n',
    }),
    {
      name: 'the replacement of /etc/f',
      script: `set -eu
umask 077
exec 9>/var/lock/circleci-server-runbook.lock
flock -w 20 9 || { echo "another run holds the lock"; exit 75; }
sum() { sha256sum "$1" | cut -d" " -f1; }
file=$(readlink -f "$1")
now=$(sum "$file")
if [ "$now" = "$3" ]; then cat >/dev/null; echo unchanged; exit 0; fi
if [ "$now" != "$2" ]; then cat >/dev/null; echo "file is $now"; exit 66; fi
mkdir -p "$(dirname "$4")"
if [ ! -e "$4" ]; then cp -p "$file" "$4.part"; mv -n "$4.part" "$4"; fi
rm -f "$file".new-*
new=$(mktemp "$file.new-XXXXXX")
trap 'rm -f "$new"' EXIT
cat >"$new"
if [ "$(sum "$new")" != "$3" ]; then echo "content was cut short"; exit 65; fi
chown --reference="$file" "$new"; chmod --reference="$file" "$new"
if command -v restorecon >/dev/null; then restorecon "$new" || true; fi
sync
mv -T "$new" "$file"
if [ "$(sum "$file")" != "$3" ]; then echo "file reads back differently"; exit 67; fi
echo changed`,
      args: ['/etc/f', 'aa', 'bb', '/var/backups/f'],
      stdin: 'new\n',
      timeoutSeconds: 60,
    },
  ],
  rememberHostname: [
    commands.rememberHostname('old.example.com', 'i-1'),
    {
      script:
        'mkdir -p "$2" && if [ ! -e "$2/hostname-before" ]; then echo "$1" >"$2/hostname-before"; fi',
      args: ['old.example.com', '/var/lib/circleci-server-runbook/i-1'],
      timeoutSeconds: 30,
    },
  ],
  readHostnameBefore: [
    commands.readHostnameBefore('i-1'),
    {
      script: 'cat "$1/hostname-before" 2>/dev/null || true',
      args: ['/var/lib/circleci-server-runbook/i-1'],
      timeoutSeconds: 30,
    },
  ],
  markNomadRemoved: [
    commands.markNomadRemoved('i-1'),
    {
      script: 'mkdir -p "$1" && touch "$1/nomad-removed"',
      args: ['/var/lib/circleci-server-runbook/i-1'],
      timeoutSeconds: 30,
    },
  ],
  readNomadMark: [
    commands.readNomadMark('i-1'),
    {
      script: 'if [ -e "$1/nomad-removed" ]; then echo removed; fi',
      args: ['/var/lib/circleci-server-runbook/i-1'],
      timeoutSeconds: 30,
    },
  ],
  probe: [
    commands.probe('http://localhost:8099/'),
    {
      script: 'curl -s -k -o /dev/null -m 10 -w "%{http_code}\\n" "$1" || true',
      args: ['http://localhost:8099/'],
      timeoutSeconds: 30,
    },
  ],
  devConsole: [
    commands.devConsole('(exit)\n'),
    {
      script: '/usr/local/bin/replicated admin -i dev-console',
      args: [],
      stdin: '(exit)\n',
      timeoutSeconds: 300,
    },
  ],
};

// Whether a command may run beside others is told by its name: what only looks says so.
const onlyLooks = (called: string): boolean => /^(read|find|look|resolve|probe)/.test(called);

test.each(Object.entries(constant))('%s', (called, [command, script, timeoutSeconds = 30]) => {
  const { name, readsOnly = false, ...rest } = command;
  expect(readsOnly).toBe(onlyLooks(called));
  expect(rest).toEqual({ script, args: [], timeoutSeconds });
  // A line speaks for itself; a script of many needs a name for messages.
  expect(name !== undefined).toBe(script.includes('\n'));
});

test.each(Object.entries(made))('%s', (called, [command, expected]) => {
  const { readsOnly = false, ...rest } = command;
  expect(readsOnly).toBe(onlyLooks(called));
  expect(rest).toEqual(expected);
});

test('the health checks of a restored app', () => {
  expect(commands.healthUrls).toEqual({
    'ready-agent': 'http://localhost:8099/',
    frontend: 'http://localhost:80/health-check',
    'api-service': 'http://localhost:8082/status',
    'workflows-conductor': 'http://localhost:9999/healthcheck',
    federations: 'http://localhost:8090/status',
    permissions: 'http://localhost:3013/status',
    contexts: 'http://localhost:3011/status',
    domain: 'http://localhost:3014/status',
    cron: 'http://localhost:4261/status',
    'Management Console': 'https://localhost:8800/',
  });
});

test('no command is without a line above', () => {
  const tested = [...Object.keys(constant), ...Object.keys(made), 'healthUrls', 'stateFolder'];
  expect(tested.sort()).toEqual(Object.keys(commands).sort());
});
