/** Messages by mail: plain text, no header but ours, a password never without TLS. */
import { writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { notify } from '../../../src/config/notify';
import type { Message } from '../../../src/contract/telling/telling';
import { openReceivers } from '../../../src/world/notify/open';
import type { Taking } from '../../../src/world/notify/receiver';
import { gateMessage, hostile } from './messages';
import { startMailServer, type MailServer } from './smtp';

let server: MailServer;
afterEach(() => server.close());

function take(message: Message, more: object = {}): Promise<Taking> {
  const config = {
    kind: 'email',
    host: '127.0.0.1',
    port: server.port,
    tls: 'none',
    from: 'runbook@example.com',
    to: ['ana@example.com', 'bo@example.com'],
    ...more,
  };
  const [one] = openReceivers(notify.parse({ receivers: [config] })).all;
  if (one === undefined) throw new Error('no receiver');
  return one.take(message);
}

test('a mail is taken when the server takes its text', async () => {
  server = await startMailServer();
  await expect(take(gateMessage)).resolves.toEqual({ isTaken: true });
  const [mail = ''] = server.mails;
  expect(mail).toContain('Subject: [runbook] Waits for a person: Approve the launch');
  expect(mail).toContain('To: ana@example.com, bo@example.com');
  expect(mail).toContain('Message-ID: <0192-run-launch-k3f9-0@runbook.invalid>');
  expect(mail).toContain('Content-Type: text/plain');
  expect(mail.replace(/=\n/g, '')).toContain(
    'runbook approve restore-prod-20261124 --by YOUR-NAME --gate launch-k3f9',
  );
});

test('text from outside makes no header and no recipient', async () => {
  server = await startMailServer();
  await take(hostile);
  const [mail = ''] = server.mails;
  const [head = ''] = mail.split('\n\n');
  const names = head
    .split('\n')
    .filter((line) => !/^\s/.test(line))
    .map((line) => line.split(':', 1)[0]);
  expect([...names].sort()).toEqual(
    [
      ...['Auto-Submitted', 'Content-Transfer-Encoding', 'Content-Type', 'Date', 'From'],
      ...['MIME-Version', 'Message-ID', 'Subject', 'To'],
    ].sort(),
  );
  expect(server.commands.filter((line) => line.startsWith('RCPT'))).toEqual([
    'RCPT TO:<ana@example.com>',
    'RCPT TO:<bo@example.com>',
  ]);
});

test.each([
  ['MAIL', '451 come back later', 'answered 451 to MAIL FROM'],
  ['.', '552 too much: hunter2', 'answered 552 to DATA'],
  ['EHLO', '421 closing', 'answered 421 to EHLO'],
])('a server that refuses %s has not taken it', async (at, said, why) => {
  server = await startMailServer([], { [at]: said, HELO: said });
  const taking = await take(gateMessage);
  expect(taking).toMatchObject({ isTaken: false });
  expect((taking as { why: string }).why.replace('HELO', 'EHLO')).toBe(why);
});

test('one mailbox that is refused is told, and the others have the mail', async () => {
  server = await startMailServer([], { 'RCPT TO:<bo@': '550 no such mailbox' });
  await expect(take(gateMessage)).resolves.toEqual({
    isTaken: true,
    note: '1 of its mailboxes were refused',
  });
});

test('without TLS where TLS is wanted nothing is sent, neither text nor password', async () => {
  server = await startMailServer(['AUTH PLAIN LOGIN']);
  const passwordFile = join(mkdtempSync(join(tmpdir(), 'mail-')), 'password');
  writeFileSync(passwordFile, 'hunter2');
  const taking = await take(gateMessage, { tls: 'starttls', user: 'runbook', passwordFile });
  expect(taking).toEqual({ isTaken: false, why: 'answered 502 to STARTTLS' });
  expect(server.mails).toEqual([]);
  expect(server.commands.filter((line) => /AUTH|MAIL/.test(line))).toEqual([]);
});

test('a password goes nowhere without TLS, so the configuration refuses it', () => {
  const config = {
    kind: 'email',
    host: 'mail.example.com',
    tls: 'none',
    user: 'runbook',
    passwordFile: 'password',
    from: 'a@example.com',
    to: ['b@example.com'],
  };
  const { error } = notify.safeParse({ receivers: [config] });
  expect(error?.issues[0]?.message).toContain('in clear text');
});

test.each(['a@b.com\r\nBcc: all@c.com', 'a@b.com, c@d.com', 'A <a@b.com>', 'nobody'])(
  'the address %j is refused by the configuration',
  (address) => {
    const config = { kind: 'email', host: 'm', from: address, to: ['b@example.com'] };
    expect(notify.safeParse({ receivers: [config] }).success).toBe(false);
  },
);
