/** Says on the instance that its app is stopped by this run, and takes the word back. */
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Machine } from '../../../contract/plan';
import { appStoppedTag } from '../../../machine/app/app-stopped-tag';
import { tagNames } from '../../../machine/backups/tags';
import type { World } from '../../../world';

/** Sets the tag. Never a reason to fail: gives what a journal should say where it did not work. */
export async function markStopped(
  world: World,
  machine: Machine,
  budgetSeconds: number,
): Promise<string> {
  const by = Context.current().info.workflowExecution?.workflowId ?? 'a run';
  const value = appStoppedTag({ since: new Date().toISOString(), budgetSeconds, by });
  return quietly(() =>
    ec2Of(world, machine).tag([machine.instanceId], { [tagNames.appStopped]: value }),
  );
}

/** Takes it off: the app is up. */
export async function unmarkStopped(world: World, machine: Machine): Promise<string> {
  return quietly(() => ec2Of(world, machine).untag([machine.instanceId], [tagNames.appStopped]));
}

function ec2Of(world: World, { installation, region }: Machine) {
  return world.ec2(region ?? world.installation(installation).region);
}

async function quietly(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return '';
  } catch (error) {
    if (isLate(error)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    return `; its tag ${tagNames.appStopped} could not be changed: ${why.slice(0, 200)}`;
  }
}

/** Whoever comes late changes nothing further on. */
function isLate(error: unknown): boolean {
  return error instanceof ApplicationFailure && error.type === 'Superseded';
}
