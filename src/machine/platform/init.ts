/** Which init system starts Replicated's units, and how it is told to. */
import {
  restartReplicatedBySystemd,
  restartReplicatedByUpstart,
  type Command,
} from '../shell/commands';

/**
 * `upstart` also on CentOS 6 and Amazon Linux 1, where `service` knows nothing of its jobs; `sysv`
 * where the installer laid scripts into /etc/init.d, because it found neither of the others.
 */
export const inits = ['systemd', 'upstart', 'sysv'] as const;
export type Init = (typeof inits)[number];

/** Reads what `readInit` printed; undefined for anything else. */
export function parseInit(text: string): Init | undefined {
  return inits.find((init) => init === text.trim());
}

/** Stops and starts Replicated's three units, so that they read their address files anew. */
export const restartReplicatedBy: Readonly<Record<Init, Command>> = {
  systemd: restartReplicatedBySystemd,
  upstart: restartReplicatedByUpstart,
  // The same words: it uses scripts where there is no job.
  sysv: restartReplicatedByUpstart,
};
