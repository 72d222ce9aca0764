import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createWeb } from 'node:http';
import { createSecureServer, createServer as createPlain } from 'node:http2';
import { createServer as createSilent, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { obstacleTo, type Tls } from '../../../src/world/temporal/reach';

let folder = '';
let key: Buffer;
let cert: Buffer;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reach-'));
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=localhost',
    ].concat(['-addext', 'subjectAltName=DNS:localhost', '-keyout', keyFile, '-out', certFile]),
    { stdio: 'ignore' },
  );
  [key, cert] = [readFileSync(keyFile), readFileSync(certFile)];
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const open: { close: () => void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

/** The port of a server that ends with the test, with all its connections. */
async function listening(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket.on('error', () => undefined));
  };
  server.on('connection', keep);
  open.push({
    close: () => {
      sockets.forEach((socket) => socket.destroy());
      server.close();
    },
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return `localhost:${String((server.address() as AddressInfo).port)}`;
}

async function causeAt(address: string, tls?: Tls): Promise<string | undefined> {
  const obstacle = await obstacleTo({ address, tls });
  if (obstacle === undefined) return undefined;
  expect(obstacle.text).toMatch(/[.?]$/);
  return `${obstacle.cause}, ${obstacle.passes ? 'may pass' : 'stays'}`;
}

const secure = (more: object = {}): Server => createSecureServer({ key, cert, ...more });

describe('what is in the way', () => {
  it.each(['localhost:', 'localhost:0', 'localhost:99999', 'http://localhost:7233', ':7233', ''])(
    'is the address where it is %p',
    async (address) => {
      await expect(causeAt(address)).resolves.toBe('address, stays');
    },
  );

  it('is a name that nobody knows', async () => {
    await expect(causeAt('no-such-host.invalid:7233')).resolves.toBe('name, may pass');
  });

  it('is a port on which nothing listens', async () => {
    await expect(causeAt('127.0.0.1:1')).resolves.toBe('refused, may pass');
  });

  it('is nothing for a server that speaks HTTP/2 without TLS', async () => {
    const address = await listening(createPlain());
    await expect(causeAt(address)).resolves.toBeUndefined();
  });

  it('is nothing for a server that takes the connection and is slow', async () => {
    await expect(causeAt(await listening(createSilent()))).resolves.toBeUndefined();
  });

  it('is TLS that the server wants', async () => {
    await expect(causeAt(await listening(secure()))).resolves.toBe('TLS wanted, stays');
  });

  it('is TLS that the server does not speak', async () => {
    const address = await listening(createPlain());
    await expect(causeAt(address, {})).resolves.toBe('no TLS, stays');
  });

  it('is the port of a web page', async () => {
    await expect(causeAt(await listening(createWeb()))).resolves.toBe('not Temporal, stays');
  });

  it('is a certificate of an authority that nobody named', async () => {
    await expect(causeAt(await listening(secure()), {})).resolves.toBe('certificate, stays');
  });

  it('is a certificate for another name', async () => {
    const tls = { serverRootCACertificate: cert, serverNameOverride: 'temporal.example.com' };
    await expect(causeAt(await listening(secure()), tls)).resolves.toBe('certificate, stays');
  });

  it('is nothing where the certificate is the one that was named', async () => {
    const tls = { serverRootCACertificate: cert };
    await expect(causeAt(await listening(secure()), tls)).resolves.toBeUndefined();
  });

  it('is a key of our own that cannot be read', async () => {
    const pair = { crt: Buffer.from('no certificate'), key: Buffer.from('no key') };
    const tls = { serverRootCACertificate: cert, clientCertPair: pair };
    await expect(causeAt(await listening(secure()), tls)).resolves.toBe('certificate, stays');
  });
});
