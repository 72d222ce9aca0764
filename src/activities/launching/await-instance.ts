/**
 * Waits until the launched instance runs and passes its status checks.
 *
 * Looks at: the instance and its checks in EC2; its console while they do not pass. Changes: nothing. Safe to repeat because: it only
 * reads. Fails with: InstanceLost, InstanceNotHealthy, BootStopped, AwsUnavailable.
 */
import { refuse } from '../../contract/failures';
import type { World } from '../../world';
import type { Outcome, Say } from '../frame/attempt';
import { isGone, lostInstance } from '../parts/instances/launch-once';
import { consoleWatch } from '../parts/machine/stopped-boot';
import { until } from '../frame/until';

export interface AwaitInstanceInput {
  readonly installation: string;
  readonly region: string;
  readonly instanceId: string;
  /** Whether it was there before the run, which then cannot launch it again. */
  readonly wasThere?: boolean;
}

export interface Running extends Outcome {
  readonly privateAddress: string;
  readonly publicAddress?: string;
}

export const awaitInstance =
  (world: World) =>
  async (input: AwaitInstanceInput, say: Say): Promise<Running> => {
    const { installation, region, instanceId, wasThere = false } = input;
    const { launch: limitSeconds, poll: pollSeconds } = world.installation(installation).limits;
    const ec2 = world.ec2(region);
    const watch = consoleWatch(ec2, instanceId);
    let state = 'not visible yet';
    const healthy = await until({ limitSeconds, pollSeconds }, async () => {
      const [instance] = await ec2.instances({ ids: [instanceId] });
      // For some minutes after a launch EC2 may not know the instance yet.
      if (instance === undefined) return undefined;
      if (isGone(instance) || instance.state.startsWith('stop')) {
        throw lostInstance(instance, !wasThere);
      }
      const health = await ec2.health(instanceId);
      state = `${instance.state}, status checks ${health}`;
      say(`${instanceId} is ${state}`);
      if (health === 'ok') return instance;
      await watch(health === 'impaired');
      return undefined;
    });
    if (healthy?.privateAddress !== undefined) {
      const { privateAddress, publicAddress } = healthy;
      return { note: `${state}, private address ${privateAddress}`, privateAddress, publicAddress };
    }
    await watch(true);
    throw refuse(
      'InstanceNotHealthy',
      `${instanceId} did not pass its status checks within ${String(limitSeconds)} s; last seen: ` +
        `${state}. Look at its console output in EC2, then retry to go on waiting.`,
    );
  };
