/**
 * What keeps an address from being reached as Temporal, by cause. gRPC itself says of a wrong name, a
 * wrong port and a wrong certificate alike that a deadline is over; so the way there is walked once more, step by
 * step: name, port, TLS, HTTP/2.
 */
import { lookup } from 'node:dns/promises';
import { connect as dial, type Socket } from 'node:net';
import { connect as dialTls, type ConnectionOptions } from 'node:tls';

/** Where Temporal is said to be, and how it is spoken to. */
export interface Place {
  /** `host:port`, or a host alone for the usual port. */
  readonly address: string;
  /** Absent for a connection without TLS. */
  readonly tls?: Tls | undefined;
}

/** What of a connection's TLS settings decides whether it comes about. */
export interface Tls {
  readonly serverNameOverride?: string;
  readonly serverRootCACertificate?: Uint8Array;
  readonly clientCertPair?: { readonly crt: Uint8Array; readonly key: Uint8Array };
}

/** The TLS of a connection as the SDK takes its options: an API key turns it on by itself. */
export function tlsOf({
  tls,
  apiKey,
}: {
  readonly tls?: Tls | boolean | null | undefined;
  readonly apiKey?: unknown;
}): Tls | undefined {
  if (typeof tls === 'object' && tls !== null) return tls;
  return tls === true || (tls === undefined && apiKey !== undefined) ? {} : undefined;
}

export interface Obstacle {
  readonly cause:
    | 'address'
    | 'name'
    | 'refused'
    | 'silent'
    | 'TLS wanted'
    | 'no TLS'
    | 'certificate'
    | 'not Temporal';
  /** Whether it may go by itself: a server that starts, a name that is not known yet. */
  readonly passes: boolean;
  /** What it is, and what to do. */
  readonly text: string;
}

/** Each step of the way has so long, in milliseconds; all of them end within five seconds. */
const stepMs = 1500;

/** The first thing in the way; undefined where there is none. */
export async function obstacleTo(place: Place): Promise<Obstacle | undefined> {
  const at = hostAndPort(place.address);
  if (at === undefined) {
    const text = `"${place.address}" is no address: it must be host:port, such as localhost:7233.`;
    return { cause: 'address', passes: false, text };
  }
  const unknown = await nameObstacle(at.host);
  if (unknown !== undefined) return unknown;
  const met = await portObstacle(at);
  if (met !== undefined) return met;
  return place.tls === undefined ? await plainObstacle(at) : await tlsObstacle(at, place.tls);
}

interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

function hostAndPort(address: string): HostAndPort | undefined {
  const [, bracketed, plain, digits] =
    /^(?:\[([0-9a-f:.]+)\]|([^\s:/[\]]+))(?::(\d{1,5}))?$/i.exec(address) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits ?? 7233);
  return host === undefined || port < 1 || port > 65535 ? undefined : { host, port };
}

async function nameObstacle(host: string): Promise<Obstacle | undefined> {
  const late = new Promise<'late'>((resolve) => setTimeout(resolve, stepMs, 'late').unref());
  try {
    const found = await Promise.race([lookup(host), late]);
    if (found !== 'late') return undefined;
    return {
      cause: 'name',
      passes: true,
      text: `The name ${host} is not looked up: DNS does not answer.`,
    };
  } catch (error) {
    const text = `The name ${host} is not found (${codeOf(error)}). Look at its spelling, and at DNS.`;
    return { cause: 'name', passes: true, text };
  }
}

async function portObstacle({ host, port }: HostAndPort): Promise<Obstacle | undefined> {
  const met = await meet(() => dial({ host, port }), 'connect');
  if (met.kind === 'done') return undefined;
  if (met.kind === 'late') {
    const text = `${host} does not answer on port ${String(port)}: a firewall or security group may drop it, or the host is down.`;
    return { cause: 'silent', passes: true, text };
  }
  const text = `${host} refuses port ${String(port)} (${codeOf(met.error)}): nothing listens there. Temporal's is 7233; is it started?`;
  return { cause: 'refused', passes: true, text };
}

/** The client's beginning of HTTP/2, with empty settings (RFC 9113, 3.4 and 6.5). */
const preface = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1'),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);

