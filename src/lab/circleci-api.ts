/**
 * The API of CircleCI as the lab's machines serve it: one call of version 1.1, answered by the
 * machine that the hostname resolves to, while its app is up. Where nothing would listen, the
 * connection is ended without an answer.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen, type Listening } from './listen';
import { modelOf } from './appliance/model';
import type { Machine } from './machine/machine';
import type { LabJournal, SimulatedMachine } from './shapes';

/** What the API is served from. */
export interface CircleciOptions {
  readonly token: string;
  /** The machine that the installation's hostname resolves to now. */
  readonly machine: () => SimulatedMachine | undefined;
  readonly journal: LabJournal;
  readonly port: number;
}

type Build = Machine['state']['durable']['builds'][number];

/** What the real API allows, and what it takes when nothing is said. */
const maxLimit = 100;
const usualLimit = 30;

/** A build as the API tells of it; the real one tells much more. */
function summary({ url, status, startedAt }: Build): Record<string, unknown> {
  const [username = '', reponame = '', number = ''] = url.split('/').slice(-3);
  return {
    build_url: url,
    build_num: Number(number),
    username,
    reponame,
    vcs_type: 'github',
    status,
    lifecycle: status === 'running' ? 'running' : 'finished',
    start_time: startedAt ?? null,
  };
}

function numberOf(url: URL, name: string, usual: number): number {
  const given = url.searchParams.get(name);
  return given !== null && /^\d{1,9}$/.test(given) ? Number(given) : usual;
}

function recentBuilds(machine: Machine, url: URL): unknown[] {
  const filter = url.searchParams.get('filter');
  const builds = machine.state.durable.builds.filter(
    ({ status }) => filter !== 'running' || status === 'running',
  );
  const offset = numberOf(url, 'offset', 0);
  const limit = Math.min(maxLimit, numberOf(url, 'limit', usualLimit));
  return builds.slice(offset, offset + limit).map(summary);
}

function answer(
  machine: Machine,
  request: IncomingMessage,
  token: string,
): { readonly status: number; readonly body: unknown } {
  const url = new URL(request.url ?? '/', 'http://lab');
  if (request.headers['circle-token'] !== token) {
    return { status: 401, body: { message: 'You must log in first.' } };
  }
  if (request.method !== 'GET' || url.pathname !== '/api/v1.1/recent-builds') {
    return { status: 404, body: { message: 'Not found' } };
  }
  return { status: 200, body: recentBuilds(machine, url) };
}

/** Starts the API on the loopback interface. */
export function serveCircleci(options: CircleciOptions): Promise<Listening> {
  const { token, journal } = options;
  const reply = (request: IncomingMessage, response: ServerResponse): void => {
    const found = options.machine();
    const machine = found && modelOf(found);
    if (machine?.app.isUp !== true) {
      request.socket.destroy();
      return;
    }
    const { status, body } = answer(machine, request, token);
    const { pathname } = new URL(request.url ?? '/', 'http://lab');
    journal.write({
      kind: 'api',
      machine: machine.instanceId,
      text: `${request.method ?? ''} ${pathname} is answered with ${String(status)}`,
    });
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  return listen(createServer(reply), options.port);
}
