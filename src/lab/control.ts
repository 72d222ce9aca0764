/** The lab's own HTTP API: what a test, a demo or a person does behind AWS's back. */
import { createServer, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Barrier, Barriers } from './barriers';
import { changeMarket, denyActions, refuseLogins } from './control-aws';
import { attachVolume, setExport } from './control-storage';
import { faultRule, type Faults } from './faults';
import { listen, type Listening } from './listen';
import { endInstance } from './region/lifecycle';
import type { Region } from './region/region';
import type { Regions } from './regions';
import type { LabJournal, SimulatedMachine } from './shapes';
import type { WorldState } from './world-state';

/** What the API reaches. */
export interface Controlled {
  readonly world: WorldState;
  readonly regions: Regions;
  readonly faults: Faults;
  readonly barriers: Barriers;
  readonly journal: LabJournal;
  readonly save: () => void;
  readonly port: number;
}

/** A refusal, with its HTTP status. */
class ControlError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

interface Asked {
  readonly url: URL;
  /** What the pattern's group matched. */
  readonly id: string;
  readonly body: unknown;
}

interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: RegExp;
  readonly handle: (controlled: Controlled, asked: Asked) => unknown;
}

const dnsRecord = z.strictObject({ name: z.string().min(1), address: z.ipv4() });
const nomadClient = z.strictObject({ id: z.string().min(1), serverAddress: z.string().min(1) });
const barrierRequest = z.strictObject({
  point: z.string().min(1),
  skip: z.int().min(0).default(0),
});
const regionSwitch = z.strictObject({ off: z.boolean() });

const routes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/journal$/,
    handle: ({ journal }, { url }) => ({
      entries: journal.since(Number(url.searchParams.get('since') ?? 0)),
    }),
  },
  { method: 'GET', path: /^\/world$/, handle: describeWorld },
  {
    method: 'GET',
    path: /^\/faults$/,
    handle: ({ faults }) => ({ faults: faults.list(), denied: faults.denied }),
  },
  {
    method: 'POST',
    path: /^\/faults$/,
    handle: ({ faults }, { body }) => faults.add(faultRule.parse(body)),
  },
  {
    method: 'DELETE',
    path: /^\/faults(?:\/(.+))?$/,
    handle: ({ faults }, { id }) => {
      faults.remove(id === '' ? undefined : id);
    },
  },
  { method: 'POST', path: /^\/deny$/, handle: denyActions },
  { method: 'POST', path: /^\/logins$/, handle: refuseLogins },
  { method: 'POST', path: /^\/regions\/([^/]+)\/market$/, handle: changeMarket },
  {
    method: 'POST',
    path: /^\/dns$/,
    handle: ({ world, journal, save }, { body }) => {
      const { name, address } = dnsRecord.parse(body);
      world.dns[name.toLowerCase()] = address;
      journal.write({ kind: 'control', text: `DNS record ${name} is now ${address}` });
      save();
    },
  },
  {
    method: 'POST',
    path: /^\/exports$/,
    handle: ({ regions, ...rest }, { body }) =>
      setExport({ ...rest, dir: regions.first.parts.dir }, body),
  },
  { method: 'POST', path: /^\/nomad-clients$/, handle: setNomadClient },
  { method: 'POST', path: /^\/regions\/([^/]+)$/, handle: switchRegion },
  { method: 'POST', path: /^\/machines\/([^/]+)\/lose$/, handle: loseMachine },
  {
    method: 'POST',
    path: /^\/machines\/([^/]+)\/set$/,
    handle: (controlled, { id, body }) => {
      const machine = machineOf(controlled, id);
      const values = z.record(z.string(), z.unknown()).parse(body);
      machine.set(values);
      const text = `set ${Object.keys(values).join(', ')}`;
      controlled.journal.write({ kind: 'control', machine: id, text });
      return machine.inspect();
    },
  },
  {
    method: 'POST',
    path: /^\/machines\/([^/]+)\/attach$/,
    handle: ({ regions }, { id, body }) => attachVolume(regions.of(id), id, body),
  },
  {
    method: 'GET',
    path: /^\/barriers$/,
    handle: ({ barriers }) => ({ barriers: barriers.list().map(barrierView) }),
  },
  {
    method: 'POST',
    path: /^\/barriers$/,
    handle: ({ barriers }, { body }) => {
      const { point, skip } = barrierRequest.parse(body);
      return barrierView(barriers.hold(point, skip));
    },
  },
  { method: 'GET', path: /^\/barriers\/([^/]+)\/wait$/, handle: waitForBarrier },
  {
    method: 'POST',
    path: /^\/barriers\/([^/]+)\/release$/,
    handle: (controlled, { id }) => {
      const barrier = barrierOf(controlled, id);
      barrier.release();
      return barrierView(barrier);
    },
  },
];

function barrierView({ id, point, skip, state }: Barrier): Record<string, unknown> {
  return { id, point, skip, state };
}

