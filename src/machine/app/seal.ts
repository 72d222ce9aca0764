/**
 * The seal: what a copy of a live machine is told at its launch, so that it stays silent until its
 * addresses are right. A copy in quarantine is behind security groups besides, which keep it from
 * reaching anything; the seal keeps it from trying.
 *
 * The units start with Docker at boot, with the addresses of the machine that the image was made
 * of. cloud-init obeys a boothook at every boot, before Docker starts. `systemctl mask` would not
 * do: the installer writes the units into /etc/systemd/system, where mask refuses to replace them.
 * A condition in a drop-in holds wherever the unit lies, and /run forgets it with the boot.
 */
import { stateFolder, type Command } from '../shell/commands';
import { containerLines } from '../docker/docker-look';

/** Replicated's units, by the same names on systemd and Upstart. */
const replicatedUnits = ['replicated', 'replicated-ui', 'replicated-operator'] as const;

/** What the user data of a copy depends on. */
export interface SealOrder {
  /** Seconds since 1970 at which the machine switches itself off for good; absent: never. */
  readonly expires?: number;
  /** The longest that it may live from a boot on, should its clock be wrong. */
  readonly ttlSeconds?: number;
}

// The names are those that spares of an earlier version have in their user data.
const sealFile = '/run/circleci-server-runbook/quarantine';
const dropIn = 'circleci-server-runbook.conf';
const manualLine = 'manual # circleci-server-runbook: quarantine';
const units = replicatedUnits.join(' ');

/** Takes the lines away that keep the units from starting; elsewhere there are none. */
const unlockOnUpstart = [
  `for unit in ${units}; do`,
  '  if [ -e "/etc/init/$unit.override" ]; then',
  `    sed -i '/^${manualLine}$/d' "/etc/init/$unit.override"`,
  '  fi',
  'done',
] as const;

/** The mark of the instance that a restore has put into service: its boots are not sealed. */
function inServiceFile(instanceId: string): string {
  return `${stateFolder(instanceId)}/in-service`;
}

/** The user data: a boothook for bash. The same order gives the same bytes. */
export function sealUserData(order: SealOrder = {}): string {
  return [
    '#cloud-boothook',
    '#!/bin/bash',
    '# Written by circleci-server-runbook: a copy of a live machine stays silent until it is',
    '# put into service. Obeyed at every boot.',
    // By instance: an image carries the marks of the machine that it was made of.
    'id=$(cat /var/lib/cloud/data/instance-id)',
    `if [ -n "$id" ] && [ -e "${inServiceFile('$id')}" ]; then`,
    // On Upstart the restore may have come while the hook of that boot was still at it.
    ...unlockOnUpstart.map((line) => `  ${line}`),
    '  exit 0',
    'fi',
    `mkdir -p "$(dirname ${sealFile})"`,
    `touch ${sealFile}`,
    'if [ -d /run/systemd/system ]; then',
    `  for unit in ${units}; do`,
    '    mkdir -p "/run/systemd/system/$unit.service.d"',
    `    printf '[Unit]\\nConditionPathExists=!${sealFile}\\n' \\`,
    `      >"/run/systemd/system/$unit.service.d/${dropIn}"`,
    '  done',
    '  systemctl daemon-reload',
    // Should they have been quicker; without a wait, because at boot one could last for ever.
    `  systemctl stop --no-block ${units}`,
    'else',
    '  mkdir -p /etc/init',
    `  for unit in ${units}; do`,
    '    file=/etc/init/$unit.override',
    `    grep -qsxF '${manualLine}' "$file" || echo '${manualLine}' >>"$file"`,
    // `service` of CentOS 6 and Amazon Linux 1 knows no job of Upstart; SysV has no initctl.
    '    { initctl stop "$unit" || service "$unit" stop || true; } >/dev/null 2>&1',
    '  done',
    'fi',
    ...(order.expires === undefined ? [] : selfDestruct(order.expires, order.ttlSeconds)),
    'exit 0',
    '',
  ].join('\n');
}

/**
 * The machine's own timer: it needs neither Temporal nor a worker nor AWS. A sleeper, because
 * `shutdown +N` may switch off at once while logind is not up, and a timer unit may wait for a
 * boot that waits for cloud-init.
 */
