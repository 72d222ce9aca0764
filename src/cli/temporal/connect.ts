/** The connection to Temporal, made only when a command needs it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Connection, ConnectionOptions } from '@temporalio/client';
import { obstacleTo, tlsOf, type Place } from '../../world/temporal/reach';
import { faultOf } from '../../contract/temporal-faults';
import { CliError, messageOf } from '../exit-status';

/** A connected client and where it is connected to. */
export interface Temporal {
  readonly client: Client;
  readonly connection: Connection;
  readonly namespace: string;
  readonly address: string;
}

/** The task queue that the worker polls. */
export function taskQueue(environment: NodeJS.ProcessEnv): string {
  return environment['RUNBOOK_TASK_QUEUE'] ?? 'runbook';
}

/** Connects as Temporal's own tools do (file and environment), uses it, and closes it. */
export async function withTemporal<T>(use: (temporal: Temporal) => Promise<T>): Promise<T> {
  const temporal = await connect();
  try {
    return await use(temporal);
  } catch (error) {
    const fault = faultOf(error, temporal);
    // What passes keeps its own status: the server was there a moment ago.
    throw fault?.passes === false ? new CliError('Failed', fault.text) : error;
  } finally {
    await temporal.connection.close();
  }
}

async function connect(): Promise<Temporal> {
  const { loadClientConfigProfile, toClientOptions } = await import('@temporalio/envconfig');
  const profile = loadClientConfigProfile();
  const { connectionOptions, namespace = 'default' } = toClientOptions(profile);
  const address = profile.address ?? 'localhost:7233';
  const { apiKey, metadata, tls } = connectionOptions;
  return await connectTo(address, namespace, {
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(tls === undefined ? {} : { tls }),
  });
}

/** Connects to one address, whatever the environment says; the caller closes the connection. */
export async function connectTo(
  address: string,
  namespace = 'default',
  options: ConnectionOptions = {},
): Promise<Temporal> {
  const { Client, Connection } = await import('@temporalio/client');
  const ended = new AbortController();
  try {
    const connecting = Connection.connect({ address, connectTimeout: 5000, ...options });
    connecting.catch(() => undefined);
    const obstructed = obstruction({ address, tls: tlsOf(options) }, ended.signal);
    const connection = await Promise.race([connecting, obstructed]);
    return { client: new Client({ connection, namespace }), connection, namespace, address };
  } catch (error) {
    throw new CliError(
      'Unreachable',
      `Cannot reach Temporal at ${address}: ${messageOf(error)}\n` +
        'Start one with `runbook up`, or name yours with TEMPORAL_ADDRESS.',
    );
  } finally {
    ended.abort();
  }
}

/**
 * Fails by the cause of what is in the way, which gRPC does not tell. A little later than it is seen:
 * a connection that comes about all the same, as through a proxy, counts more.
 */
async function obstruction(place: Place, signal: AbortSignal): Promise<never> {
  const obstacle = await obstacleTo(place);
  const never = new Promise<never>(() => undefined);
  if (obstacle === undefined) return await never;
  const ended = await sleep(1000, undefined, { signal }).catch(() => 'ended');
  if (ended !== undefined) return await never;
  throw new Error(obstacle.text);
}

/** Whether a worker has polled the task queue within the last long poll. */
export async function workerPolls(temporal: Temporal, queue: string): Promise<boolean> {
  const { pollers } = await temporal.connection.workflowService.describeTaskQueue({
    namespace: temporal.namespace,
    taskQueue: { name: queue },
  });
  const { tsToMs } = await import('@temporalio/common/lib/time.js');
  // A poll lasts 60 seconds at most; one that polled earlier is gone.
  const since = Date.now() - 70_000;
  return pollers.some((poller) => tsToMs(poller.lastAccessTime) > since);
}

/** Refuses to go on when no worker would take the work up. */
export async function needWorker(temporal: Temporal, queue: string): Promise<void> {
  if (await workerPolls(temporal, queue)) return;
  throw new CliError(
    'Failed',
    `No worker polls the task queue "${queue}" of ${temporal.address}, so nothing would happen.\n` +
      'Start one with `runbook worker`, or name another queue with RUNBOOK_TASK_QUEUE.',
  );
}
