/**
 * SSH to a Services machine, through its bastion where there is one. This file and `ssh-dial.ts`
 * are the only importers of ssh2.
 *
 * One connection for each attempt of an activity, never shared: workers restart and addresses move.
 * A host whose key nobody confirmed is never logged in to, on either hop.
 */
import type { Duplex } from 'node:stream';
import type { Command } from '../../machine/shell/commands';
import { leave, type Fence, type Manner } from '../../machine/shell/fence';
import { handshake, isProvenBySha1, readLogin } from './dial';
import type { Link, SshTiming } from './dial';
import {
  forwardsNothing,
  handshakeFailure,
  lacksPinnedType,
  nothingPinned,
  unreachable,
} from './failures';
import type { Credentials, Hop } from './failures';
import { overhear, runCommand } from './run';
import type { CommandResult } from './run';

export type { CommandResult } from './run';

/** A machine to dial. Pins are texts like `ssh-ed25519 SHA256:…`. */
export interface SshTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly pins: readonly string[];
  /** Pins that may be proven by SHA-1, because a person has said so. */
  readonly sha1Pins?: readonly string[];
  readonly credentials: Credentials;
  readonly bastion?: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly pins: readonly string[];
    readonly sha1Pins?: readonly string[];
    readonly keyFile?: string;
    readonly agent?: boolean;
  };
  /** For the first minutes of a new machine a refused login is a reason to wait. */
  readonly freshlyBooted?: boolean;
  /** Whose commands these are; absent: looks from outside of a run. */
  readonly fence?: Fence;
}

/** A connection to a machine. */
export interface Connection {
  /**
   * Runs a command to its end and hands back what it printed; a non-zero exit is a result. Fails
   * with ConnectionLost when nobody knows whether the command ran to its end.
   */
  run(command: Command): Promise<CommandResult>;
  /** Tells the machine that the run has ended: nothing of it is let in any more. */
  endRun(): Promise<void>;
  close(): void;
}

/** The way to machines. */
export interface Ssh {
  /** Connects and logs in. The signal ends the connection too, with all that runs on it. */
  connect(target: SshTarget, signal?: AbortSignal): Promise<Connection>;
  /** Reads which host key the machine shows, and hangs up: nothing is sent to it. */
  offeredHostKey(target: SshTarget, signal?: AbortSignal): Promise<OfferedKey>;
}

/** The host key that a machine shows. */
export interface OfferedKey {
  readonly pin: string;
  /** Whether the machine can prove it by SHA-1 only, and nobody has allowed that for this key. */
  readonly isWeak: boolean;
}

// A login may wait for the host's look-up of our name, and so may a sudo, for its own.
const usualTiming: SshTiming = { readySeconds: 45, keepaliveSeconds: 10, beginSeconds: 120 };

/** Opens the way to machines; tests shorten the times. */
export function openSsh(timing: SshTiming = usualTiming): Ssh {
  return {
    async connect(target, signal) {
      const machine = machineHop(target);
      if (machine.pins.length === 0) throw nothingPinned(machine);
      const login = await readLogin(machine);
      const way = await reach(target, timing, signal);
      const outcome = await handshake(machine, login, { timing, ...way, signal });
      if ('failed' in outcome) {
        way.bastion?.close();
        signal?.throwIfAborted();
        if (!lacksPinnedType(outcome)) throw handshakeFailure(machine, outcome);
        const { pin: shown } = await offeredHostKey(target, timing, signal);
        throw handshakeFailure(machine, { ...outcome, shown, denied: true });
      }
      const run = runAtFence(outcome, timing, target.fence);
      return openConnection(outcome, { run, bastion: way.bastion, signal });
    },

    offeredHostKey: (target, signal) => offeredHostKey(target, timing, signal),
  };
}

async function offeredHostKey(
  target: SshTarget,
  timing: SshTiming,
  signal?: AbortSignal,
): Promise<OfferedKey> {
  // Without pins the verifier denies every key, so the handshake ends before the login.
  const machine = { ...machineHop(target), pins: [] };
  const way = await reach(target, timing, signal);
  const outcome = await handshake(machine, {}, { timing, ...way, signal });
  way.bastion?.close();
  signal?.throwIfAborted();
  if ('failed' in outcome && outcome.shown !== undefined) {
    const pin = outcome.shown;
    const isAllowed = target.sha1Pins?.includes(pin) === true;
    return { pin, isWeak: isProvenBySha1(outcome) && !isAllowed };
  }
  throw unreachable(machine, 'failed' in outcome ? outcome.failed.message : 'no key shown');
}

