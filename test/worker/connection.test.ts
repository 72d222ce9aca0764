import type { NativeConnection } from '@temporalio/worker';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { createServer as createWeb } from 'node:http';
import { connectWorker, NoConnection, type Connecting } from '../../src/worker/connection';

let server: Server;
/** A port that takes connections and says nothing: nothing is in the way there. */
let address = '';
beforeAll(async () => {
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
afterAll(() => {
  server.close();
});

const connection: NativeConnection = Object.create(null);
const grpc = (code: number, message: string): Error => Object.assign(new Error(message), { code });

/** Connects with attempts that end so, each ten seconds of a clock of its own after the last. */
async function connecting(
  ends: readonly (Error | undefined)[],
  more: { readonly address?: string; readonly giveUpAfter?: number } = {},
) {
  const said: string[] = [];
  let tries = 0;
  const how: Connecting = {
    connect: () => {
      const end = ends[Math.min(tries, ends.length - 1)];
      tries += 1;
      return end === undefined ? Promise.resolve(connection) : Promise.reject(end);
    },
    say: (line) => said.push(line),
    between: 0,
    now: () => tries * 10_000,
    giveUpAfter: more.giveUpAfter ?? 600_000,
  };
  const made = await connectWorker({ address: more.address ?? address }, how).catch(
    (error: unknown) => error,
  );
  return { made, said, tries };
}

describe('the worker’s way to Temporal', () => {
  it('waits for a port on which nothing listens yet, with a line for each half minute', async () => {
    const refused = Array.from({ length: 6 }, () => grpc(14, 'transport error'));
    const { made, said } = await connecting([...refused, undefined], { address: '127.0.0.1:1' });
    expect(made).toBe(connection);
    expect(said).toHaveLength(2);
    expect(said[0]).toMatch(/^waiting for Temporal at 127\.0\.0\.1:1: 127\.0\.0\.1 refuses port 1/);
  });

  it('ends for a login that Temporal does not know', async () => {
    const { made, tries } = await connecting([grpc(16, 'invalid token')]);
    expect(made).toBeInstanceOf(NoConnection);
    expect(String(made)).toMatch(/does not know this login.*invalid token/);
    expect(tries).toBe(1);
  });

  it('ends for a port that speaks something else', async () => {
    const web = createWeb();
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    const at = `127.0.0.1:${String((web.address() as AddressInfo).port)}`;
    const { made } = await connecting([grpc(14, 'transport error')], { address: at });
    web.closeAllConnections();
    web.close();
    expect(String(made)).toMatch(/speaks HTTP, not gRPC/);
  });

  it('ends after a while, so that somebody sees that it does not work', async () => {
    const { made, tries } = await connecting([grpc(14, 'transport error')], {
      address: '127.0.0.1:1',
      giveUpAfter: 60_000,
    });
    expect(String(made)).toMatch(/was not there within 1 min: 127\.0\.0\.1 refuses port 1/);
    expect(tries).toBe(7);
  });
});
