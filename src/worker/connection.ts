/**
 * The worker's way to Temporal: waits for what waiting can mend, says every half minute what that is,
 * and ends for everything else, so that somebody looks.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection } from '@temporalio/worker';
import { faultOf } from '../contract/temporal-faults';
import { obstacleTo, tlsOf } from '../world/temporal/reach';

type Options = NonNullable<Parameters<typeof NativeConnection.connect>[0]>;

/** What the worker cannot start for, in words for a person. */
export class NoConnection extends Error {}

/** How a connection is made; replaced in tests. */
export interface Connecting {
  readonly connect?: (options: Options) => Promise<NativeConnection>;
  readonly say?: (line: string) => void;
  /** Milliseconds. */
  readonly between?: number;
  readonly sayEvery?: number;
  readonly giveUpAfter?: number;
  readonly now?: () => number;
}

/**
 * Connects; a server that is still starting (as beside it in one compose file) is waited for.
 * Fails with NoConnection: at once for what does not pass by itself, else after ten minutes, so that
 * whoever started the worker sees that it does not work.
 */
export async function connectWorker(
  options: Options,
  {
    connect = (given) => NativeConnection.connect(given),
    say = console.log,
    between = 1000,
    sayEvery = 30_000,
    giveUpAfter = 600_000,
    now = Date.now,
  }: Connecting = {},
): Promise<NativeConnection> {
  const address = options.address ?? 'localhost:7233';
  const began = now();
  let said = -Infinity;
  for (;;) {
    try {
      return await connect(options);
    } catch (error) {
      const fault = faultOf(error, { address, namespace: undefined });
      const obstacle = await obstacleTo({ address, tls: tlsOf(options) });
      const why = obstacle?.text ?? fault?.text ?? messageOf(error);
      if (obstacle?.passes === false || fault?.passes === false) {
        throw new NoConnection(`Cannot reach Temporal at ${address}: ${why}`);
      }
      if (now() - began > giveUpAfter) {
        const minutes = String(Math.round(giveUpAfter / 60_000));
        throw new NoConnection(
          `Temporal at ${address} was not there within ${minutes} min: ${why}`,
        );
      }
      if (now() - said >= sayEvery) {
        say(`waiting for Temporal at ${address}: ${why}`);
        said = now();
      }
      await sleep(between);
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
