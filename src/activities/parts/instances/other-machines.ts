/** Machines that may act as the installation at the same time; the part of a plan that fences. */
import type { RestorePlan } from '../../../contract/plan';
import { tagNames } from '../../../machine/backups/tags';
import type { World } from '../../../world';
import type { Ec2, Instance } from '../../../world/ec2';

/** What is known of the installation when its other machines are looked for. */
export interface Known {
  readonly installation: string;
  readonly servicesMachine: ReturnType<World['installation']>['servicesMachine'];
  /** The instance that the image was made of. */
  readonly source: Instance | undefined;
  /** Holder of the Elastic IP. */
  readonly heldBy: string | undefined;
  /** The machine that is taken up again. */
  readonly existing: Instance | undefined;
  /** First run id of this restore: its own machine is no other, also after a reset. */
  readonly firstRunId: string;
}

/** Every living machine that could be a second production beside the new one, each once. */
export async function otherMachines(
  ec2: Ec2,
  known: Known,
  signal?: AbortSignal,
): Promise<RestorePlan['others']> {
  const { servicesMachine, source, heldBy, existing } = known;
  const configured = await ec2.instances(
    'instance' in servicesMachine
      ? { ids: [servicesMachine.instance] }
      : { tags: servicesMachine.tags },
    signal,
  );
  const holder = heldBy === undefined ? [] : await ec2.instances({ ids: [heldBy] });
  const restored = await restoredMachines(ec2, known.installation, signal);
  const candidates: readonly (readonly [Instance, string])[] = [
    ...(source ? [[source, 'the image was made of it'] as const] : []),
    ...holder.map((one) => [one, 'it holds the Elastic IP'] as const),
    ...restored.map((one) => [one, originOf(one)] as const),
    ...configured.map((one) => [one, 'servicesMachine in runbook.yaml names it'] as const),
  ];
  const others = new Map<string, string>();
  for (const [instance, why] of candidates) {
    const isOwn =
      instance.id === existing?.id || instance.tags[tagNames.firstRun] === known.firstRunId;
    if (isAlive(instance) && !isOwn && !others.has(instance.id)) others.set(instance.id, why);
  }
  return [...others].map(([instanceId, why]) => ({ instanceId, why }));
}

/** How long a region is waited for that may itself be the reason for the restore. */
export const patienceSeconds = 30;

/** What was seen in other regions, and which of them could not be asked. */
export interface SeenElsewhere {
  readonly others: RestorePlan['others'];
  readonly unseen: RestorePlan['unseen'];
}

/**
 * The same in the other regions of the installation. A region that does not answer tells nothing of
 * what runs there: that is for a person to judge.
 */
export async function machinesElsewhere(
  world: World,
  regions: readonly string[],
  known: Known & { readonly sourceId: string | undefined },
): Promise<SeenElsewhere> {
  const seen = await Promise.all(
    regions.map(async (region): Promise<SeenElsewhere> => {
      const ec2 = world.ec2(region);
      const signal = AbortSignal.timeout(patienceSeconds * 1000);
      try {
        const ids = known.sourceId === undefined ? [] : [known.sourceId];
        const [source] = await ec2.instances({ ids }, signal);
        // Also one that this run has launched there before it was reset: here it is another one.
        const there = { ...known, source, heldBy: undefined, existing: undefined, firstRunId: '' };
        const found = await otherMachines(ec2, there, signal);
        const others = found.map((one) => ({ ...one, region, why: `in ${region}: ${one.why}` }));
        return { others, unseen: [] };
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        return { others: [], unseen: [`${region} could not be asked what runs there: ${why}`] };
      }
    }),
  );
  return {
    others: seen.flatMap(({ others }) => others),
    unseen: seen.flatMap(({ unseen }) => unseen),
  };
}

/** The machines that restores of the installation have launched, in whatever state. */
export function restoredMachines(
  ec2: Ec2,
  installation: string,
  signal?: AbortSignal,
): Promise<Instance[]> {
  const tags = { [tagNames.installation]: installation, [tagNames.kind]: 'restore' };
  return ec2.instances({ tags }, signal);
}

/** Whether the machine runs, or is about to. */
export function isAlive({ state }: Instance): boolean {
  return state === 'running' || state === 'pending';
}

function originOf({ tags }: Instance): string {
  const run = tags[tagNames.run] ?? 'an earlier run';
  return `launched by ${run}, which says "${tags[tagNames.state] ?? 'nothing'}" of it`;
}
