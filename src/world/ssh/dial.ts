/**
 * One hop of an SSH connection: dials, checks the host key against the pins, logs in.
 *
 * Two habits of ssh2 decide the shape. Its verifier must answer synchronously: an async function
 * returns a promise, which counts as "yes" whatever it resolves to. And `client.destroy()` does
 * nothing once `client.end()` was called, so this file owns the sockets and destroys those.
 */
import { readFile } from 'node:fs/promises';
import { connect as openSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Client } from 'ssh2';
import type {
  AuthHandlerMiddleware,
  ConnectConfig,
  ServerHostKeyAlgorithm,
  SyncHostVerifier,
} from 'ssh2';
import { codeOf } from '../../contract/aws-code';
import { pinOf } from './fingerprint';
import { loginRefused, provesRsaBySha1 } from './failures';
import type { FailedHandshake, Hop } from './failures';

/** How long a handshake may take, and how often a silent connection is asked whether it lives. */
export interface SshTiming {
  readonly readySeconds: number;
  readonly keepaliveSeconds: number;
  /** How long a command may take to begin: sudo may look names up, which takes its time. */
  readonly beginSeconds: number;
}

/** A connection that is logged in. */
export interface Link {
  readonly hop: Hop;
  readonly client: Client;
  /** Fires when the connection ends, for whatever reason; its reason says which. */
  readonly down: AbortSignal;
  /** Says goodbye, and cuts the socket two seconds later if that was not enough. */
  close(reason?: unknown): void;
}

/** What a handshake needs besides the hop: a way there, a time limit, a way to call it off. */
export interface Dial {
  readonly timing: SshTiming;
  /** The channel through the bastion; without it a TCP connection is opened. */
  readonly through?: Duplex;
  readonly signal?: AbortSignal;
}

type Login = Pick<ConnectConfig, 'privateKey' | 'agent'> & {
  readonly methods?: readonly ('publickey' | 'agent')[];
};

/** What a handshake has shown so far. */
type Seen = { -readonly [Key in keyof Omit<FailedHandshake, 'failed'>]: FailedHandshake[Key] };

/** Tries the methods one after the other, and remembers what else the host would take. */
function inTurn(methods: readonly ('publickey' | 'agent')[], seen: Seen): AuthHandlerMiddleware {
  const rest = [...methods];
  return (left: readonly string[] | null, isPartial: boolean | null) => {
    if (left !== null) seen.left = { methods: left, isPartial: isPartial === true };
    return rest.shift() ?? false;
  };
}

/** Reads the key file, or finds the agent. A failure names the file, never what is in it. */
export async function readLogin(hop: Hop): Promise<Login> {
  const { keyFile, agent } = hop.credentials;
  if (keyFile !== undefined) {
    try {
      return { privateKey: await readFile(keyFile), methods: ['publickey'] };
    } catch (error) {
      throw loginRefused(
        hop,
        `The key file ${keyFile} cannot be read: ${codeOf(error) ?? 'unknown error'}`,
      );
    }
  }
  const socket = process.env['SSH_AUTH_SOCK'];
  if (agent === true && socket !== undefined) return { agent: socket, methods: ['agent'] };
  throw loginRefused(
    hop,
    agent === true
      ? 'The configuration says "agent: true", but SSH_AUTH_SOCK is not set for the worker'
      : 'The configuration names neither a key file nor the agent',
  );
}

/** Dials and logs in; a host that shows a key outside `hop.pins` gets not one byte of the login. */
export function handshake(hop: Hop, login: Login, dial: Dial): Promise<Link | FailedHandshake> {
  const client = new Client();
  // The login is a dozen small messages; collected, each waits 40 ms for the one before.
  const socket = dial.through ?? openSocket({ host: hop.host, port: hop.port, noDelay: true });
  const { methods = [], ...secret } = login;
  const seen: Seen = { shown: undefined, denied: false };
  return new Promise((resolve) => {
    const link = openLink(hop, client, socket);
    const fail = (error: Error): void => {
      dial.signal?.removeEventListener('abort', onAbort);
      socket.destroy();
      resolve({ failed: error, ...seen });
    };
    const onAbort = (): void => {
      fail(new Error('called off'));
    };
    client.once('ready', () => {
      dial.signal?.removeEventListener('abort', onAbort);
      resolve(link);
    });
    client.once('error', fail);
    client.on('banner', (text) => {
      seen.banner = `${seen.banner ?? ''}${text}`.slice(0, 4000);
    });
    // A host that is still booting, or has no free login slot, greets and hangs up: no error.
    client.once('close', () => {
      fail(new Error('the host closed the connection before the login was finished'));
    });
    dial.signal?.addEventListener('abort', onAbort);
    try {
      client.connect({
        ...settings(hop, dial.timing),
        ...secret,
        authHandler: inTurn(methods, seen),
        hostVerifier: verifier(hop, seen),
        debug: (line) => {
          // ssh2 tells nowhere else how a host could prove its keys.
          const offers = /^Handshake: \(remote\) Host key format: (\S+)/.exec(line)?.[1];
          if (offers !== undefined) seen.offers = offers.split(',');
        },
        sock: socket,
      });
    } catch (error) {
      // ssh2 throws here for a key that is encrypted or is no key at all.
      fail(Object.assign(asError(error), { level: 'client-key' }));
    }
  });
}