interface Way {
  readonly bastion?: Link;
  readonly through?: Duplex;
}

async function reach(target: SshTarget, timing: SshTiming, signal?: AbortSignal): Promise<Way> {
  signal?.throwIfAborted();
  if (target.bastion === undefined) return {};
  const hop = bastionHop(target.bastion);
  if (hop.pins.length === 0) throw nothingPinned(hop);
  const bastion = await handshake(hop, await readLogin(hop), { timing, signal });
  signal?.throwIfAborted();
  if ('failed' in bastion) throw handshakeFailure(hop, bastion);
  const ends = [bastion.down, AbortSignal.timeout(timing.readySeconds * 1000)];
  const end = AbortSignal.any(signal ? [...ends, signal] : ends);
  try {
    return { bastion, through: await forward(bastion, target, end) };
  } catch (error) {
    signal?.throwIfAborted();
    const heard = isProhibited(error) ? await overhear(bastion) : undefined;
    bastion.close();
    signal?.throwIfAborted();
    if (heard !== undefined) throw forwardsNothing(hop, `${target.host}:${target.port}`, heard);
    throw unreachable(machineHop(target), error instanceof Error ? error.message : String(error));
  }
}

/** The bastion may not open the way: it did not even try. RFC 4254, 5.1: reason 1. */
function isProhibited(error: unknown): boolean {
  return error instanceof Error && error.cause === 1;
}

// The bastion itself may wait minutes for a machine that is silent, so this wait has its own end.
function forward(bastion: Link, to: SshTarget, end: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const onEnd = (): void => {
      reject(new Error(`the bastion opened no way to it (${String(end.reason)})`));
    };
    end.addEventListener('abort', onEnd);
    bastion.client.forwardOut('127.0.0.1', 0, to.host, to.port, (error, channel) => {
      end.removeEventListener('abort', onEnd);
      if (!error) resolve(channel);
      else {
        const why = `the bastion opened no way to it (${error.message})`;
        reject(new Error(why, { cause: 'reason' in error ? error.reason : undefined }));
      }
    });
  });
}

type Run = (command: Command, manner?: Manner) => Promise<CommandResult>;

/**
 * Each command of a run passes the machine's fence. Of those that only look the first one presents
 * the token: from then on the machine refuses what is older.
 */
function runAtFence(link: Link, { beginSeconds }: SshTiming, fence: Fence | undefined): Run {
  let isPresented = false;
  return async (command, wanted) => {
    const manner = wanted ?? (command.readsOnly === true ? 'look' : 'change');
    const at = fence && !(manner === 'look' && isPresented) ? { fence, manner } : undefined;
    const result = await runCommand(link, command, { beginSeconds, at });
    isPresented = true;
    return result;
  };
}

interface Opened {
  readonly run: Run;
  readonly bastion: Link | undefined;
  readonly signal: AbortSignal | undefined;
}

function openConnection(machine: Link, { run, bastion, signal }: Opened): Connection {
  const close = (reason?: unknown): void => {
    machine.close(reason);
    bastion?.close(reason);
    signal?.removeEventListener('abort', onAbort);
  };
  const onAbort = (): void => {
    close(signal?.reason);
  };
  signal?.addEventListener('abort', onAbort);
  if (signal?.aborted === true) onAbort();
  const running: Run = async (command, manner) => {
    try {
      return await run(command, manner);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  };
  return {
    run: (command) => running(command),
    async endRun() {
      await running(leave, 'end');
    },
    close: () => {
      close();
    },
  };
}

function machineHop(target: SshTarget): Hop {
  const { host, port, user, pins, sha1Pins = [], credentials, freshlyBooted = false } = target;
  return { role: 'machine', host, port, user, pins, sha1Pins, credentials, freshlyBooted };
}

function bastionHop(bastion: NonNullable<SshTarget['bastion']>): Hop {
  const { host, port, user, pins, sha1Pins = [], keyFile, agent } = bastion;
  const credentials = { keyFile, agent };
  const freshlyBooted = false;
  return { role: 'bastion', host, port, user, pins, sha1Pins, credentials, freshlyBooted };
}
