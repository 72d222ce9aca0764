/** The two dialects of `replicatedctl`: what changed with Replicated 2.26 is how status is asked. */
import { parseAppStatus } from '../app/app-status';
import { reads } from '../shell/command';
import * as commands from '../shell/commands';
import { parseSystemStatus, type ReplicatedStatus } from '../app/replicated';
import type { Dialect } from './dialect';

const replicatedctl = '/usr/local/bin/replicatedctl';

/** Replicated 2.26 and newer. */
export const status: Dialect = {
  name: 'status',
  title: '`replicatedctl app status`',
  readAppStatus: commands.readAppStatus,
  parseAppStatus,
  saysOf: (state) =>
    state === 'stopped'
      ? 'State and DesiredState are "stopped" and IsTransitioning is false'
      : 'State is "started", IsTransitioning is false and Error is empty',
  stopApp: commands.stopApp,
  forceStopApp: commands.forceStopApp,
  startApp: commands.startApp,
  startWords: () => [replicatedctl, 'app', 'start'],
  readItem: commands.readItem,
  setHostname: commands.setHostname,
  readSystemStatus: commands.readSystemStatus,
  parseSystemStatus,
  saysReady: 'every part is "ready"',
  readLocalAddress: commands.readLocalAddress,
  readVersion: commands.readReplicatedVersion,
};

/**
 * Before 2.26: `app status` is a group of commands and prints its help, `system` does not exist.
 * The vendor's installer takes a daemon for ready when it lists its tasks.
 */
export const inspect: Dialect = {
  ...status,
  name: 'inspect',
  title: '`replicatedctl app status inspect` (Replicated before 2.26)',
  readAppStatus: reads(`${replicatedctl} app status inspect --output json`),
  readSystemStatus: reads(`${replicatedctl} task ls >/dev/null && echo "tasks listed"`),
  parseSystemStatus: parseAnswering('tasks listed'),
  saysReady: 'it says "tasks listed"',
  // The container's own variable is what `params` shows, also where `params` lacks it.
  readLocalAddress: reads(
    `address=$(${replicatedctl} params export --template '{{.LocalAddress}}' 2>/dev/null); ` +
      'case "$address" in ""|"<no value>") docker exec replicated printenv LOCAL_ADDRESS;; ' +
      '*) echo "$address";; esac',
  ),
  readVersion: reads(
    `${replicatedctl} version --quiet 2>/dev/null || /usr/local/bin/replicated --version`,
  ),
};

/** Reads a status that is one line once the daemon answers, and nothing before. */
export function parseAnswering(line: string): (text: string) => ReplicatedStatus {
  return (text) => {
    const said = text.trim();
    return said.includes(line)
      ? { isReady: true, isReadable: true, description: 'Replicated answers' }
      : {
          isReady: false,
          isReadable: said === '',
          description: said === '' ? 'no answer' : `unreadable answer: ${said.slice(0, 200)}`,
        };
  };
}