function selfDestruct(expires: number, ttlSeconds = 86_400): string[] {
  return [
    `left=$((${String(expires)} - $(date +%s)))`,
    `if [ "$left" -gt ${String(ttlSeconds)} ]; then left=${String(ttlSeconds)}; fi`,
    'if [ "$left" -lt 1 ]; then left=1; fi',
    // In short pieces: shells differ in how long one sleep may last.
    "setsid bash -c '",
    '  left=$1',
    '  while [ "$left" -gt 0 ]; do',
    '    nap=$left',
    '    if [ "$nap" -gt 600 ]; then nap=600; fi',
    '    sleep "$nap"',
    '    left=$((left - nap))',
    '  done',
    '  shutdown -h now',
    '  sleep 300',
    '  poweroff -f',
    `' runbook-end "$left" </dev/null >/dev/null 2>&1 &`,
  ];
}

/**
 * Prints each unit of Replicated that runs or is on its way, and what the look at containers
 * prints: also where Docker does not answer.
 */
export const lookForSounds: Command = {
  readsOnly: true,
  name: 'the look at units and containers',
  script: [
    `for unit in ${units}; do`,
    '  if [ -d /run/systemd/system ]; then',
    '    said=$(systemctl is-active "$unit" 2>&1)',
    '    case "$said" in',
    '      inactive | failed | unknown) ;;',
    '      active | activating | reloading | deactivating) echo "unit $unit" ;;',
    '      *) echo "unreadable $unit: $(echo "$said" | tr "\\n" " " | head -c 200)" ;;',
    '    esac',
    '  else',
    '    said=$({ initctl status "$unit" || service "$unit" status; } 2>&1)',
    '    case "$said" in',
    '      *start/* | *"is running"* | *"(pid "*) echo "unit $unit" ;;',
    '      *stop/* | *"not running"* | *stopped* | *dead* | *unrecognized* | *"nknown job"*) ;;',
    '      *"nknown instance"* | *"not found"* | *"not be found"* | *"o such file"*) ;;',
    '      *) echo "unreadable $unit: $(echo "$said" | tr "\\n" " " | head -c 200)" ;;',
    '    esac',
    '  fi',
    'done',
    ...containerLines,
  ].join('\n'),
  args: ['/proc'],
  timeoutSeconds: 90,
};

/**
 * Prints `sealed` while the units are kept from starting on this boot, `in service` once a restore
 * has let this very instance start them for good, else `open`.
 */
export const readSeal = (instanceId: string): Command => ({
  readsOnly: true,
  script:
    `if [ -e ${sealFile} ]; then echo sealed; elif [ -e "$1/in-service" ]; then ` +
    'echo in service; else echo open; fi',
  args: [stateFolder(instanceId)],
  timeoutSeconds: 30,
});

/** Prints the seal, as `readSeal` does, and then what the look at containers prints. */
export const readSealAndContainers = (instanceId: string): Command => ({
  name: 'the look at the seal and at Docker',
  readsOnly: true,
  script: [readSeal(instanceId).script, 'shift', ...containerLines].join('\n'),
  args: [stateFolder(instanceId), '/proc'],
  timeoutSeconds: 90,
});

/** Stops the units that run although they are sealed: what the seal itself does when it comes late. */
export const stopUnits: Command = {
  name: 'the stop of units that are sealed',
  script: [
    'if [ -d /run/systemd/system ]; then',
    `  systemctl stop ${units}`,
    'else',
    `  for unit in ${units}; do`,
    '    initctl stop "$unit" >/dev/null 2>&1 || service "$unit" stop >/dev/null 2>&1 || true',
    '  done',
    'fi',
  ].join('\n'),
  args: [],
  timeoutSeconds: 120,
};

/**
 * Lets the units start on this boot; the next one seals them again. For a copy that is tried
 * behind its security groups.
 */
export const openSeal: Command = {
  name: 'the opening of the seal',
  script: [
    'set -e',
    `rm -f ${sealFile}`,
    'if [ -d /run/systemd/system ]; then',
    `  for unit in ${units}; do rm -f "/run/systemd/system/$unit.service.d/${dropIn}"; done`,
    '  systemctl daemon-reload',
    'else',
    ...unlockOnUpstart.map((line) => `  ${line}`),
    'fi',
    'echo open',
  ].join('\n'),
  args: [],
  timeoutSeconds: 60,
};

/** Opens the seal for good: the machine's next boots start the units, too. */
export function putIntoService(instanceId: string): Command {
  return {
    ...openSeal,
    name: 'the opening of the seal for good',
    script: `mkdir -p "$1"\ntouch "$1/in-service"\n${openSeal.script}`,
    args: [stateFolder(instanceId)],
  };
}