function barrierOf({ barriers }: Controlled, id: string): Barrier {
  const barrier = barriers.find(id);
  if (barrier === undefined) {
    throw new ControlError(404, `There is no barrier ${id}.`);
  }
  return barrier;
}

/** Answers when somebody is held there, or after `seconds` (30) with the state as it is. */
async function waitForBarrier(controlled: Controlled, { id, url }: Asked): Promise<unknown> {
  const barrier = barrierOf(controlled, id);
  const seconds = Math.min(600, Number(url.searchParams.get('seconds') ?? 30));
  const waited = new AbortController();
  const timer = sleep(seconds * 1000, undefined, { signal: waited.signal, ref: false });
  await Promise.race([barrier.reached, timer.catch(() => undefined)]);
  waited.abort();
  return barrierView(barrier);
}

function machineOf({ regions }: Controlled, id: string): SimulatedMachine {
  const machine = regions.of(id)?.machines.get(id);
  if (machine === undefined) {
    throw new ControlError(404, `There is no machine ${id}; it may have been terminated.`);
  }
  return machine;
}

/** The instance is gone at once, whatever protects it; nobody asked AWS for it. */
function loseMachine(controlled: Controlled, { id }: Asked): void {
  machineOf(controlled, id);
  const region = controlled.regions.of(id);
  const instance = region?.state.instances[id];
  if (region !== undefined && instance !== undefined) {
    instance.stateReason = {
      code: 'Server.InternalError',
      message: 'Server.InternalError: Internal error on the host of the instance',
    };
    endInstance(region, instance);
    controlled.journal.write({ kind: 'control', machine: id, text: 'the machine is lost' });
    controlled.save();
  }
}

/** A person gives a Nomad client another server and restarts it; or adds one to the fleet. */
function setNomadClient({ world, journal, save }: Controlled, { body }: Asked): void {
  const client = nomadClient.parse(body);
  const known = world.nomadClients.find(({ id }) => id === client.id);
  if (known === undefined) {
    world.nomadClients.push(client);
  } else {
    known.serverAddress = client.serverAddress;
  }
  const text = `Nomad client ${client.id} now dials ${client.serverAddress}`;
  journal.write({ kind: 'control', text });
  save();
}

/** Everything of every region; each thing says which region it is in. */
function describeWorld({ world, regions }: Controlled): unknown {
  const each = (things: (region: Region) => readonly object[]): unknown[] =>
    regions.all.flatMap((region) =>
      things(region).map((thing) => ({ ...thing, region: region.name })),
    );
  return {
    now: new Date(regions.first.now()).toISOString(),
    dns: world.dns,
    nomadClients: world.nomadClients,
    regions: regions.all.map(({ name, state }) => ({ name, off: state.off })),
    instances: each((region) =>
      Object.values(region.state.instances).map((instance) => ({
        ...instance,
        publicAddress: region.publicAddressOf(instance),
      })),
    ),
    images: each(({ state }) => Object.values(state.images).filter(({ foreign }) => !foreign)),
    snapshots: each(({ state }) => Object.values(state.snapshots)),
    volumes: each(({ state }) => Object.values(state.volumes)),
    addresses: each(({ state }) => Object.values(state.addresses)),
    machines: Object.fromEntries(
      regions.all.flatMap(({ machines }) =>
        [...machines].map(([id, machine]) => [id, machine.inspect()]),
      ),
    ),
  };
}

/** A region is lost, or comes back: as seen from outside, nothing in it answers. */
function switchRegion({ regions, journal, save }: Controlled, { id, body }: Asked): unknown {
  const region = regions.named(id);
  if (region === undefined) {
    throw new ControlError(404, `The lab has no region ${id}.`);
  }
  region.state.off = regionSwitch.parse(body).off;
  const text = `the region ${id} is ${region.state.off ? 'cut off' : 'reachable again'}`;
  journal.write({ kind: 'control', text });
  save();
  return { name: id, off: region.state.off };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += String(chunk);
  }
  if (text === '') {
    return {};
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new ControlError(400, 'The body is not JSON.');
  }
}

async function answer(controlled: Controlled, request: IncomingMessage): Promise<unknown> {
  const url = new URL(request.url ?? '/', 'http://lab');
  for (const { method, path, handle } of routes) {
    const found = path.exec(url.pathname);
    if (found !== null && method === request.method) {
      const asked = { url, id: found[1] ?? '', body: await readJson(request) };
      return (await handle(controlled, asked)) ?? { ok: true };
    }
  }
  throw new ControlError(404, `The lab has no ${request.method ?? ''} ${url.pathname}.`);
}

/** Starts the API on the loopback interface. */
export function serveControl(controlled: Controlled): Promise<Listening> {
  const server = createServer((request, response) => {
    const reply = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(`${JSON.stringify(body)}\n`);
    };
    answer(controlled, request).then(
      (body) => {
        reply(200, body);
      },
      (error: unknown) => {
        const status = error instanceof ControlError ? error.status : 400;
        reply(status, { error: error instanceof Error ? error.message : String(error) });
      },
    );
  });
  return listen(server, controlled.port);
}
