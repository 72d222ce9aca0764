/**
 * Looks again at what people approved a launch by: an answer may come days after its question.
 *
 * Looks at: the image, the machine that is taken up or over, machines that may act as the
 * installation in any of its regions, the holder of the Elastic IP. Changes: nothing. Safe to repeat
 * because: it only reads. Fails with: AwsUnavailable, AwsDenied.
 */
import type { LaunchFacts, RestorePlan } from '../../contract/plan';
import { tagNames } from '../../machine/backups/tags';
import type { World } from '../../world';
import type { Ec2 } from '../../world/ec2';
import type { Outcome } from '../frame/attempt';
import { patienceSeconds } from '../parts/instances/other-machines';
import { findElasticIp, findSource, machinesBeside } from '../parts/instances/surroundings';

export interface LookAgainInput {
  readonly plan: Pick<RestorePlan, 'installation' | 'region' | 'imageId' | 'existingInstanceId'> & {
    readonly sourceId?: string | undefined;
  };
  /** First run id of this restore, which its own machine bears as a tag. */
  readonly firstRunId: string;
  /** The machines that a question was about. */
  readonly asked: RestorePlan['others'];
}

export const lookAgain =
  (world: World) =>
  async ({ plan, firstRunId, asked }: LookAgainInput): Promise<Outcome & LaunchFacts> => {
    const { installation, region, imageId, existingInstanceId, sourceId } = plan;
    const configured = world.installation(installation, region);
    const ec2 = world.ec2(region);
    const source = await findSource(ec2, sourceId);
    const existing = await findSource(ec2, existingInstanceId);
    const elasticIp = await findElasticIp(ec2, configured.reachedBy);
    const { others, unseen } = await machinesBeside(world, configured, {
      ...{ installation, source, sourceId, existing, firstRunId },
      servicesMachine: configured.servicesMachine,
      heldBy: elasticIp?.heldBy,
    });
    const [image] = await ec2.images({ ids: [imageId] });
    const facts: LaunchFacts = {
      others,
      unseen,
      states: await statesOf(world, region, asked),
      image: image?.state ?? 'gone',
      ...(existingInstanceId === undefined
        ? {}
        : { existing: existing ? `${existing.state}, ${stateTag(existing.tags)}` : 'gone' }),
      ...(elasticIp === undefined ? {} : { elasticIp }),
    };
    return { note: `${String(others.length)} other machines run`, ...facts };
  };

/** What the tags say of the machine: `ready` of a spare, `restoring` of one that is taken up. */
function stateTag(tags: Readonly<Record<string, string>>): string {
  return tags[tagNames.state] ?? 'without a state';
}

async function statesOf(
  world: World,
  home: string,
  asked: RestorePlan['others'],
): Promise<Record<string, string>> {
  const each = asked.map(async ({ instanceId, region = home }) => {
    return [instanceId, await stateOf(world.ec2(region), instanceId)] as const;
  });
  return Object.fromEntries(await Promise.all(each));
}

/** A region that does not answer is told of where its machines are looked for. */
async function stateOf(ec2: Ec2, id: string): Promise<string> {
  const signal = AbortSignal.timeout(patienceSeconds * 1000);
  return ec2.instances({ ids: [id] }, signal).then(
    ([instance]) => instance?.state ?? 'gone',
    () => 'not known',
  );
}
