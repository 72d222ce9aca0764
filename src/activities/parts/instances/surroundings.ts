/** What stands around a restore: other machines, the source, the Elastic IP; as EC2 tells it now. */
import { refuse } from '../../../contract/failures';
import type { RestorePlan } from '../../../contract/plan';
import { regionsOf } from '../../../machine/launch/places';
import type { World } from '../../../world';
import type { Ec2, Instance } from '../../../world/ec2';
import { machinesElsewhere, otherMachines, type Known, type SeenElsewhere } from './other-machines';

/** Every living machine that could act as the installation, in whatever of its regions. */
export async function machinesBeside(
  world: World,
  { region }: { readonly region: string },
  known: Known & { readonly sourceId: string | undefined },
): Promise<SeenElsewhere> {
  const regions = regionsOf(world.installation(known.installation));
  const here = await otherMachines(world.ec2(region), known);
  const elsewhere = regions.filter((one) => one !== region);
  const { others, unseen } = await machinesElsewhere(world, elsewhere, known);
  return { others: [...here, ...others], unseen };
}

/** The instance that the image was made of, if EC2 still knows it. */
export async function findSource(ec2: Ec2, id: string | undefined): Promise<Instance | undefined> {
  if (id === undefined) return undefined;
  const [source] = await ec2.instances({ ids: [id] });
  return source;
}

/** The configured Elastic IP and its holder. */
export async function findElasticIp(
  ec2: Ec2,
  reachedBy: ReturnType<World['installation']>['reachedBy'],
): Promise<RestorePlan['elasticIp']> {
  if (!('elasticIp' in reachedBy)) return undefined;
  const allocationId = reachedBy.elasticIp;
  const [address] = await ec2.addresses([allocationId]);
  if (address === undefined) {
    throw refuse(
      'MissingLaunchSetting',
      `There is no Elastic IP ${allocationId}. Correct reachedBy in runbook.yaml, restart the ` +
        'worker, then start again.',
    );
  }
  const { publicAddress, instanceId } = address;
  return { allocationId, publicAddress, ...(instanceId ? { heldBy: instanceId } : {}) };
}
