/** Machines that may act as the installation at the same time; the part of a plan that fences. */
import type { RestorePlan } from '../contract/plan';
import { tagNames } from '../machine/tags';
import type { World } from '../world';
import type { Ec2, Instance } from '../world/ec2';

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
export async function otherMachines(ec2: Ec2, known: Known): Promise<RestorePlan['others']> {
  const { servicesMachine, source, heldBy, existing } = known;
  const configured = await ec2.instances(
    'instance' in servicesMachine
      ? { ids: [servicesMachine.instance] }
      : { tags: servicesMachine.tags },
  );
  const holder = heldBy === undefined ? [] : await ec2.instances({ ids: [heldBy] });
  const restored = await restoredMachines(ec2, known.installation);
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

/** The machines that restores of the installation have launched, in whatever state. */
export function restoredMachines(ec2: Ec2, installation: string): Promise<Instance[]> {
  return ec2.instances({
    tags: { [tagNames.installation]: installation, [tagNames.kind]: 'restore' },
  });
}

/** Whether the machine runs, or is about to. */
export function isAlive({ state }: Instance): boolean {
  return state === 'running' || state === 'pending';
}

function originOf({ tags }: Instance): string {
  const run = tags[tagNames.run] ?? 'an earlier run';
  return `launched by ${run}, which says "${tags[tagNames.state] ?? 'nothing'}" of it`;
}
