/**
 * The exact commands that run on a Services machine. Data only: nothing here runs anything.
 *
 * Every path is absolute where a non-interactive SSH session may lack it on PATH (/usr/local/bin),
 * and `circleci` is never used: it is a shell alias for `replicated admin` that only interactive
 * shells know. Values reach a script as arguments, never spliced into it.
 */
import { changes, reads, type Command } from './command';
import { idsByProcesses } from '../docker/container-processes';
import { containerFormat, lookForLabels } from '../docker/containers';

export type { Command } from './command';

const replicatedctl = '/usr/local/bin/replicatedctl';

/** Where the runbook keeps what it must remember on a machine: originals of files, and marks. */
export function stateFolder(instanceId: string): string {
  return `/var/lib/circleci-server-runbook/${instanceId}`;
}

// What the machine is.
// CentOS 6 and RHEL 6 have no os-release; the other files are those that the installer reads.
export const readOsRelease = reads(
  'for file in /etc/os-release /etc/centos-release /etc/redhat-release /etc/system-release ' +
    '/etc/debian_version; do if [ -f "$file" ]; then cat "$file"; break; fi; done',
);
export const readHostKeys = reads('cat /etc/ssh/ssh_host_*_key.pub');
/** Prints `systemd`, `upstart` or `sysv`: told by where the units lie, since that starts them. */
export const readInit = reads(
  'if [ -d /run/systemd/system ]; then echo systemd; ' +
    'elif [ ! -e /etc/init/replicated.conf ] && [ -e /etc/init.d/replicated ]; then echo sysv; ' +
    'else echo upstart; fi',
);
export const readOwnAddresses = reads('hostname -I');
export const readReplicatedVersion = reads(`${replicatedctl} version --quiet`);
export const readMounts = reads('findmnt -rn -o TARGET,SOURCE,FSTYPE');
/** Each container that runs with its labels: `parseContainers` tells whose it is. */
export const readContainers = reads(`docker ps --format '${containerFormat}'`);
export const findStorageSymlink = reads('readlink -f /data/circle/storage-fileserver');

// The app.
export const readAppStatus = reads(`${replicatedctl} app status --output json`);
// A daemon that hangs must not keep the force from being used: its answer is awaited for a while.
export const stopApp = changes(`timeout 45 ${replicatedctl} app stop`, [], 60);
export const forceStopApp = changes(`timeout 45 ${replicatedctl} app stop --force`, [], 60);
export const startApp = changes(`${replicatedctl} app start`, [], 60);

// The app's configuration. The template names a single item, so that no secret is ever printed.
export const readItem = (name: string): Command =>
  reads(`${replicatedctl} app-config export --template '{{.${name}.Value}}'`);
export const setHostname = (hostname: string): Command =>
  changes(`${replicatedctl} app-config set hostname --value "$1"`, [hostname], 60);
/** Remembers the hostname that the image brought: once set, nothing else tells what it was. */
export const rememberHostname = (before: string, instanceId: string): Command =>
  changes(
    'mkdir -p "$2" && if [ ! -e "$2/hostname-before" ]; then echo "$1" >"$2/hostname-before"; fi',
    [before, stateFolder(instanceId)],
  );
/** Prints the hostname that the image brought, if instruction 3 has changed it on this machine. */
export const readHostnameBefore = (instanceId: string): Command =>
  reads('cat "$1/hostname-before" 2>/dev/null || true', [stateFolder(instanceId)]);
export const resolveHostname = (hostname: string): Command =>
  reads('getent ahostsv4 "$1"', [hostname]);
/** Prints the addresses that the name has on the machine, if any. */
export const lookUpAny = (hostname: string): Command =>
  reads('getent ahostsv4 "$1" || true', [hostname]);
export const readUrlOverride = reads(
  "grep -oE '^[^#]*CIRCLE_URL=[^[:space:]]+' /etc/circle-installation-customizations " +
    '2>/dev/null | head -3 || true',
);

// Replicated.
export const readSystemStatus = reads(`${replicatedctl} system status`);
export const readLocalAddress = reads(
  `${replicatedctl} params export --template '{{.LocalAddress}}'`,
);
export const readOperatorEndpoint = reads(
  'docker exec replicated-operator printenv DAEMON_ENDPOINT',
);
/** Empty where the operator was told no public address. */
export const readOperatorPublicAddress = reads(
  'docker exec replicated-operator printenv PUBLIC_ADDRESS || true',
);
export const restartReplicatedBySystemd = changes(
  'systemctl restart replicated replicated-ui replicated-operator',
  [],
  120,
);
// On Upstart `restart` keeps a job's old settings and fails for one that is stopped. `service` of
// CentOS 6 and Amazon Linux 1 knows scripts in /etc/init.d only, and no job of Upstart. A unit that
// does not start must not keep the others from starting, nor be hidden by them.
export const restartReplicatedByUpstart = changes(
  'failed=0; for unit in replicated replicated-ui replicated-operator; do ' +
    'if initctl status "$unit" >/dev/null 2>&1; then ' +
    'initctl stop "$unit" >/dev/null 2>&1 || true; initctl start "$unit" || failed=$?; ' +
    'else service "$unit" stop >/dev/null 2>&1 || true; service "$unit" start || failed=$?; fi; ' +
    'done; exit "$failed"',
  [],
  120,
);

