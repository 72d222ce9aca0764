/**
 * Cleaning up build records, as the vendor's document says: builds that a point-in-time backup
 * left half-finished are deleted by `(admin/delete-build "URL")` in dev-console.
 */
import { ApplicationFailure } from '@temporalio/workflow';
import { refuse } from '../contract/failures';
import type { Machine } from '../contract/plan';
import type { Report } from '../contract/reports';
import { cleanUpBuildsRequest } from '../contract/requests';
import { parseBuildUrl } from '../machine/dev-console';
import * as acts from './acts';
import { claimOn, refuseWhileClaimed } from './claim';
import { runbook, type Run } from './runbook';

export function cleanUpBuilds(request: unknown): Promise<Report> {
  return runbook(
    { name: 'cleanUpBuilds', shape: cleanUpBuildsRequest },
    request,
    async (run, input) => {
      const builds = checkedBuilds(input.builds, run.settings.hostname);
      run.findings.changes = [
        {
          step: 'Delete abnormal build records',
          change: `${String(builds.length)} build record(s)`,
        },
      ];
      const { installation } = input;
      // While a restore is open, nobody knows which machine is the live one.
      await refuseWhileClaimed(claimOn('restore', run.settings, installation));
      const { machine } = await run.step('Find the machine', acts.findMachine, { installation });
      await deleteBuildRecords(run, machine, builds);
      const { deleted, failed } = countOf(run);
      if (failed > 0)
        throw refuse(
          'BuildsNotDeleted',
          `${String(failed)} of ${String(deleted + failed)} build records were not deleted; the report says which and why. Mend that, then start again with them.`,
        );
      return `${String(deleted)} build record(s) deleted.`;
    },
  );
}

/** Refuses every URL that is not a build of this installation, all problems at once. */
export function checkedBuilds(builds: readonly string[], hostname: string): string[] {
  const problems = builds.flatMap((url) => {
    const parsed = parseBuildUrl(url, hostname);
    return parsed.ok ? [] : [`builds: ${JSON.stringify(url)} ${parsed.why}`];
  });
  if (problems.length === 0) return [...new Set(builds)];
  throw ApplicationFailure.create({
    type: 'InvalidRequest',
    message: problems.join('; '),
    nonRetryable: true,
    details: [{ problems }],
  });
}

/** Deletes the records after their own gate, which must be named: a record cannot come back. */
export async function deleteBuildRecords(
  run: Run,
  machine: Machine,
  builds: readonly string[],
): Promise<void> {
  const none = builds.length === 0 ? 'the request names no builds' : undefined;
  const waived =
    run.settings.approvals.buildRecords === 'waived' ? 'waived in runbook.yaml' : undefined;
  await run.approval('Approve deleting the build records', {
    name: 'delete-builds',
    mustName: true,
    details: `Delete for good, on ${machine.instanceId}:\n\n${builds.map((url) => `- ${url}`).join('\n')}`,
    notNeeded: none ?? waived,
  });
  if (none !== undefined) {
    run.notNeeded('Delete abnormal build records', none);
    return;
  }
  const deleted = await run.step('Delete abnormal build records', acts.deleteBuilds, {
    machine,
    builds,
  });
  run.findings.builds = deleted?.builds;
}

function countOf({ findings }: Run): { readonly deleted: number; readonly failed: number } {
  const outcomes = findings.builds ?? [];
  const deleted = outcomes.filter(({ outcome }) => outcome === 'deleted').length;
  return { deleted, failed: outcomes.length - deleted };
}
