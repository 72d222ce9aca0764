/** An EC2 endpoint that answers what a test wants, and remembers what it was asked. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An answer: XML, an error of EC2, or what becomes of the connection. */
export type Answer =
  | { readonly xml: string }
  | { readonly code: string; readonly message?: string; readonly status?: number }
  | 'reset'
  | 'silence'
  | 'an HTML page';

export interface Ec2Server {
  readonly endpoint: string;
  /** The requests so far, as the form fields that EC2 gets. */
  readonly requests: Readonly<Record<string, string>>[];
  /** Answers by action; a function sees the fields. */
  answer: (fields: Readonly<Record<string, string>>) => Answer;
  stop(): Promise<void>;
}

export async function startEc2Server(): Promise<Ec2Server> {
  const requests: Record<string, string>[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const fields = Object.fromEntries(new URLSearchParams(body));
      requests.push(fields);
      const given = self.answer(fields);
      if (given === 'silence') return;
      if (given === 'reset') {
        request.socket.resetAndDestroy();
        return;
      }
      const [status, text] = written(given, fields['Action'] ?? '');
      response.writeHead(status, { 'content-type': 'text/xml' }).end(text);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const self: Ec2Server = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: () => ({ xml: '' }),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return self;
}

function written(
  given: Exclude<Answer, string> | 'an HTML page',
  action: string,
): [number, string] {
  if (given === 'an HTML page') return [500, '<html><body>Bad gateway</body></html>'];
  if ('xml' in given) return [200, `<${action}Response>${given.xml}</${action}Response>`];
  const { code, message = 'as asked', status = 400 } = given;
  const error = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return [status, `<Response><Errors>${error}</Errors><RequestID>r-1</RequestID></Response>`];
}
