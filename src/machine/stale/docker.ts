/** The restart of Docker's daemon, which reads its configuration only when it starts. */
import { stateFolder, type Command } from '../shell/commands';

function command(name: string, script: string, instanceId: string): Command {
  return { name, script, args: [stateFolder(instanceId)], timeoutSeconds: 180 };
}

/** Remembers on the machine that Docker still runs with what stood in its files before. */
export const markDockerDue = (instanceId: string): Command =>
  command('the mark for Docker', 'mkdir -p "$1" && touch "$1/docker-restart-due"', instanceId);

/** Prints `due` while that is so. */
export const readDockerDue = (instanceId: string): Command => ({
  ...command(
    'the look at the mark',
    'if [ -e "$1/docker-restart-due" ]; then echo due; fi',
    instanceId,
  ),
  readsOnly: true,
});

// systemd starts nothing any more that has failed a few times within a minute, until it is told.
const forgetFailures =
  'systemctl reset-failed docker.service docker.socket >/dev/null 2>&1 || true; ';

/** Restarts Docker and with it every container. */
export const restartDocker: Command = {
  name: 'the restart of Docker',
  script:
    'set -e; if [ -d /run/systemd/system ]; then systemctl daemon-reload; ' +
    `${forgetFailures}systemctl restart docker; else service docker restart; fi`,
  args: [],
  timeoutSeconds: 180,
};

/** Takes the mark away, once Docker has answered after its restart. */
export const forgetDockerDue = (instanceId: string): Command =>
  command('the end of the mark for Docker', 'rm -f "$1/docker-restart-due"', instanceId);

/** Starts Docker where it does not run; one that runs is left alone. */
export const startDocker: Command = {
  name: 'the start of Docker',
  script:
    `if [ -d /run/systemd/system ]; then ${forgetFailures}systemctl start docker; ` +
    'else service docker start; fi',
  args: [],
  timeoutSeconds: 180,
};

/** Makes systemd read changed units; elsewhere each start of a job reads its file. */
export const reloadUnits: Command = {
  script: 'if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi',
  args: [],
  timeoutSeconds: 60,
};
