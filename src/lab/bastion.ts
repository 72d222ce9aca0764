/**
 * The lab's SSH bastion on the loopback. It forwards to port 22 of the lab's addresses, which are
 * only labels: a forwarded channel ends at the machine's shell, and nothing else is ever dialled.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Server, type AuthContext, type Connection } from 'ssh2';
import type { LabJournal, Shell, SimulatedMachine } from './shapes';
import { holdsKey } from './shell/public-key';

/** Who may come in, and how addresses become machines. */
export interface BastionOptions {
  readonly user: string;
  /** OpenSSH public key line. */
  readonly authorizedKey: string;
  readonly hostKeyPem: string;
  machineAt(address: string): SimulatedMachine | undefined;
  readonly shell: Shell;
  readonly journal: LabJournal;
  /** A free one by default. */
  readonly port?: number;
}

/** A bastion that listens. */
export interface Bastion {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts the bastion on 127.0.0.1. */
export async function startBastion(options: BastionOptions): Promise<Bastion> {
  const open = new Set<Socket>();
  const ssh = new Server({ hostKeys: [options.hostKeyPem] }, (client) => {
    client.on('error', () => undefined);
    client.on('authentication', (attempt) => {
      authenticate(options, attempt);
    });
    client.on('ready', () => {
      forward(options, client);
    });
  });
  // A command is a handful of small packets: held back until they are full they cost 40 ms each.
  const server = createServer({ noDelay: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    ssh.injectSocket(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  return {
    port: portOf(server.address()),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        open.forEach((socket) => socket.destroy());
      }),
  };
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function authenticate({ user, authorizedKey }: BastionOptions, attempt: AuthContext): void {
  if (attempt.username === user && holdsKey(attempt, [authorizedKey])) {
    attempt.accept();
  } else {
    attempt.reject(['publickey']);
  }
}

function forward(options: BastionOptions, client: Connection): void {
  const { shell, journal } = options;
  client.on('tcpip', (accept, reject, { destIP, destPort }) => {
    const machine = destPort === 22 ? options.machineAt(destIP) : undefined;
    if (machine?.answers !== true) {
      journal.write({
        kind: 'ssh',
        ...(machine === undefined ? {} : { machine: machine.instanceId }),
        text: `${destIP}:${String(destPort)} does not answer`,
      });
      reject();
      return;
    }
    const channel = accept();
    channel.on('error', () => undefined);
    shell.serve(machine, channel);
  });
}