/**
 * Pinned types only are asked for: a host has several keys, and shows the one that was agreed. The
 * first that both sides know is taken, so a proof by SHA-1 only where nothing better is offered;
 * with pins, only where a person has allowed it for one of them. Without pins nobody logs in.
 */
function hostKeyAlgorithms({ pins, sha1Pins }: Hop): ServerHostKeyAlgorithm[] {
  const types = new Set(pins.map((pin) => pin.split(' ')[0]));
  const wanted = allAlgorithms.filter(([type]) => pins.length === 0 || types.has(type));
  const isSha1Allowed = pins.length === 0 || pins.some((pin) => sha1Pins.includes(pin));
  return [...wanted.flatMap(([, algorithms]) => algorithms), ...(isSha1Allowed ? [bySha1] : [])];
}

const bySha1: ServerHostKeyAlgorithm = 'ssh-rsa';

const allAlgorithms: readonly (readonly [string, readonly ServerHostKeyAlgorithm[]])[] = [
  ['ssh-ed25519', ['ssh-ed25519']],
  ['ecdsa-sha2-nistp256', ['ecdsa-sha2-nistp256']],
  ['ecdsa-sha2-nistp384', ['ecdsa-sha2-nistp384']],
  ['ecdsa-sha2-nistp521', ['ecdsa-sha2-nistp521']],
  ['ssh-rsa', ['rsa-sha2-512', 'rsa-sha2-256']],
];

function verifier({ pins, sha1Pins }: Hop, seen: Seen): SyncHostVerifier {
  return (key) => {
    seen.shown = pinOf(key);
    // With another RSA key pinned, one that was not allowed could come by the way of SHA-1.
    const byWeakProof = isProvenBySha1(seen);
    const trusted = byWeakProof ? pins.filter((pin) => sha1Pins.includes(pin)) : pins;
    seen.denied = !trusted.includes(seen.shown);
    return !seen.denied;
  };
}

/** An RSA key that was shown by a host that offers no better proof for it. */
export function isProvenBySha1({ shown, offers = [] }: Omit<FailedHandshake, 'failed'>): boolean {
  return shown?.startsWith('ssh-rsa ') === true && provesRsaBySha1(offers);
}

function settings(hop: Hop, timing: SshTiming): ConnectConfig {
  return {
    username: hop.user,
    readyTimeout: timing.readySeconds * 1000,
    keepaliveInterval: timing.keepaliveSeconds * 1000,
    keepaliveCountMax: 3,
    tryKeyboard: false,
    agentForward: false,
    algorithms: { serverHostKey: hostKeyAlgorithms(hop) },
  };
}

function openLink(hop: Hop, client: Client, socket: Duplex): Link {
  const down = new AbortController();
  let cut: NodeJS.Timeout | undefined;
  // Stays for the whole life of the connection: an 'error' without a listener ends the process.
  client.on('error', (error) => {
    down.abort(error);
  });
  client.on('end', () => {
    down.abort(new Error('the host ended the connection'));
  });
  client.on('close', () => {
    clearTimeout(cut);
    down.abort(new Error('the connection was closed'));
    socket.destroy();
  });
  return {
    hop,
    client,
    down: down.signal,
    close(reason: unknown = new Error('the connection was closed by the runbook')) {
      down.abort(reason);
      client.end();
      cut ??= setTimeout(() => socket.destroy(), 2000).unref();
    },
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