// The image may be made while the app is stopped: the machine itself starts it again.
const startUnit = 'runbook-start-app';
/**
 * Starts the app after the given number of seconds unless it is disarmed before; arming again
 * replaces the timer. A unit that failed once blocks its name until it is reset. Without systemd a
 * sleeper starts the app only if the flag file still bears its own number. `start` are the words of
 * the command that starts it.
 */
export const armStartTimer = (seconds: number, start: readonly string[]): Command =>
  changes(
    'after=$1; shift; if command -v systemd-run >/dev/null; then ' +
      `systemctl stop ${startUnit}.timer >/dev/null 2>&1 || true; ` +
      `systemctl reset-failed ${startUnit}.service >/dev/null 2>&1 || true; ` +
      `systemd-run --unit=${startUnit} --on-active="$after" "$@"; ` +
      `else echo "$$" >/run/${startUnit}; ` +
      `setsid bash -c 'sleep "$1"; if [ "$(cat /run/${startUnit})" = "$2" ]; ` +
      `then rm -f /run/${startUnit}; shift 2; env "$@"; fi' start-app "$after" "$$" "$@" ` +
      '</dev/null >/dev/null 2>&1 & fi',
    [String(seconds), ...start],
  );
/** Prints `active` while the timer is armed; one that fired stays `active (elapsed)` on systemd 219. */
export const readStartTimer = reads(
  'if command -v systemd-run >/dev/null; then ' +
    `case "$(systemctl show -p SubState ${startUnit}.timer)" in ` +
    '*waiting) echo active;; *) echo inactive;; esac; ' +
    `elif [ -e /run/${startUnit} ]; then echo active; fi`,
);
export const disarmStartTimer = changes(
  'if command -v systemd-run >/dev/null; then ' +
    `systemctl stop ${startUnit}.timer >/dev/null 2>&1 || true; ` +
    `else rm -f /run/${startUnit}; fi`,
);

// Files that hold addresses. Contents travel on standard input, never on a command line, because
// /etc/default/replicated holds the DAEMON_TOKEN.
/** Prints the sha256 and the base64 content of the file, a line each; or `absent`. */
export const readFile = (path: string): Command => ({
  confidential: true,
  ...reads(
    'if [ -f "$1" ]; then sha256sum "$1" | cut -d" " -f1; base64 -w0 "$1"; echo; ' +
      'else echo absent; fi',
    [path],
  ),
});

/** A file to replace: what it is expected to be now, and what it is to become. */
export interface Replacement {
  readonly path: string;
  /** sha256 of the file as the caller read it. */
  readonly expected: string;
  /** sha256 of `content`. */
  readonly wanted: string;
  /** Where the original is kept. */
  readonly keepAs: string;
  readonly content: string;
}

/**
 * Replaces a file in one rename, if it still is what the caller read. The new content comes on standard input; its checksum guards against a connection that breaks half-way. Prints
 * `changed` or `unchanged`; exits 65 for a truncated content, 66 for a file that somebody changed,
 * 67 when the file reads back differently, 75 while another run holds the lock.
 */
export const replaceFile = ({ path, expected, wanted, keepAs, content }: Replacement): Command => ({
  name: `the replacement of ${path}`,
  script: [
    'set -eu',
    'umask 077',
    'exec 9>/var/lock/circleci-server-runbook.lock',
    'flock -w 20 9 || { echo "another run holds the lock"; exit 75; }',
    'sum() { sha256sum "$1" | cut -d" " -f1; }',
    // The file itself, should the path be a symlink: a rename would replace the link.
    'file=$(readlink -f "$1")',
    'now=$(sum "$file")',
    'if [ "$now" = "$3" ]; then cat >/dev/null; echo unchanged; exit 0; fi',
    'if [ "$now" != "$2" ]; then cat >/dev/null; echo "file is $now"; exit 66; fi',
    'mkdir -p "$(dirname "$4")"',
    // The first original wins: a later attempt must not overwrite it with an edited file.
    'if [ ! -e "$4" ]; then cp -p "$file" "$4.part"; mv -n "$4.part" "$4"; fi',
    // Under the lock, a new file left here is of an attempt that was cut off; it holds the token.
    'rm -f "$file".new-*',
    'new=$(mktemp "$file.new-XXXXXX")',
    'trap \'rm -f "$new"\' EXIT',
    'cat >"$new"',
    'if [ "$(sum "$new")" != "$3" ]; then echo "content was cut short"; exit 65; fi',
    'chown --reference="$file" "$new"; chmod --reference="$file" "$new"',
    'if command -v restorecon >/dev/null; then restorecon "$new" || true; fi',
    'sync',
    'mv -T "$new" "$file"',
    'if [ "$(sum "$file")" != "$3" ]; then echo "file reads back differently"; exit 67; fi',
    'echo changed',
  ].join('\n'),
  args: [path, expected, wanted, keepAs],
  stdin: content,
  timeoutSeconds: 60,
});

