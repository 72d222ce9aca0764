/** Looks at the app of a machine. It is judged by its state, never by a command's exit code. */
import type { Machine } from '../contract/plan';
import { readContainers } from '../machine/commands';
import { describeApp, type AppStatus } from '../machine/app-status';
import { describeContainers, namesOf, parseContainers } from '../machine/containers';
import { redact } from '../machine/redact';
import type { Say } from './attempt';
import { bearWith, dialectOf } from './dialect';
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

/**
 * Reads the app's status and containers. No answer counts as neither up nor stopped; answers that
 * cannot be read are borne with for a while.
 */
export async function lookAtApp(remote: Remote): Promise<App> {
  const status = await readStatus(remote);
  const appId = status.kind === 'app' ? status.id : undefined;
  const all = parseContainers(await remote.read(readContainers), appId);
  return {
    status,
    containers: namesOf(all, 'app'),
    seen: `${redact(describeApp(status))}, ${describeContainers(all)}`,
  };
}

async function readStatus(remote: Remote): Promise<AppStatus> {
  const { readAppStatus, parseAppStatus } = await dialectOf(remote);
  const { stdout, stderr, exitCode } = await remote.run(readAppStatus);
  const status = parseAppStatus(stdout);
  if (status.kind === 'unreadable' && exitCode !== 0) {
    return { kind: 'silent', said: `${stderr} ${stdout}`.trim().slice(0, 200) };
  }
  bearWith(remote, status.kind !== 'unreadable', describeApp(status));
  return status;
}
