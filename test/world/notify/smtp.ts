/** A mail server that takes what it is told to take, and keeps what reached it. */
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface MailServer {
  readonly port: number;
  readonly commands: string[];
  readonly mails: string[];
  close(): Promise<void>;
}

/** What it offers after EHLO, and how it answers a command that begins with one of the words. */
export async function startMailServer(
  offers: readonly string[] = [],
  answers: Readonly<Record<string, string>> = {},
): Promise<MailServer> {
  const commands: string[] = [];
  const mails: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    let data: string | undefined;
    let rest = '';
    const say = (line: string): unknown => socket.write(`${line}\r\n`);
    const line = (text: string): void => {
      if (data !== undefined) {
        if (text !== '.') data += `${text}\n`;
        else {
          mails.push(data);
          data = undefined;
          say(answers['.'] ?? '250 taken');
        }
        return;
      }
      commands.push(text);
      const word = text.split(/[ :]/, 1)[0]?.toUpperCase() ?? '';
      const own = Object.entries(answers).find(([begin]) => text.startsWith(begin))?.[1];
      if (own !== undefined) say(own);
      else if (word === 'STARTTLS') say('502 no TLS here');
      else if (word === 'EHLO') {
        const all = ['mail.example.com', ...offers];
        all.forEach((one, at) => say(`250${at === all.length - 1 ? ' ' : '-'}${one}`));
      } else if (word === 'DATA') {
        data = '';
        say('354 go on');
      } else if (word === 'QUIT') socket.end('221 bye\r\n');
      else say('250 ok');
    };
    socket.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\r\n');
      rest = lines.pop() ?? '';
      lines.forEach(line);
    });
    say('220 mail.example.com ESMTP');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    commands,
    mails,
    async close() {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