// Nomad.
/**
 * Moves /opt/nomad aside and deletes it there. Prints `removed` or `absent`; exits 70 for a
 * symlink, 71 for a mount point on or below it, 72 while the app's Nomad runs, or any container
 * that has mounted it.
 */
export const removeNomad: Command = {
  name: 'the removal of /opt/nomad',
  script: [
    'set -eu',
    'rm -rf --one-file-system /opt/.nomad-removed',
    'if [ -L /opt/nomad ]; then echo "/opt/nomad is a symlink"; exit 70; fi',
    'if [ ! -e /opt/nomad ]; then echo absent; exit 0; fi',
    // Assignments, so that a question that cannot be answered ends the script instead of passing.
    'mounts=$(findmnt -rn -o TARGET)',
    'if echo "$mounts" | grep -E "^/opt/nomad(/|$)"; then exit 71; fi',
    // By its label where containers have labels: another container may have its name.
    // Docker that does not run holds nothing, unless processes of its containers are left.
    'if ! timeout 25 docker ps -q >/dev/null 2>&1; then',
    ...idsByProcesses('/proc').map((line) => `  ${line}`),
    '  if [ -n "$ids" ]; then echo "docker does not answer, and containers run:" $ids; exit 72; fi',
    '  mv -T /opt/nomad /opt/.nomad-removed',
    '  rm -rf --one-file-system /opt/.nomad-removed',
    '  echo removed; exit 0',
    'fi',
    `rows=$(docker ps --format '{{.Label "com.replicated.app.id"}}|{{.Label "owner"}}|{{.Names}}')`,
    `label='[^|]*'`,
    `rows="$rows"$'\\n'"$(${lookForLabels})"`,
    'if echo "$rows" | grep -qE "^[^|]+([|]|$)|^[|]replicated[|]"; then label="[^|]+"; fi',
    'if echo "$rows" | grep -qE "^${label}[|][^|]*[|](.*,)?nomad(,|$)"; then ' +
      'echo "nomad runs"; exit 72; fi',
    'ids=$(docker ps -q)',
    'users=',
    // Whatever it is called: its folder must not be taken away under it.
    'if [ -n "$ids" ]; then users=$(docker inspect --format ' +
      `'{{.Name}}{{range .Mounts}} {{.Source}}{{end}}' $ids); fi`,
    'if echo "$users" | grep -E "^/?[^ ]+ (.* )?/opt/nomad(/| |$)"; then exit 72; fi',
    'mv -T /opt/nomad /opt/.nomad-removed',
    'rm -rf --one-file-system /opt/.nomad-removed',
    'echo removed',
  ].join('\n'),
  args: [],
  timeoutSeconds: 300,
};
/**
 * Remembers on the machine that this instance's /opt/nomad was removed: Nomad makes the folder
 * anew, so its absence cannot tell. By instance, because an image carries the files of another.
 */
export const markNomadRemoved = (instanceId: string): Command =>
  changes('mkdir -p "$1" && touch "$1/nomad-removed"', [stateFolder(instanceId)]);
export const readNomadMark = (instanceId: string): Command =>
  reads('if [ -e "$1/nomad-removed" ]; then echo removed; fi', [stateFolder(instanceId)]);
export const readNomadServers = reads('timeout 20 docker exec nomad nomad server-members');
export const readNomadClients = reads('timeout 20 docker exec nomad nomad node-status');

// Health, as the operations guide of CircleCI Server 2.x lists it.
/** Prints the HTTP status that a port of the machine answers with; 000 when nothing listens. */
export const probe = (url: string): Command =>
  reads('curl -s -k -o /dev/null -m 10 -w "%{http_code}\\n" "$1" || true', [url]);

/** The checks of a restored app: name and URL as seen from the machine itself. */
export const healthUrls: Readonly<Record<string, string>> = {
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
};

/** Feeds forms to the dev-console's REPL; it exits 0 whatever happens. */
export const devConsole = (forms: string): Command => ({
  script: '/usr/local/bin/replicated admin -i dev-console',
  args: [],
  stdin: forms,
  timeoutSeconds: 300,
});
