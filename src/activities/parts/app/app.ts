/** Looks at the app of a machine. It is judged by its state, never by a command's exit code. */
import { tryAgain } from '../../../contract/failures';
import type { Machine } from '../../../contract/plan';
import type { Command } from '../../../machine/shell/commands';
import { describeApp, isStopped, type AppStatus } from '../../../machine/app/app-status';
import {
  describeContainers,
  listNames,
  namesOf,
  type Container,
} from '../../../machine/docker/containers';
import { lookAtContainers, parseLook } from '../../../machine/docker/docker-look';
import { saidShortly } from '../../../machine/text/said';
import type { Say } from '../../frame/attempt';
import { bearWith, dialectOf } from '../machine/dialect';
import type { CommandResult } from '../../../world/ssh';
import type { Remote, ResultsOf } from '../../frame/on-machine';
import { unreadable } from '../../frame/unreadable';

/** The machine whose app is stopped or started, over an open connection. */
export interface AppPlace {
  readonly machine: Machine;
  readonly remote: Remote;
  readonly say: Say;
}

/** The app as seen now. */
export interface App {
  readonly status: AppStatus;
  /** Names of the app's own containers that run. */
  readonly containers: readonly string[];
  /** One line for people. */
  readonly seen: string;
}

/**
 * Reads the app's status and containers. No answer counts as neither up nor stopped; answers that
 * cannot be read are borne with for a while.
 */
export async function lookAtApp(remote: Remote): Promise<App> {
  const look = await lookingAtApp(remote);
  return look.read(await remote.runAll(look.commands));
}

/** A look at the app, to be sent together with others. */
export interface AppLook {
  readonly commands: readonly [status: Command, containers: Command];
  /** Reads both answers; fails as a look does. */
  read(results: ResultsOf<AppLook['commands']>): App;
}

/** What a look at the app sends, and how its answers are read. */
export async function lookingAtApp(remote: Remote): Promise<AppLook> {
  const { readAppStatus, parseAppStatus } = await dialectOf(remote);
  return {
    commands: [readAppStatus, lookAtContainers],
    read: ([said, listed]) => {
      const status = statusOf(remote, parseAppStatus(said.stdout), said);
      const appId = status.kind === 'app' ? status.id : undefined;
      const all = runningIn(remote.outputOf(lookAtContainers, listed), appId);
      return {
        status,
        containers: namesOf(all, 'app'),
        seen: `${saidShortly(describeApp(status), 300)}, ${describeContainers(all)}`,
      };
    },
  };
}

/**
 * The containers that run. Docker that does not answer is no empty list: nobody can say then
 * whether the app runs.
 */
function runningIn(printed: string, appId: string | undefined): readonly Container[] {
  const { containers, silence, leftBehind, unread } = parseLook(printed, appId);
  if (unread.length > 0) throw strangeContainers(unread);
  if (silence !== undefined) throw dockerSilent(silence, leftBehind);
  return containers;
}

/** A line that is no container may be one all the same. */
export function strangeContainers(lines: readonly string[]): ReturnType<typeof unreadable> {
  return unreadable('`docker ps`', { exitCode: 0, stdout: lines.join('; '), stderr: '' });
}

/** The failure for Docker that does not answer where its answer is needed. */
function dockerSilent(
  said: string,
  leftBehind: readonly string[] = [],
): ReturnType<typeof tryAgain> {
  const left =
    leftBehind.length === 0
      ? ''
      : ` Containers run all the same, left behind by it: ${listNames(leftBehind)}.`;
  return tryAgain(
    'DockerNotReady',
    'Docker does not answer on the machine, so nobody can say what runs there, and nothing is done ' +
      `on a guess.${left} Look at \`journalctl -u docker\`: an address of another machine in ` +
      '/etc/docker/daemon.json, /etc/default/docker or /etc/sysconfig/docker may keep it from starting. ' +
      `Mend that, \`sudo systemctl reset-failed docker; sudo systemctl start docker\`, then retry. ` +
      `It said: ${said}`,
  );
}

function statusOf(remote: Remote, status: AppStatus, said: CommandResult): AppStatus {
  if (status.kind === 'unreadable' && said.exitCode !== 0) {
    return { kind: 'silent', said: `${said.stderr} ${said.stdout}`.trim().slice(0, 200) };
  }
  bearWith(remote, status.kind !== 'unreadable', describeApp(status));
  return status;
}

/** Stopped for good, and none of its containers runs. */
export function isDown(app: App): boolean {
  return isStopped(app.status) && app.containers.length === 0;
}
