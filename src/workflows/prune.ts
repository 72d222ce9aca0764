/**
 * Removing old backups by the rules in runbook.yaml: by hand as a run of its own, and at the end
 * of each backup that nobody watches.
 */
import { workflowInfo } from '@temporalio/workflow';
import type { PrunePlan } from '../activities/parts/images/judge-backups';
import { list, prose, paragraphs } from '../contract/markdown';
import type { Report } from '../contract/reports';
import { pruneRequest } from '../contract/requests';
import * as acts from './frame/acts';
import { claimOn, keepClaim, refuseWhileClaimed, whileClaimed } from './frame/claim';
import { runbook, type Run } from './frame/runbook';

const planning = 'Plan what to keep';
const approving = 'Approve removing old backups';
const removing = 'Remove old backups';

export function prune(request: unknown): Promise<Report> {
  return runbook({ name: 'prune', shape: pruneRequest }, request, async (run, input) => {
    const { installation, dryRun } = input;
    return whileClaimed(run, claimOn('backup', run.settings, installation), async () => {
      // Claimed first: of a restore and a prune that begin at once one sees the other.
      await refuseWhileClaimed(run, claimOn('restore', run.settings, installation));
      const plan = await run.step(planning, acts.planPrune, { installation });
      noteThePlan(run, plan);
      const notAsked = whyNotAsked(run, plan, dryRun);
      const isApproved = await run.approval(approving, toRemove(plan, notAsked));
      if (dryRun || isEmpty(plan) || !isApproved) {
        const why = dryRun || isEmpty(plan) ? notAsked : 'nobody approved it in time';
        run.notNeeded(removing, why ?? '');
        return isApproved ? plan.note : 'Nobody approved the removal in time; every backup stays.';
      }
      await keepClaim(run, claimOn('backup', run.settings, installation));
      const removal = await run.step(removing, acts.removeBackups, removalOf(run, plan, input));
      return removal.note;
    });
  });
}

/**
 * The same at the end of a backup. It was made, whatever becomes of the old ones: a removal that
 * fails is told in the report and does not fail the run.
 */
export async function removeOldBackups(
  run: Run,
  installation: string,
  why?: string,
): Promise<void> {
  const skipped = why ?? (await plannedRemoval(run, installation));
  if (skipped === undefined) return;
  for (const title of why === undefined ? [removing] : [planning, removing]) {
    run.notNeeded(title, skipped);
  }
}

/** Plans and removes; gives the reason when there is nothing to remove. */
async function plannedRemoval(run: Run, installation: string): Promise<string | undefined> {
  const plan = await run.tried(planning, acts.planPrune, { installation });
  if (plan === undefined) return 'there is no plan';
  noteThePlan(run, plan);
  if (isEmpty(plan)) return plan.notNeeded === true ? plan.note : 'nothing is to be removed';
  await keepClaim(run, claimOn('backup', run.settings, installation));
  const removal = await run.tried(
    removing,
    acts.removeBackups,
    removalOf(run, plan, { installation }),
  );
  if (removal === undefined) {
    run.findings.notes.push('Old backups were not all removed: the journal says why.');
  } else {
    run.findings.notes.push(...removal.kept);
  }
  return undefined;
}

function noteThePlan(run: Run, { backups }: PrunePlan): void {
  const lines = backups.map(({ id, region, takenAt, keep, because }) => {
    const verdict = keep ? 'kept' : 'removed';
    return `${id} of ${takenAt}${elsewhere(run, region)} ${verdict} because ${because.join(', ')}`;
  });
  run.findings.notes.push(...lines);
  run.findings.changes = [
    ...run.findings.changes,
    { step: removing, change: 'the backups that no rule keeps, and their snapshots' },
  ];
}

function elsewhere({ settings }: Run, region: string): string {
  return region === settings.region ? '' : ` in ${region}`;
}

function whyNotAsked(run: Run, plan: PrunePlan, dryRun: boolean): string | undefined {
  if (dryRun) return 'a dry run removes nothing';
  if (isEmpty(plan)) return 'nothing is to be removed';
  return run.settings.approvals.prune === 'waived' ? 'waived in runbook.yaml' : undefined;
}

function toRemove({ backups, strays }: PrunePlan, notNeeded: string | undefined) {
  const lines = [
    ...backups
      .filter(({ keep }) => !keep)
      .map(
        ({ id, region, name, because }) =>
          prose`**${id}** (${name}, ${region}): ${because.join(', ')}`,
      ),
    ...strays.map(
      ({ snapshotId: id, region }) =>
        prose`the snapshot **${id}**, left behind by a removal that was cut off (${region})`,
    ),
  ];
  const details = paragraphs(prose`Remove for good, with their snapshots:`, list(lines));
  // Backups cannot run meanwhile, so this question does not wait for days.
  return { name: 'prune', goesOnWithout: true, details, notNeeded };
}

function isEmpty({ backups, strays }: PrunePlan): boolean {
  return strays.length === 0 && backups.every(({ keep }) => keep);
}

function removalOf(run: Run, plan: PrunePlan, { installation }: { readonly installation: string }) {
  return {
    installation,
    restoreClaim: claimOn('restore', run.settings, installation).id,
    run: workflowInfo().workflowId,
    images: plan.backups
      .filter(({ keep }) => !keep)
      .map(({ region, id }) => ({ region, imageId: id })),
    strays: plan.strays,
  };
}
