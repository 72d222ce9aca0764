/** Looks at the app of a machine. It is judged by its state, never by a command's exit code. */
import type { Machine } from '../contract/plan';
import { readAppStatus, readContainers } from '../machine/commands';
import { describeApp, parseAppStatus, type AppStatus } from '../machine/app-status';
import { appContainers, parseContainers } from '../machine/containers';
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
  /** One line for people. */
  readonly seen: string;
}

/** Reads the app's status and containers; what cannot be read counts as neither up nor stopped. */
export async function lookAtApp(remote: Remote): Promise<App> {
  const { stdout, stderr } = await remote.run(readAppStatus);
  const status = parseAppStatus(stdout === '' ? stderr : stdout);
  const containers = appContainers(parseContainers(await remote.read(readContainers)));
  return {
    status,
    containers,
    seen: `${redact(describeApp(status))}, ${String(containers.length)} app containers run`,
  };
}
