/**
 * The mark on a machine that its app must be stopped and started anew: a hostname was set, which
 * an app takes only when it starts. Kept there, because the run that set it may not be the one
 * that starts the app; by instance, because an image carries the files of another.
 */
import { stateFolder, type Command } from '../shell/commands';

const mark = 'restart-due';

/** Makes the mark; before the change that it is about. */
export const markRestartDue = (instanceId: string): Command => ({
  script: `mkdir -p "$1" && touch "$1/${mark}"`,
  args: [stateFolder(instanceId)],
  timeoutSeconds: 30,
});

/** Prints `due` while the app has not been stopped since. */
export const readRestartDue = (instanceId: string): Command => ({
  readsOnly: true,
  script: `if [ -e "$1/${mark}" ]; then echo due; fi`,
  args: [stateFolder(instanceId)],
  timeoutSeconds: 30,
});

/** Takes the mark away; only while the app is stopped. */
export const clearRestartDue = (instanceId: string): Command => ({
  script: `rm -f "$1/${mark}"`,
  args: [stateFolder(instanceId)],
  timeoutSeconds: 30,
});
