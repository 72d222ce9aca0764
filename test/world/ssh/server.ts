/** SSH servers that misbehave on purpose: ssh2's own server, on a free port of the loopback. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as openSocket } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server } from 'ssh2';
import { ed25519Pair } from '../../../src/lab/key-pair';
import type { AuthenticationType, Connection, ServerChannel } from 'ssh2';
import { fingerprint } from '../../../src/world/ssh/fingerprint';

export interface KeyPair {
  readonly private: string;
  readonly public: string;
  readonly pin: string;
}

export function keyPair(): KeyPair {
  const pair = ed25519Pair('test');
  return { ...pair, pin: fingerprint(pair.public) };
}

/** A command as the server got it, and the nonce that frames its output. */
export interface Exec {
  readonly line: string;
  readonly nonce: string;
  readonly channel: ServerChannel;
  readonly client: Connection;
  /** The TCP connections of the server, to be cut. */
  readonly sockets: ReadonlySet<Socket>;
}

export interface SshServer {
  readonly port: number;
  readonly key: KeyPair;
  /** Names of the login methods that were tried: none of them, if a client was careful. */
  readonly logins: string[];
  /** Every line of the protocol's log, to see which messages arrived. */
  readonly log: string[];
  readonly sockets: ReadonlySet<Socket>;
  stop(): Promise<void>;
}

export interface Manners {
  readonly key?: KeyPair;
  /** Whether any login is refused. */
  readonly refusesLogin?:
    boolean | { readonly methods: AuthenticationType[]; readonly isPartial: boolean };
  readonly onExec?: (exec: Exec) => void;
}

/** Prints a framed answer, as a machine would. */
export function answer({ nonce, channel }: Exec, output: string, exitCode = 0): void {
  channel.write(`${nonce}-begin\n${output}\n${nonce}-end ${exitCode}\n`);
  channel.exit(exitCode);
  channel.end();
}

/** Starts a server that also forwards (`direct-tcpip`), so that it can be a bastion. */
export async function startSshServer(manners: Manners = {}): Promise<SshServer> {
  const key = manners.key ?? keyPair();
  const logins: string[] = [];
  const log: string[] = [];
  const sockets = new Set<Socket>();
  const server = new Server(
    { hostKeys: [key.private], debug: (line) => void log.push(line) },
    (client) => {
      client.on('error', () => undefined);
      client.on('authentication', (context) => {
        logins.push(context.method);
        const { refusesLogin = false } = manners;
        if (context.method === 'publickey' && typeof refusesLogin === 'object') {
          context.reject(refusesLogin.methods, refusesLogin.isPartial);
        } else if (context.method !== 'publickey' || refusesLogin !== false) {
          context.reject(['publickey']);
        } else context.accept();
      });
      client.on('tcpip', (accept, reject, { destIP, destPort }) => {
        const socket = openSocket(destPort, destIP);
        socket.once('error', reject);
        socket.once('connect', () => {
          const channel = accept();
          channel.on('error', () => undefined);
          socket.on('error', () => channel.destroy());
          channel.pipe(socket).pipe(channel);
        });
      });
      client.on('session', (accept) => {
        accept().on('exec', (acceptExec, _reject, { command: line }) => {
          const channel = acceptExec();
          channel.on('error', () => undefined);
          const nonce = /\b[0-9a-f]{24}\b/.exec(line)?.[0] ?? '';
          manners.onExec?.({ line, nonce, channel, client, sockets });
        });
      });
    },
  );
  // ssh2's server hides the sockets; a fault needs them.
  const listener = serverOf(server);
  listener.on('connection', (socket: Socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    key,
    logins,
    log,
    sockets,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

function serverOf(server: Server): NodeJS.EventEmitter {
  return (server as unknown as { _srv: NodeJS.EventEmitter })._srv;
}

/** A folder for one test file, with a user key in it. */
export function keyFolder(): { folder: string; keyFile: string; user: KeyPair; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-ssh-'));
  const user = keyPair();
  const keyFile = join(folder, 'user_ed25519');
  writeFileSync(keyFile, user.private, { mode: 0o600 });
  return {
    folder,
    keyFile,
    user,
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
