/** Listens on the loopback interface, and stops without leaving a connection open. */
import type { Server } from 'node:http';
import { isNativeError } from 'node:util/types';

/** A server that listens. */
export interface Listening {
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

/** Listens on 127.0.0.1; port 0 takes a free one. */
export async function listen(server: Server, port: number): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new TypeError('The server does not listen on a port.');
  }
  return {
    port: address.port,
    url: `http://127.0.0.1:${String(address.port)}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function isTaken(error: unknown): boolean {
  return isNativeError(error) && 'code' in error && error.code === 'EADDRINUSE';
}

/** Listens on the port if it is free, else on any free one. */
export async function listenPreferring<T>(
  start: (port: number) => Promise<T>,
  port: number,
): Promise<T> {
  try {
    return await start(port);
  } catch (error) {
    if (port === 0 || !isTaken(error)) {
      throw error;
    }
    return start(0);
  }
}
