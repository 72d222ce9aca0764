/** What a test or a rehearsal can make go wrong on one machine. */
import { z } from 'zod';

const names = z.union([z.string(), z.array(z.string())]);

/** The traps; one that is absent or false is not set. */
export const trapValues = z
  .strictObject({
    /** `app stop` never ends; `app stop --force` does. */
    stopHangs: z.boolean(),
    /** The app takes no change of its state from the start of the daemon on, until it is up. */
    busyFromBoot: z.boolean(),
    /** The next N changes of the app's state are refused as if it were starting. */
    refuseChanges: z.int().min(0),
    /** `app start` never ends. */
    startHangs: z.boolean(),
    /** Each start fails; a text is the app's error. */
    startFails: z.union([z.boolean(), z.string()]),
    /** The next start fails. */
    startFailsOnce: z.union([z.boolean(), z.string()]),
    /** Names of units that fail to start; true for all. */
    unitFails: z.union([z.boolean(), names]),
    /** Names of services whose health endpoint answers 500. */
    serviceUnhealthy: names,
    /** /opt/nomad (true) or a path below it is a mount point. */
    nomadIsMount: z.union([z.boolean(), z.string()]),
    /** Further mounts, as `findmnt -rn -o TARGET,SOURCE,FSTYPE` prints them. */
    mounts: z.array(z.string()),
    /** Ids of containers that a Docker that does not run has left behind (portable shell). */
    leftBehind: z.array(z.string()),
    /** Volumes show as NVMe devices, whatever the machine's type. */
    nvme: z.boolean(),
    /** Nothing can be written to the root volume (portable shell). */
    diskFull: z.boolean(),
    /** Deleting any build (true) or the build of this URL throws. */
    deleteBuildFails: z.union([z.boolean(), z.string()]),
    /** sshd does not answer. */
    sshDown: z.boolean(),
    /** The console shows no host keys. */
    noConsoleKeys: z.boolean(),
    /** `sudo -n` has no rights (portable shell). */
    sudoAsksPassword: z.boolean(),
    /** Each login gets this text instead of its command, and status 1. */
    loginSays: z.string(),
    /** `requiretty` without an exemption for root: the sudo inside of `replicatedctl` refuses. */
    rootNeedsTty: z.boolean(),
    /** Each sudo looks up a name for so long, in simulated seconds. */
    sudoSeconds: z.number().min(0),
    /** The older command line wants a login first. */
    consoleWantsLogin: z.boolean(),
    /** What `app status` prints instead of the truth. */
    appStatusOutput: z.string(),
    /** Commands that begin with these words exit 1 and change nothing. */
    commandFails: names,
    /** The next N exec replies are lost after the command has finished (portable shell). */
    loseReplies: z.int().min(0),
  })
  .partial();

/** Whether a trap of names is set for this name. */
export function includes(trap: boolean | string | string[] | undefined, name: string): boolean {
  if (typeof trap === 'boolean' || trap === undefined) {
    return trap === true;
  }
  return typeof trap === 'string' ? trap === name : trap.includes(name);
}
