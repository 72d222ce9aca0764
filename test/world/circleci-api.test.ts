import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '../requirements';
import { listRunningBuilds, runningBuildsOf, type ApiLimits } from '../../src/world/circleci-api';

const hostname = 'circleci.example.com';
const token = 'CANARYcircletoken0123456789';
const limits: ApiLimits = { requestSeconds: 0.5, totalSeconds: 2, pages: 3 };

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const dir = mkdtempSync(join(tmpdir(), 'circleci-api-'));
const tokenFile = join(dir, 'token');
const asked: { readonly url: URL; readonly token: unknown; readonly accept: unknown }[] = [];
let handle: Handler;
const server = createServer((request, response) => {
  const { headers } = request;
  const url = new URL(request.url ?? '', 'http://api');
  asked.push({ url, token: headers['circle-token'], accept: headers.accept });
  handle(request, response);
});

beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)));
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(dir, { recursive: true });
});
beforeEach(() => {
  writeFileSync(tokenFile, `${token}\n`);
  asked.length = 0;
});

const urlOf = (one: { address: () => unknown }): string =>
  `127.0.0.1:${String((one.address() as AddressInfo).port)}`;
const address = () => ({ url: `http://${urlOf(server)}`, hostname, tokenFile });
const list = () => listRunningBuilds(address(), limits);
const answering = (status: number, body: string, headers = {}): void => {
  handle = (_, response) => void response.writeHead(status, headers).end(body);
};
const build = (number: number, more = {}) => ({
  build_url: `https://${hostname}/gh/acme/web/${String(number)}`,
  status: 'running',
  start_time: '2026-09-30T13:00:00.123Z',
  ...more,
});

async function failure(): Promise<{ type: unknown; message: string; nonRetryable: unknown }> {
  const error: unknown = await list().catch((e: unknown) => e);
  expect(error).toBeInstanceOf(Error);
  // Nothing that is thrown may hold the token, however deep.
  const { cause, details } = error as { cause?: unknown; details?: unknown };
  expect(JSON.stringify([String(error), String(cause), details])).not.toContain(token);
  const { type, message, nonRetryable } = error as Awaited<ReturnType<typeof failure>>;
  return { type, message, nonRetryable };
}

describe('the running builds', () => {
  test('are asked for with the token in a header, and read with what is needed of them', async () => {
    const entries = [build(7, { vcs_type: 'github', steps: [] }), build(8, { start_time: null })];
    answering(200, JSON.stringify(entries));
    await expect(list()).resolves.toEqual({
      builds: [
        { url: `https://${hostname}/gh/acme/web/7`, startedAt: '2026-09-30T13:00:00.123Z' },
        { url: `https://${hostname}/gh/acme/web/8` },
      ],
      unreadable: 0,
      isCut: false,
    });
    const [one, ...more] = asked;
    expect(more).toEqual([]);
    expect(one).toMatchObject({ token, accept: 'application/json' });
    expect(one?.url.pathname).toBe('/api/v1.1/recent-builds');
    expect(one?.url.search).toBe('?filter=running&limit=100&offset=0');
  });

  test('leave out what does not run, and count what is no build of this hostname', async () => {
    const entries = [
      build(1, { status: 'success', lifecycle: 'finished' }),
      build(2, { status: null, lifecycle: 'running' }),
      build(3, { build_url: 'https://other.example.com/gh/acme/web/3' }),
      build(4, { build_url: `https://${hostname}/gh/acme/web/4") (System/exit 1) ("` }),
      { status: 'running' },
      'nonsense',
    ];
    answering(200, JSON.stringify(entries));
    const { builds, unreadable } = await list();
    expect(builds.map(({ url }) => url)).toEqual([`https://${hostname}/gh/acme/web/2`]);
    expect(unreadable).toBe(4);
  });

  test('are read page by page, and no further than the bound', async () => {
    const full = Array.from({ length: 250 }, (_, index) => build(index));
    let all = full;
    handle = ({ url = '' }, response) => {
      const offset = Number(new URL(url, 'http://api').searchParams.get('offset'));
      response.writeHead(200).end(JSON.stringify(all.slice(offset, offset + 100)));
    };
    await expect(list()).resolves.toMatchObject({ isCut: false, builds: { length: 250 } });
    expect(asked).toHaveLength(3);
    all = [...full, ...full];
    await expect(list()).resolves.toMatchObject({ isCut: true, builds: { length: 250 } });
    expect(asked).toHaveLength(6);
  });

  test('are asked for with what the file holds now', async () => {
    answering(200, '[]');
    await list();
    writeFileSync(tokenFile, 'another-token');
    await list();
    expect(asked.map((one) => one.token)).toEqual([token, 'another-token']);
  });
});

