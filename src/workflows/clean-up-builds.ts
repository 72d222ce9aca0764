/**
 * Cleaning up build records, as the vendor's document says: builds that a point-in-time backup
 * left half-finished are deleted by `(admin/delete-build "URL")` in dev-console.
 */
import { ApplicationFailure } from '@temporalio/workflow';
import { refuse } from '../contract/failures';
import { list, prose, paragraphs, type Markdown } from '../contract/markdown';
import type { Machine, Settings } from '../contract/plan';
import type { Report } from '../contract/reports';
import {
  buildsAtOnce,
  cleanUpBuildsRequest,
  type CleanUpBuildsRequest,
} from '../contract/requests';
import { parseBuildUrl } from '../machine/app/dev-console';
import * as acts from './frame/acts';
import { claimOn, refuseWhileClaimed } from './frame/claim';
import { FactGates, untilSeen, type FactGate } from './frame/fact-gates';
import { runbook, type Run } from './frame/runbook';
import { perform } from './frame/perform';

/** Build records to delete, before anybody has approved it. */
interface Offer {
  readonly builds: readonly string[];
  /** Why nothing is asked, where there are none. */
  readonly none: string;
  /** For builds that the API told, not a person: how each is known never to end. */
  readonly why?: ReadonlyMap<string, string>;
}

const deleting = 'Delete abnormal build records';

export function cleanUpBuilds(request: unknown): Promise<Report> {
  return runbook(
    { name: 'cleanUpBuilds', shape: cleanUpBuildsRequest },
    request,
    async (run, input) => {
      const { installation } = input;
      const named = namedBuilds(input, run.settings);
      const what = named ? `${String(named.length)} build record(s)` : 'those of unending builds';
      run.findings.changes = [{ step: deleting, change: what }];
      const claim = claimOn('restore', run.settings, installation);
      // While a restore is open, nobody knows which machine is the live one.
      await refuseWhileClaimed(run, claim);
      const found = await run.step('Find the machine', acts.findMachine, { installation });
      let { machine } = found;
      const look = async (): Promise<Machine> => {
        await refuseWhileClaimed(run, claim);
        const how = run.how('Is it the same machine?');
        const title = 'Look for the machine again';
        const again = await untilSeen(run, title, () =>
          perform(acts.findMachine, { installation }, how),
        );
        ({ machine } = again);
        return machine;
      };
      await deleteBuildRecords(run, () => machine, {
        offer: await offerOf(run, machine, named),
        look,
      });
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

/** The request's builds; undefined: they are to be found, which needs a token. */
function namedBuilds(
  { installation, builds }: CleanUpBuildsRequest,
  { hostname, hasCircleciApi }: Settings,
): readonly string[] | undefined {
  if (builds !== undefined) return checkedBuilds(builds, hostname);
  if (hasCircleciApi) return undefined;
  const problem =
    `builds: name them, or set circleciApi.tokenFile of ${installation} in runbook.yaml and ` +
    'restart the worker: then those that never end are found without';
  throw refuse('InvalidRequest', problem, { problems: [problem] });
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

async function offerOf(
  run: Run,
  machine: Machine,
  named: readonly string[] | undefined,
): Promise<Offer> {
  const title = 'Find the builds that never end';
  if (named !== undefined) {
    run.notNeeded(title, 'the request names the builds');
    return { builds: named, none: 'the request names no builds' };
  }
  const input = { machine, limit: buildsAtOnce };
  const found = await run.step(title, acts.findUnendingBuilds, input);
  run.findings.notes.push(...found.notes);
  return {
    builds: found.builds.map(({ url }) => url),
    none: 'no build that claims to run is from before the machine was launched',
    why: new Map(
      found.builds.map(({ url, startedAt, why }) => [
        url,
        startedAt === undefined ? why : `${why}, started ${startedAt}`,
      ]),
    ),
  };
}

/** Deletes the records after their own gate, which must be named: a record cannot come back. */
export async function deleteBuildRecords(
  run: Run,
  machine: () => Machine,
  { offer, look }: { readonly offer: Offer; readonly look: () => Promise<Machine> },
): Promise<void> {
  const { builds, none } = offer;
  // Waived is what the person who wrote the request knew, not what an API says.
  const isWaived = run.settings.approvals.buildRecords === 'waived' && offer.why === undefined;
  const waived = isWaived ? 'waived in runbook.yaml' : undefined;
  let approved: readonly string[] = builds;
  const gate: FactGate<Machine> = {
    title: 'Approve deleting the build records',
    about: (on) => ({
      name: 'delete-builds',
      details: detailsOf(on, offer),
      builds,
      notNeeded: builds.length === 0 ? none : waived,
    }),
    differs: (before, now) =>
      before.instanceId === now.instanceId
        ? []
        : [prose`The Services machine is **${now.instanceId}** now, and was ${before.instanceId}.`],
    heard: (decision) => {
      approved = decision.builds ?? builds;
    },
  };
  const on = await new FactGates(run, [gate], look).stand(machine());
  if (builds.length === 0) {
    run.notNeeded(deleting, none);
    return;
  }
  const wanted = await stillUnending(run, {
    on,
    offer,
    wanted: builds.filter((url) => approved.includes(url)),
  });
  run.findings.notes.push(...aboutTheRest(builds, approved));
  const deleted = await run.step(deleting, acts.deleteBuilds, { machine: on, builds: wanted });
  run.findings.builds = deleted?.builds;
}

/** The approved builds, without those that have ended while the question waited. */
async function stillUnending(
  run: Run,
  { on, offer, wanted }: { on: Machine; offer: Offer; wanted: readonly string[] },
): Promise<readonly string[]> {
  // What a person named is not for an API to judge.
  if (offer.why === undefined || wanted.length === 0) return wanted;
  const how = run.how('Do they still claim to run?');
  const { builds } = await untilSeen(run, 'Look for the builds again', () =>
    perform(acts.findUnendingBuilds, { machine: on, limit: buildsAtOnce }, how),
  );
  const unending = new Set(builds.map(({ url }) => url));
  const ended = wanted.filter((url) => !unending.has(url));
  if (ended.length > 0) {
    const shown = ended.slice(0, 10).join(', ');
    run.findings.notes.push(`Do not claim to run any more, so not deleted: ${shown}.`);
  }
  return wanted.filter((url) => unending.has(url));
}

function detailsOf({ instanceId }: Machine, { builds, why }: Offer): Markdown {
  const lines = builds.map((url) => {
    const reason = why?.get(url);
    return reason === undefined ? url : prose`${url} (${reason})`;
  });
  return paragraphs(
    prose`Delete **${builds.length} build record(s)** for good, on ${instanceId}. To approve only some of
    them, name these in the answer: \`"builds":["URL"]\`.`,
    list(lines),
  );
}

function aboutTheRest(builds: readonly string[], approved: readonly string[]): string[] {
  const rest = builds.filter((url) => !approved.includes(url));
  if (rest.length === 0) return [];
  const shown = rest.slice(0, 10).join(', ');
  const more = rest.length > 10 ? ` and ${String(rest.length - 10)} more` : '';
  return [`Not approved, so not deleted: ${shown}${more}.`];
}

function countOf({ findings }: Run): { readonly deleted: number; readonly failed: number } {
  const outcomes = findings.builds ?? [];
  const deleted = outcomes.filter(({ outcome }) => outcome === 'deleted').length;
  return { deleted, failed: outcomes.length - deleted };
}
