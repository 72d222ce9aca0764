/**
 * Reads the addresses that the new machine has by now: a person who stops and starts it gives it
 * another public one.
 *
 * Looks at: the instance in EC2. Changes: nothing. Safe to repeat because: it only reads. Fails with:
 * InstanceNotHealthy where it does not run, AwsUnavailable, AwsDenied.
 */
import { refuse } from '../../contract/failures';
import type { World } from '../../world';
import type { Outcome, Say } from '../frame/attempt';
import type { AwaitInstanceInput } from './await-instance';
import { until } from '../frame/until';

export interface Addresses {
  readonly privateAddress: string;
  readonly publicAddress?: string;
}

/** How long a start takes at most, in seconds. */
const startSeconds = 300;

export const readAddresses =
  (world: World) =>
  async (
    { installation, region, instanceId }: AwaitInstanceInput,
    say: Say,
  ): Promise<Outcome & Addresses> => {
    const { poll: pollSeconds } = world.installation(installation).limits;
    const ec2 = world.ec2(region);
    let state = 'unknown to EC2';
    const running = await until({ limitSeconds: startSeconds, pollSeconds }, async () => {
      const [instance] = await ec2.instances({ ids: [instanceId] });
      state = instance?.state ?? 'unknown to EC2';
      say(`${instanceId} is ${state}`);
      if (instance?.state === 'running') return instance;
      // Only a start ends by itself, and what EC2 does not show for a moment.
      if (instance?.state === 'pending' || instance === undefined) return undefined;
      throw notRunning(instanceId, state);
    });
    if (running?.privateAddress === undefined) throw notRunning(instanceId, state);
    const { privateAddress, publicAddress } = running;
    const note = [privateAddress, publicAddress].filter(Boolean).join(' and ');
    return { note, privateAddress, ...(publicAddress ? { publicAddress } : {}) };
  };

function notRunning(instanceId: string, state: string): ReturnType<typeof refuse> {
  return refuse(
    'InstanceNotHealthy',
    `${instanceId} is ${state}. Start it in EC2, then retry; its addresses are read anew. If it is beyond ` +
      'help, abort and start another restore.',
  );
}
