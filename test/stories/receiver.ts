/** A receiver of messages that answers as a story wants, and keeps what reached it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** How one POST is answered. `cut`: it is taken, and the connection ends before the reply. */
export type Answer = 'take' | 'cut' | 'hang' | 301 | 302 | 307 | 308 | 404 | 500 | 503;

/** One POST that reached it. */
export interface Arrived {
  readonly id: string | undefined;
  readonly path: string;
  readonly method: string;
  readonly answered: Answer;
  readonly message: {
    readonly event: string;
    readonly runbook?: string;
    readonly status?: string;
    readonly gate?: { readonly title: string };
  };
}

export interface Receiver {
  readonly url: string;
  readonly arrived: readonly Arrived[];
  /** Those of one event. */
  of(event: string): readonly Arrived[];
  /** What it answers next; the last of them for ever. */
  answer(...answers: readonly Answer[]): void;
  close(): Promise<void>;
}

export async function startReceiver(...first: readonly Answer[]): Promise<Receiver> {
  const arrived: Arrived[] = [];
  let answers: readonly Answer[] = first;
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const [now = 'take', ...rest] = answers;
      if (rest.length > 0) answers = rest;
      arrived.push({
        id: request.headers['webhook-id']?.toString(),
        path: request.url ?? '',
        method: request.method ?? '',
        answered: now,
        message: text === '' ? {} : JSON.parse(text),
      });
      reply(now, request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return {
    url: `http://127.0.0.1:${String(port)}/hook`,
    arrived,
    of: (event) => arrived.filter(({ message }) => message.event === event),
    answer: (...next) => {
      answers = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function reply(answer: Answer, request: IncomingMessage, response: ServerResponse): void {
  if (answer === 'hang') return;
  if (answer === 'cut') request.socket.destroy();
  else if (answer === 'take') response.writeHead(200).end('thanks');
  else response.writeHead(answer, { location: '/elsewhere' }).end('not now');
}
