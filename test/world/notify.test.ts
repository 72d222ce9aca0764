import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { postNotification } from '../../src/world/notify';

describe('a notification', () => {
  const received: unknown[] = [];
  let status = 200;
  let server: Server;
  let url: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        received.push([request.method, request.headers['content-type'], JSON.parse(body)]);
        response.writeHead(status).end('thanks');
      });
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('is one JSON object, POSTed', async () => {
    await expect(postNotification(url, { gate: 'launch-k3f9' })).resolves.toBe(true);
    expect(received).toEqual([['POST', 'application/json', { gate: 'launch-k3f9' }]]);
  });

  it('that nobody takes is no error', async () => {
    status = 503;
    await expect(postNotification(url, {})).resolves.toBe(false);
    await expect(postNotification('http://127.0.0.1:1/', {})).resolves.toBe(false);
    await expect(postNotification('not a url', {})).resolves.toBe(false);
    await expect(postNotification(undefined, {})).resolves.toBe(false);
  });

  it('is given up after five seconds', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve));
    const at = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
    const begun = Date.now();
    await expect(postNotification(at, {})).resolves.toBe(false);
    expect(Date.now() - begun).toBeGreaterThan(4_000);
    expect(Date.now() - begun).toBeLessThan(7_000);
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
  });
});
