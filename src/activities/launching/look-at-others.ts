/**
 * Looks again at the machines that the plan found beside the new one: a person may have stopped them.
 *
 * Looks at: their states in EC2. Changes: nothing. Safe to repeat because: it only reads. Fails with:
 * AwsUnavailable, AwsDenied.
 */
import type { RestorePlan } from '../../contract/plan';
import type { World } from '../../world';
import type { Outcome } from '../frame/attempt';

export interface OthersInput {
  /** Where the restore works. */
  readonly region: string;
  readonly others: RestorePlan['others'];
}

export interface OthersSeen extends Outcome {
  /** The state of each in EC2; `gone` where EC2 does not know it any more. */
  readonly states: Readonly<Record<string, string>>;
}

export const lookAtOthers =
  (world: World) =>
  async ({ region: home, others }: OthersInput): Promise<OthersSeen> => {
    const states: Record<string, string> = {};
    for (const { instanceId, region = home } of others) {
      const [instance] = await world.ec2(region).instances({ ids: [instanceId] });
      states[instanceId] = instance?.state ?? 'gone';
    }
    const note = Object.entries(states)
      .map(([id, state]) => `${id} is ${state}`)
      .join(', ');
    return { note, states };
  };
