/** The EC2 Query endpoint: forms in, XML out, on the loopback interface only. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Barriers } from '../barriers';
import type { ActiveFault, Faults } from '../faults';
import { listen, type Listening } from '../listen';
import type { LabJournal } from '../shapes';
import { reads, writes } from './actions';
import { ApiError, loginRefused, notPermitted } from './api-error';
import { Call, type Reply } from './call';
import { journalCall } from './call-journal';
import { permits } from './policy';
import { questionsOf } from './questions';
import { Query } from './query';
import type { Regions } from '../regions';
import type { Region } from './region';
import { toXml } from './xml';

const longestBody = 1_000_000;

/** What the endpoint serves, and what can go wrong with it. */
export interface Endpoint {
  readonly regions: Regions;
  readonly faults: Faults;
  readonly barriers: Barriers;
  readonly journal: LabJournal;
  readonly port: number;
}

/** Starts the endpoint. */
export function serveRegions(endpoint: Endpoint): Promise<Listening> {
  const server = createServer((request, response) => {
    answer(endpoint, request, response).catch(() => {
      // The caller hung up while its request was read.
      request.socket.destroy();
    });
  });
  return listen(server, endpoint.port);
}

interface Outcome {
  readonly status: number;
  readonly body: string;
}

async function answer(
  endpoint: Endpoint,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const query = new Query(await readBody(request));
  const action = query.text('Action') ?? '';
  const strikes = endpoint.faults.strike(action);
  const disturbance = await disturb(strikes);
  if (disturbance === 'hang') {
    return;
  }
  if (disturbance === 'lose-request') {
    request.socket.destroy();
    return;
  }
  const outcome =
    disturbance ??
    execute(endpoint, { query, action, strikes, header: request.headers.authorization });
  if (disturbance !== undefined) {
    journalCall(endpoint.journal, query, 'struck by a fault');
  } else if (outcome.status === 200) {
    await endpoint.barriers.atBarrier(action);
  }
  if (strikes.some(({ effect }) => effect === 'lose-reply')) {
    request.socket.destroy();
    return;
  }
  response.writeHead(outcome.status, { 'content-type': 'text/xml;charset=UTF-8' });
  response.end(outcome.body);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > longestBody) {
      throw new RangeError('The request is too long.');
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What the faults do to a call before it is executed; nothing, mostly. */
async function disturb(
  strikes: readonly ActiveFault[],
): Promise<Outcome | 'hang' | 'lose-request' | undefined> {
  for (const fault of strikes) {
    switch (fault.effect) {
      case 'delay':
        await sleep(fault.seconds * 1000, undefined, { ref: false });
        break;
      case 'hang':
      case 'lose-request':
        return fault.effect;
      case 'garbage':
        return { status: fault.status, body: fault.body };
      case 'error':
        return errorOutcome(new ApiError(fault.code, fault.message, fault.status));
      default:
        break;
    }
  }
  return undefined;
}

interface Execution {
  readonly query: Query;
  readonly action: string;
  readonly strikes: readonly ActiveFault[];
  readonly header: string | undefined;
}

function execute(endpoint: Endpoint, { query, action, strikes, header }: Execution): Outcome {
  try {
    const region = regionOf(endpoint, header);
    const handler = reads.get(action) ?? writes.get(action);
    if (handler === undefined) {
      throw new ApiError(
        'InvalidAction',
        `The action ${action} is not valid for this web service.`,
      );
    }
    const call = new Call({
      region,
      query,
      strikes,
      denies: (name) => endpoint.faults.denies(name),
    });
    call.demand(action);
    demandRights(endpoint, { region, action, query, header });
    if (reads.has(action)) {
      call.commit();
    }
    const reply = handler(call);
    if (writes.has(action)) {
      region.save();
    }
    journalCall(endpoint.journal, query, writes.has(action) ? reply : 'ok');
    return { status: 200, body: replyXml(action, reply) };
  } catch (error) {
    const known =
      error instanceof ApiError ? error : new ApiError('InternalError', String(error), 500);
    journalCall(endpoint.journal, query, known.code);
    return errorOutcome(known);
  }
}

/** What the caller's policies say of each thing that the call touches. */
function demandRights(
  { faults }: Endpoint,
  {
    header,
    ...asked
  }: Pick<Execution, 'query' | 'action' | 'header'> & { readonly region: Region },
): void {
  const key = /Credential=([^/]+)/.exec(header ?? '')?.[1] ?? '';
  const policies = faults.policiesOf(key);
  if (policies === undefined) return;
  const denied = questionsOf(asked).find((question) => !permits(policies, question));
  if (denied !== undefined) throw notPermitted(asked.region.state.owner, denied);
}

/** The region is a part of the signature: `Credential=KEY/20260101/us-east-1/ec2/aws4_request`. */
function regionOf(endpoint: Endpoint, header: string | undefined): Region {
  const scope = /Credential=([^/]+)\/\d{8}\/([^/]+)\/ec2\//.exec(header ?? '');
  const refusal = scope === null ? 'AuthFailure' : endpoint.faults.loginRefusal(scope[1] ?? '');
  if (refusal !== undefined) throw loginRefused(refusal);
  const region = endpoint.regions.named(scope?.[2] ?? '');
  if (region === undefined) {
    const names = endpoint.regions.all.map(({ name }) => name).join(', ');
    throw new ApiError(
      'AuthFailure',
      `Credential should be scoped to a valid region; the lab has ${names}.`,
      401,
    );
  }
  if (region.state.off) {
    throw new ApiError('ServiceUnavailable', `${region.name} does not answer.`, 503);
  }
  return region;
}

function replyXml(action: string, reply: Reply): string {
  const body = toXml({ requestId: randomUUID(), ...reply });
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${body}</${action}Response>`
  );
}

function errorOutcome({ code, message, status }: ApiError): Outcome {
  const error = toXml({ Error: { Code: code, Message: message } });
  return {
    status,
    body:
      '<?xml version="1.0" encoding="UTF-8"?>\n<Response>' +
      `<Errors>${error}</Errors><RequestID>${randomUUID()}</RequestID></Response>`,
  };
}
