/**
 * Moves the configured Elastic IP to the new machine, before any address is read there.
 *
 * Looks at: who holds the address. Changes: its association. Safe to repeat because: an address
 * that is already there is left alone. Fails with: ElasticIpHeld, AwsDenied, AwsUnavailable.
 */
import { refuse } from '../../contract/failures';
import type { RestorePlan } from '../../contract/plan';
import type { World } from '../../world';
import type { Outcome } from '../frame/attempt';

export interface ElasticIpInput {
  /** Says which machine may lose the address: the one that the gate showed. */
  readonly plan: RestorePlan;
  readonly instanceId: string;
}

export const moveElasticIp =
  (world: World) =>
  async ({ plan, instanceId }: ElasticIpInput): Promise<Outcome & { publicAddress?: string }> => {
    if (plan.elasticIp === undefined) {
      return { note: 'the machine is reached by a DNS record', notNeeded: true };
    }
    const { allocationId, heldBy } = plan.elasticIp;
    const ec2 = world.ec2(plan.region);
    const [address] = await ec2.addresses([allocationId]);
    if (address === undefined) {
      throw refuse(
        'ElasticIpHeld',
        `${allocationId} no longer exists. Allocate one, correct runbook.yaml, start again.`,
      );
    }
    const { publicAddress, instanceId: holder } = address;
    if (holder === instanceId) {
      return { note: `${publicAddress} is there already`, notNeeded: true, publicAddress };
    }
    if (holder !== undefined && holder !== heldBy) {
      throw refuse(
        'ElasticIpHeld',
        `${publicAddress} belongs to ${holder}, not to ${heldBy ?? 'nobody'} as approved. ` +
          'Free it by hand if it may move, then retry.',
      );
    }
    // Only an association that the gate showed may be replaced.
    await ec2.associateAddress({ allocationId, instanceId, reassociate: holder !== undefined });
    return { note: `${publicAddress}: ${holder ?? 'free'} → ${instanceId}`, publicAddress };
  };