/** Without TLS a server of HTTP/2 answers with its settings, one of TLS with an alert or its end. */
async function plainObstacle({ host, port }: HostAndPort): Promise<Obstacle | undefined> {
  const socket = dial({ host, port });
  const met = await meet(() => socket.once('connect', () => socket.write(preface)), 'data');
  const [bytes] = met.kind === 'done' ? met.values : [];
  const first = Buffer.isBuffer(bytes) ? bytes : Buffer.alloc(0);
  // A server that says nothing may be slow; gRPC's own answer counts.
  if (met.kind === 'late' || first[3] === 4) return undefined;
  if (first.subarray(0, 5).toString('latin1') === 'HTTP/') return notTemporal({ host, port });
  const text =
    `${host}:${String(port)} ends a connection without TLS. Where Temporal wants it, set TEMPORAL_TLS=true, and ` +
    'TEMPORAL_TLS_SERVER_CA_CERT_PATH for a certificate of your own authority.';
  return { cause: 'TLS wanted', passes: false, text };
}

async function tlsObstacle({ host, port }: HostAndPort, tls: Tls): Promise<Obstacle | undefined> {
  const { serverNameOverride, serverRootCACertificate: ca, clientCertPair: pair } = tls;
  const options: ConnectionOptions = {
    host,
    port,
    servername: serverNameOverride ?? (/^[\d.]+$|:/.test(host) ? '' : host),
    ALPNProtocols: ['h2'],
    ...(ca === undefined ? {} : { ca: Buffer.from(ca) }),
    ...(pair === undefined ? {} : { cert: Buffer.from(pair.crt), key: Buffer.from(pair.key) }),
  };
  const met = await meet(() => dialTls(options), 'secureConnect');
  if (met.kind !== 'failed') return undefined;
  const code = codeOf(met.error);
  if (/WRONG_VERSION|EPROTO|PACKET_LENGTH|UNEXPECTED_MESSAGE/.test(code)) {
    const text = `${host}:${String(port)} does not speak TLS (${code}). Where that is meant, leave TEMPORAL_TLS out; an API key turns TLS on, too.`;
    return { cause: 'no TLS', passes: false, text };
  }
  if (code === 'ECONNRESET') {
    const text = `${host}:${String(port)} ends the TLS handshake: it may want a client's certificate (TEMPORAL_TLS_CLIENT_CERT_PATH and …_KEY_PATH).`;
    return { cause: 'certificate', passes: false, text };
  }
  const text =
    `The certificate of ${host}:${String(port)} is not taken (${code}). Name the authority that signed it with ` +
    'TEMPORAL_TLS_SERVER_CA_CERT_PATH, and the name in it with TEMPORAL_TLS_SERVER_NAME.';
  return { cause: 'certificate', passes: false, text };
}

function notTemporal({ host, port }: HostAndPort): Obstacle {
  const text = `${host}:${String(port)} speaks HTTP, not gRPC: it may be the port of the UI (8080 or 8233). Temporal's is 7233.`;
  return { cause: 'not Temporal', passes: false, text };
}

type Met =
  | { readonly kind: 'done'; readonly values: readonly unknown[] }
  | { readonly kind: 'late' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Waits for one event of a socket, and ends the socket in every case. */
async function meet(open: () => Socket, event: string): Promise<Met> {
  let socket: Socket | undefined;
  try {
    return await new Promise<Met>((resolve) => {
      socket = open();
      socket.setTimeout(stepMs, () => {
        resolve({ kind: 'late' });
      });
      socket.once(event, (...values: readonly unknown[]) => {
        resolve({ kind: 'done', values });
      });
      socket.once('error', (error) => {
        resolve({ kind: 'failed', error });
      });
      socket.once('close', () => {
        resolve({ kind: 'failed', error: undefined });
      });
    });
  } catch (error) {
    // A certificate or key of our own that cannot be read is told as what it is.
    return { kind: 'failed', error };
  } finally {
    socket?.destroy();
  }
}

function codeOf(error: unknown): string {
  const { code, message } = (error ?? {}) as { readonly code?: string; readonly message?: string };
  return code ?? message ?? 'it was closed';
}
