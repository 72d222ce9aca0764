/**
 * Deletes abnormal build records, each by `(admin/delete-build "URL")` in the dev-console.
 *
 * Looks at: a marker that each form prints, because the console exits 0 whatever happens.
 * Changes: deletes the named build records. Safe to repeat because: a record that is gone stays
 * gone. Fails with: BuildsNotDeleted, CommandFailed.
 */
import { randomBytes } from 'node:crypto';
import { refuse } from '../../contract/failures';
import type { Machine } from '../../contract/plan';
import type { BuildOutcome } from '../../contract/reports';
import { devConsole } from '../../machine/shell/commands';
import { deleteBuildForms, parseDeleteOutcomes } from '../../machine/app/dev-console';
import { saidLast, saidShortly } from '../../machine/text/said';
import type { World } from '../../world';
import type { Outcome, Say } from '../frame/attempt';
import { onMachine, type Remote } from '../frame/on-machine';

/** The console takes minutes to load, and a batch must end within its time limit. */
const batchSize = 25;

export interface DeleteInput {
  readonly machine: Machine;
  readonly builds: readonly string[];
}

export const deleteBuilds =
  (world: World) =>
  ({ machine, builds }: DeleteInput, say: Say): Promise<Outcome & { builds: BuildOutcome[] }> =>
    onMachine(world, machine, async (remote) => {
      const outcomes: BuildOutcome[] = [];
      for (let start = 0; start < builds.length; start += batchSize) {
        const batch = builds.slice(start, start + batchSize);
        say(`${String(start)} of ${String(builds.length)}; waiting for the dev-console to load`);
        outcomes.push(...(await deleteBatch(remote, machine, batch)));
      }
      const deleted = outcomes.filter(({ outcome }) => outcome === 'deleted').length;
      const note = `${String(deleted)} of ${String(builds.length)} build records deleted`;
      return { note, builds: outcomes };
    });

async function deleteBatch(
  remote: Remote,
  { instanceId }: Machine,
  builds: readonly string[],
): Promise<BuildOutcome[]> {
  const nonce = `r${randomBytes(8).toString('hex')}`;
  const { stdout } = await remote.run(devConsole(deleteBuildForms(builds, nonce)));
  const outcomes = parseDeleteOutcomes(stdout, builds, nonce);
  if (outcomes.some(({ said }) => said !== 'no answer')) {
    return outcomes.map((one) => ({ ...one, said: saidShortly(one.said) }));
  }
  throw refuse(
    'BuildsNotDeleted',
    `The dev-console on ${instanceId} answered nothing about any build. Run ` +
      '`circleci dev-console` there to see why, then retry. It said: ' +
      saidLast(stdout, 400),
  );
}