describe('an answer that is none', () => {
  test.each([401, 403])('%d asks a person for a token', async (status) => {
    answering(status, `{"message":"no such token ${token}"}`);
    const told = await failure();
    expect(told).toMatchObject({ type: 'CircleciRefused', nonRetryable: true });
    expect(told.message).toContain('tokenFile');
  });

  test.each([429, 500, 503])('%d is tried again', async (status) => {
    answering(status, 'busy');
    expect(await failure()).toMatchObject({ type: 'CircleciUnavailable', nonRetryable: false });
  });

  test('a redirect is not followed: the token would go with it', async () => {
    let reached = false;
    const elsewhere = createServer((_, response) => {
      reached = true;
      response.end('[]');
    });
    await new Promise<void>((resolve) => void elsewhere.listen(0, '127.0.0.1', resolve));
    answering(302, '', { location: `http://${urlOf(elsewhere)}/` });
    const told = await failure();
    elsewhere.close();
    expect(reached).toBe(false);
    expect(told).toMatchObject({ type: 'CircleciRefused', nonRetryable: true });
    expect(told.message).toContain('302');
  });

  test.each([
    ['a page of HTML', '<html>log in</html>', 'no JSON'],
    ['nothing', '', 'no JSON'],
    ['another thing than a list', '{"message":"hello"}', 'no list'],
  ])('%s is refused and not quoted', async (_, body, said) => {
    answering(200, body);
    const told = await failure();
    expect(told).toMatchObject({ type: 'CircleciRefused' });
    expect(told.message).toContain(said);
    if (body !== '') expect(told.message).not.toContain(body);
  });

  test('a body without end is not read to its end', async () => {
    let sent = 0;
    const chunk = Buffer.alloc(1024 * 1024, ' ');
    handle = (_, response) => {
      response.writeHead(200);
      const push = (): void => {
        if (response.destroyed || sent > 200) return;
        sent += 1;
        response.write(chunk, () => setImmediate(push));
      };
      push();
    };
    const told = await failure();
    expect(told).toMatchObject({ type: 'CircleciRefused' });
    expect(told.message).toContain('more than');
    expect(sent).toBeLessThan(100);
  });

  test.each<[string, Handler]>([
    ['that never comes', () => undefined],
    ['that stops in its middle', (_, response) => void response.writeHead(200).write('[')],
  ])('one %s is given up after the limit', async (_, hang) => {
    handle = hang;
    const begun = Date.now();
    expect(await failure()).toMatchObject({ type: 'CircleciUnavailable', nonRetryable: false });
    expect(Date.now() - begun).toBeLessThan(1900);
  });

  test('a connection that breaks is tried again', async () => {
    handle = ({ socket }) => socket.destroy();
    expect(await failure()).toMatchObject({ type: 'CircleciUnavailable', nonRetryable: false });
  });
});

describe('a token', () => {
  test.each([
    ['is empty', '\n'],
    ['is two lines', `${token}\n${token}\n`],
    ['cannot stand in a header', `${token}\u0007x`],
  ])('that %s is refused before anything is sent', async (_, content) => {
    writeFileSync(tokenFile, content);
    expect(await failure()).toMatchObject({ type: 'CircleciRefused', nonRetryable: true });
    expect(asked).toEqual([]);
  });

  test('whose file is not there is refused, with the file', async () => {
    rmSync(tokenFile);
    const told = await failure();
    expect(told.type).toBe('CircleciRefused');
    expect(told.message).toContain(`${tokenFile}, cannot be read (ENOENT)`);
  });

  test('that is configured no more is refused', () => {
    expect(() => runningBuildsOf({ hostname } as Parameters<typeof runningBuildsOf>[0])).toThrow(
      'circleciApi.tokenFile',
    );
  });

  const withOpenssl = needs('openssl') ? test : test.skip;
  withOpenssl('is not sent to a host whose certificate nobody vouches for', async () => {
    const key = join(dir, 'key.pem');
    const certificate = join(dir, 'cert.pem');
    const subject = ['-subj', '/CN=localhost', '-days', '2', '-nodes'];
    const files = ['-keyout', key, '-out', certificate];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...files, ...subject], {
      stdio: 'ignore',
    });
    const options = { key: readFileSync(key), cert: readFileSync(certificate) };
    let reached = false;
    const secure = createTlsServer(options, (_, response) => {
      reached = true;
      response.end('[]');
    });
    await new Promise<void>((resolve) => void secure.listen(0, '127.0.0.1', resolve));
    const at = { ...address(), url: `https://${urlOf(secure)}` };
    await expect(listRunningBuilds(at, limits)).rejects.toMatchObject({
      type: 'CircleciRefused',
      message: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
    expect(reached).toBe(false);
    secure.closeAllConnections();
    secure.close();
  });
});
