/**
 * Which containers run, also where Docker does not answer: a stale address in its configuration
 * keeps the daemon from starting, and then nothing lists containers. What runs all the same (a
 * daemon that died leaves them behind where it was told to) shows by the control groups of its
 * processes, which bear a container's id whoever made them.
 */
import type { Command } from '../shell/commands';
import { idsByProcesses } from './container-processes';
import {
  containerFormat,
  labelled,
  lookForLabels,
  parseContainers,
  type Container,
} from './containers';
import { saidShortly } from '../text/said';

/** The lines of the look; `$1` is where the kernel shows its processes. */
export const containerLines = [
  `if rows=$(timeout 25 docker ps --format '${containerFormat}' 2>/dev/null); then`,
  `  if [ -n "$rows" ]; then echo "$rows" | sed 's/^/container /'; fi`,
  `  ${lookForLabels}`,
  'else',
  '  said=$(timeout 5 docker ps 2>&1 >/dev/null | tr "\\n" " " | head -c 300)',
  '  echo "docker silent $said"',
  '  if { systemctl is-active docker || initctl status docker; } 2>/dev/null |',
  '    grep -qE "activating|start/(starting|pre-start|spawned|post-start)"; then',
  '    echo "docker starting"',
  '  fi',
  ...idsByProcesses('"$1"').map((line) => `  ${line}`),
  '  for id in $ids; do echo "processes $id"; done',
  'fi',
] as const;

/** Prints what `parseLook` reads. */
export const lookAtContainers: Command = {
  readsOnly: true,
  name: 'the look at containers',
  script: containerLines.join('\n'),
  args: ['/proc'],
  timeoutSeconds: 60,
};

/** What was seen of Docker and of containers. */
export interface ContainersSeen {
  /** As Docker lists them; empty where it does not answer. */
  readonly containers: readonly Container[];
  /** Lines of Docker's that are no containers; bounded. */
  readonly unread: readonly string[];
  /** Ids of containers that have processes although Docker does not answer. */
  readonly leftBehind: readonly string[];
  /** What was said instead of an answer; undefined: Docker answers. */
  readonly silence: string | undefined;
  /** It does not answer because it is on its way up. */
  readonly isStarting: boolean;
}

/** Reads the lines of the look; other lines may stand between them. */
export function parseLook(text: string, appId?: string): ContainersSeen {
  const lines = text.split('\n');
  const after = (word: string): string[] =>
    lines.filter((line) => line.startsWith(word)).map((line) => line.slice(word.length));
  const [said] = after('docker silent');
  return {
    containers: parseContainers(
      [...after('container '), ...lines.filter((line) => line === labelled)].join('\n'),
      appId,
    ),
    unread: after('container ')
      .filter((row) => row.split('|').length < 4)
      .map((row) => saidShortly(row)),
    leftBehind: after('processes ').map((id) => id.slice(0, 12)),
    silence: said === undefined ? undefined : saidOf(said),
    isStarting: lines.includes('docker starting'),
  };
}

function saidOf(text: string): string {
  return text.trim() === '' ? 'it did not answer within 25 s' : saidShortly(text);
}
