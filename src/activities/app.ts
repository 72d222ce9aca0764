/** Looks at the app of a machine. It is judged by its state, never by a command's exit code. */
import type { Machine } from '../contract/plan';
import { readAppStatus, readContainers } from '../machine/commands';
import { describeApp, parseAppStatus, type AppStatus } from '../machine/app-status';
import { describeContainers, namesOf, parseContainers } from '../machine/containers';
import { redact } from '../machine/redact';
import type { Say } from './attempt';
import type { Remote } from './on-machine';

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
  /** Of those that are neither the app's nor Replicated's: they are told, and block nothing. */
  readonly foreign: readonly string[];
  /** One line for people. */
  readonly seen: string;
}

/** Reads the app's status and containers; what cannot be read counts as neither up nor stopped. */
export async function lookAtApp(remote: Remote): Promise<App> {
  const { stdout, stderr } = await remote.run(readAppStatus);
  const status = parseAppStatus(stdout === '' ? stderr : stdout);
  const appId = status.kind === 'app' ? status.id : undefined;
  const all = parseContainers(await remote.read(readContainers), appId);
  return {
    status,
    containers: namesOf(all, 'app'),
    foreign: namesOf(all, 'foreign'),
    seen: `${redact(describeApp(status))}, ${describeContainers(all)}`,
  };
}
