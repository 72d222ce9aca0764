/**
 * The net under an app that a backup stops for its image: the machine starts it by itself, whatever
 * becomes of the run, the worker and Temporal. A timer does so at once when the time has come
 * (`armStartTimer`); this, by cron, tries every minute until the app is up, survives a reboot, and
 * leaves word of it for the next run. What was armed is told by a file of ours: a unit of systemd 219
 * stays `active (elapsed)` after it fired.
 */
import { stateFolder, type Command } from '../shell/commands';

const cronFile = '/etc/cron.d/circleci-server-runbook';

/** A machine that may be left with a stopped app. */
export interface Netted {
  readonly instanceId: string;
  readonly privateAddress: string;
}

/** How the app is asked about and started there. */
export interface NetWords {
  /** Prints the app's status as JSON. */
  readonly status: string;
  readonly start: readonly string[];
}

function folderOf(instanceId: string): string {
  return `${stateFolder(instanceId)}/start-app`;
}

/**
 * What cron runs. An image carries it along: it acts on no machine but its own, by the id that
 * cloud-init knows and by the address. It counts minutes, because a clock may be wrong.
 */
function netScript({ instanceId, privateAddress }: Netted, { status, start }: NetWords): string {
  return [
    '#!/bin/bash',
    '# Written by circleci-server-runbook: starts an app that a backup has stopped for its image,',
    '# should the backup itself not do it. Removes itself when the app is up.',
    // cron knows /usr/bin and /bin alone.
    'PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    `folder=${folderOf(instanceId)}`,
    `end() { rm -f "$folder/armed" "$folder/left" "$folder/tries" ${cronFile}; }`,
    `status() (\n${status}\n)`,
    'if [ ! -e "$folder/armed" ]; then end; exit 0; fi',
    'exec 9>>"$folder/lock"; flock -n 9 || exit 0',
    'known=/var/lib/cloud/data/instance-id',
    `if [ -e "$known" ] && [ "$(cat "$known")" != ${instanceId} ]; then end; exit 0; fi`,
    `case " $(hostname -I) " in *" ${privateAddress} "*) ;; *) exit 0;; esac`,
    'left=$(cat "$folder/left" 2>/dev/null)',
    'left=$((left - 1))',
    'echo "$left" >"$folder/left"',
    'if [ "$left" -gt 0 ]; then exit 0; fi',
    'said=$(status)',
    `if echo "$said" | grep -qiE '"(IsTransitioning|IsStartInProgress)": *true'; then exit 0; fi`,
    `if echo "$said" | grep -qiE '"(State|RunStatus)": *"started"'; then`,
    '  tries=0',
    '  if [ -e "$folder/tries" ]; then tries=$(cat "$folder/tries" | wc -l); fi',
    '  now=$(date -u +%Y-%m-%dT%H:%M:%SZ)',
    '  echo "$now $((tries)) $(cat "$folder/armed")" >"$folder/fired"',
    '  end',
    '  exit 0',
    'fi',
    'echo try >>"$folder/tries"',
    `${start.join(' ')} >/dev/null 2>&1`,
    'exit 0',
    '',
  ].join('\n');
}

/**
 * Arms the net, anew if it was armed before. `by` is the run that stops the app. Prints
 * `not across a reboot` on a machine without a folder for cron.
 */
export function armStartNet(
  machine: Netted,
  {
    seconds,
    by,
    words,
  }: { readonly seconds: number; readonly by: string; readonly words: NetWords },
): Command {
  // A minute more than the timer, which is to be first.
  const minutes = Math.ceil(seconds / 60) + 1;
  const folder = folderOf(machine.instanceId);
  return {
    name: 'the arming of the net under the stopped app',
    script: [
      'set -eu',
      'umask 077',
      'mkdir -p "$1"',
      'printf "%s" "$4" >"$1/run.new"',
      'mv -f "$1/run.new" "$1/run"',
      'rm -f "$1/tries" "$1/fired"',
      'echo "$2" >"$1/left"',
      'echo "$3" >"$1/armed"',
      'if [ ! -d /etc/cron.d ]; then echo "not across a reboot"; exit 0; fi',
      // A name with a dot is not obeyed: half of the file neither.
      `echo "* * * * * root /bin/bash $1/run >/dev/null 2>&1" >${cronFile}.new`,
      `chmod 644 ${cronFile}.new`,
      `mv -f ${cronFile}.new ${cronFile}`,
      `if command -v restorecon >/dev/null; then restorecon ${cronFile} || true; fi`,
    ].join('\n'),
    args: [folder, String(minutes), oneWord(by), netScript(machine, words)],
    timeoutSeconds: 30,
  };
}

/** Takes the net away, with what it has left. */
export function disarmStartNet(instanceId: string): Command {
  return {
    name: 'the disarming of the net under the stopped app',
    script: `rm -f ${cronFile} "$1/armed" "$1/left" "$1/tries" "$1/fired"`,
    args: [folderOf(instanceId)],
    timeoutSeconds: 30,
  };
}

/** Prints `armed BY` while it is armed, and `fired WHEN TRIES BY` when it has ended by itself. */
export function readStartNet(instanceId: string): Command {
  return {
    readsOnly: true,
    script:
      'for one in armed fired; do if [ -e "$1/$one" ]; then echo "$one $(cat "$1/$one")"; fi; done',
    args: [folderOf(instanceId)],
    timeoutSeconds: 30,
  };
}

/** What the net says of itself. */
export interface NetSeen {
  /** The run that has armed it, while it is. */
  readonly armedBy?: string;
  /** It ended by itself, with the app up: a sentence for the journal. */
  readonly fired?: string;
}

/** Reads the answer of `readStartNet`. */
export function parseStartNet(output: string): NetSeen {
  const armed = /^armed (\S+)/m.exec(output)?.[1];
  const [, when = '', tries = '', by = ''] = /^fired (\S+) +(\d+) (\S+)/m.exec(output) ?? [];
  const how =
    tries === '0'
      ? 'its timer or a person had started it'
      : `the machine started it by itself, try ${tries}`;
  return {
    ...(armed === undefined ? {} : { armedBy: armed }),
    ...(when === ''
      ? {}
      : { fired: `${by} had left the app stopped; up again at ${when}: ${how}` }),
  };
}

/** It travels into a file that is read by words. */
function oneWord(text: string): string {
  return text.replace(/[^\w@%+=:,./-]+/g, '_').slice(0, 255) || 'unknown';
}
