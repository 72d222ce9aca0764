/** A real OpenSSH server for tests: one `sshd -i` for each connection, on a free loopback port. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { keyPair } from './server';
import type { KeyPair } from './server';

export interface OpenSshServer {
  readonly port: number;
  readonly key: KeyPair;
  readonly user: string;
  /** Kills the processes that serve the connections open now. */
  killSessions(): void;
  stop(): Promise<void>;
}

/** Starts the server; `extra` are further lines of its configuration. */
export async function startSshd(
  folder: string,
  authorizedKey: string,
  extra: readonly string[] = [],
): Promise<OpenSshServer> {
  const key = keyPair();
  const config = writeConfig(folder, { key, authorizedKey, extra });
  const children = new Set<ChildProcess>();
  const sockets = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    const child = spawn('/usr/sbin/sshd', ['-i', '-e', '-f', config], {
      stdio: [socket, socket, 'ignore'],
    });
    children.add(child);
    child.on('exit', () => {
      children.delete(child);
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const killSessions = (): void => {
    for (const child of children) child.kill('SIGKILL');
  };
  return {
    port: (server.address() as AddressInfo).port,
    key,
    user: userInfo().username,
    killSessions,
    async stop() {
      killSessions();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Setup {
  readonly key: KeyPair;
  readonly authorizedKey: string;
  readonly extra: readonly string[];
}

function writeConfig(folder: string, { key, authorizedKey, extra }: Setup): string {
  const at = (name: string): string => join(folder, name);
  writeFileSync(at('host_key'), key.private, { mode: 0o600 });
  writeFileSync(at('authorized_keys'), `${authorizedKey}\n`);
  mkdirSync(at('bin'), { recursive: true });
  // The user of a test may lack sudo: all that commands ask of it is to run the rest.
  writeFileSync(at('bin/sudo'), '#!/bin/sh\nshift 2\nexec "$@"\n');
  chmodSync(at('bin/sudo'), 0o755);
  // As root sshd wants its empty folder, which only its service makes.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  const lines = [
    `HostKey ${at('host_key')}`,
    `AuthorizedKeysFile ${at('authorized_keys')}`,
    `SetEnv PATH=${at('bin')}:/usr/bin:/bin`,
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'StrictModes no',
    'UsePAM no',
    'AllowTcpForwarding yes',
    ...extra,
  ];
  writeFileSync(at('sshd_config'), `${lines.join('\n')}\n`);
  return at('sshd_config');
}
