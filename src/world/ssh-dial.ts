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
import type { ConnectConfig, ServerHostKeyAlgorithm, SyncHostVerifier } from 'ssh2';
import { codeOf } from '../contract/aws-code';
import { pinOf } from './fingerprint';
import { loginRefused } from './ssh-failures';
import type { FailedHandshake, Hop } from './ssh-failures';

/** How long a handshake may take, and how often a silent connection is asked whether it lives. */
export interface SshTiming {
  readonly readySeconds: number;
  readonly keepaliveSeconds: number;
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

type Login = Pick<ConnectConfig, 'privateKey' | 'agent' | 'authHandler'>;

/** Reads the key file, or finds the agent. A failure names the file, never what is in it. */
export async function readLogin(hop: Hop): Promise<Login> {
  const { keyFile, agent } = hop.credentials;
  if (keyFile !== undefined) {
    try {
      return { privateKey: await readFile(keyFile), authHandler: ['publickey'] };
    } catch (error) {
      throw loginRefused(
        hop,
        `The key file ${keyFile} cannot be read: ${codeOf(error) ?? 'unknown error'}`,
      );
    }
  }
  const socket = process.env['SSH_AUTH_SOCK'];
  if (agent === true && socket !== undefined) return { agent: socket, authHandler: ['agent'] };
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
  const seen: { shown: string | undefined; denied: boolean } = { shown: undefined, denied: false };
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
    // A host that is still booting, or has no free login slot, greets and hangs up: no error.
    client.once('close', () => {
      fail(new Error('the host closed the connection before the login was finished'));
    });
    dial.signal?.addEventListener('abort', onAbort);
    try {
      client.connect({
        ...settings(hop, dial.timing),
        ...login,
        hostVerifier: verifier(hop, seen),
        sock: socket,
      });
    } catch (error) {
      // ssh2 throws here for a key that is encrypted or is no key at all.
      fail(Object.assign(asError(error), { level: 'client-key' }));
    }
  });
}

/** Pinned types only are asked for: a host has several keys, and shows the one that was agreed. */
function hostKeyAlgorithms(pins: readonly string[]): ServerHostKeyAlgorithm[] {
  const types = new Set(pins.map((pin) => pin.split(' ')[0]));
  return allAlgorithms.filter(([type]) => types.has(type)).flatMap(([, algorithms]) => algorithms);
}

const allAlgorithms: readonly (readonly [string, readonly ServerHostKeyAlgorithm[]])[] = [
  ['ssh-ed25519', ['ssh-ed25519']],
  ['ecdsa-sha2-nistp256', ['ecdsa-sha2-nistp256']],
  ['ecdsa-sha2-nistp384', ['ecdsa-sha2-nistp384']],
  ['ecdsa-sha2-nistp521', ['ecdsa-sha2-nistp521']],
  ['ssh-rsa', ['rsa-sha2-512', 'rsa-sha2-256']],
];

function verifier(
  hop: Hop,
  seen: { shown: string | undefined; denied: boolean },
): SyncHostVerifier {
  const pins = new Set(hop.pins);
  return (key) => {
    seen.shown = pinOf(key);
    seen.denied = !pins.has(seen.shown);
    return !seen.denied;
  };
}

function settings(hop: Hop, timing: SshTiming): ConnectConfig {
  const algorithms = hostKeyAlgorithms(hop.pins);
  return {
    username: hop.user,
    readyTimeout: timing.readySeconds * 1000,
    keepaliveInterval: timing.keepaliveSeconds * 1000,
    keepaliveCountMax: 3,
    tryKeyboard: false,
    agentForward: false,
    ...(algorithms.length > 0 && { algorithms: { serverHostKey: algorithms } }),
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
