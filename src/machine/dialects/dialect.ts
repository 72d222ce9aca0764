/**
 * How one generation of Replicated's command line is spoken to: what is said, and how the answers
 * are read. Three are known; `choose.ts` finds out which one a machine understands.
 *
 * - `status`: `replicatedctl app status` and `system status`, from Replicated 2.26 on.
 * - `inspect`: `replicatedctl app status inspect`, before 2.26; the daemon is up when `task ls` answers.
 * - `old`: no usable `replicatedctl`; `replicated apps` and `replicated app ID …` instead.
 */
import type { AppStatus } from '../app/app-status';
import type { Command } from '../shell/commands';
import type { ReplicatedStatus } from '../app/replicated';

/** Every dialect by its name, the newest first. */
export const dialectNames = ['status', 'inspect', 'old'] as const;
export type DialectName = (typeof dialectNames)[number];

/** The commands of one dialect and the readers of their answers. */
export interface Dialect {
  readonly name: DialectName;
  /** As journals, plans and messages call it. */
  readonly title: string;
  readonly readAppStatus: Command;
  readonly parseAppStatus: (text: string) => AppStatus;
  /** What of that answer says that the app is settled in a state, for somebody who reads it. */
  readonly saysOf: (state: 'started' | 'stopped') => string;
  readonly stopApp: Command;
  readonly forceStopApp: Command;
  readonly startApp: Command;
  /** Prints the app's id, where the words below want one. */
  readonly readAppId?: Command;
  /** The command line that starts the app, for a timer of the machine's own. */
  readonly startWords: (appId: string) => readonly string[];
  /** Prints the value of one item of the app's configuration, and no other. */
  readonly readItem: (name: string) => Command;
  /** Absent: only a person can set it, in the Management Console. */
  readonly setHostname?: (hostname: string) => Command;
  readonly readSystemStatus: Command;
  readonly parseSystemStatus: (text: string) => ReplicatedStatus;
  /** What of that answer says that Replicated is ready. */
  readonly saysReady: string;
  /** Prints the private address that the running daemon believes in. */
  readonly readLocalAddress: Command;
  readonly readVersion: Command;
}
