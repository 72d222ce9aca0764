/** Looks at the app of a machine. It is judged by its state, never by a command's exit code. */
import type { Machine } from '../contract/plan';
import { readContainers, type Command } from '../machine/commands';
import { describeApp, type AppStatus } from '../machine/app-status';
import { describeContainers, namesOf, parseContainers } from '../machine/containers';
import { redact } from '../machine/redact';
import type { Say } from './attempt';
import { bearWith, dialectOf } from './dialect';
import type { CommandResult } from '../world/ssh';
import type { Remote, ResultsOf } from './on-machine';

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
    commands: [readAppStatus, readContainers],
    read: ([said, listed]) => {
      const status = statusOf(remote, parseAppStatus(said.stdout), said);
      const appId = status.kind === 'app' ? status.id : undefined;
      const all = parseContainers(remote.outputOf(readContainers, listed), appId);
      return {
        status,
        containers: namesOf(all, 'app'),
        seen: `${redact(describeApp(status))}, ${describeContainers(all)}`,
      };
    },
  };
}

function statusOf(remote: Remote, status: AppStatus, said: CommandResult): AppStatus {
  if (status.kind === 'unreadable' && said.exitCode !== 0) {
    return { kind: 'silent', said: `${said.stderr} ${said.stdout}`.trim().slice(0, 200) };
  }
  bearWith(remote, status.kind !== 'unreadable', describeApp(status));
  return status;
}
