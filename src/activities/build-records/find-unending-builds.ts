/**
 * Finds the builds that claim to run on a machine and cannot end, because they came with its image.
 *
 * Looks at: the API of the installation; when the machine was first launched; the report of the
 * backup that its image is of, in Temporal or in the folder of reports. Changes: nothing.
 * Safe to repeat because: it only reads. Fails with: CircleciRefused, CircleciUnavailable,
 * MachineNotFound.
 */
import { Context } from '@temporalio/activity';
import { z } from 'zod';
import { refuse } from '../../contract/failures';
import type { Machine } from '../../contract/plan';
import { jsonOf } from '../../machine/text/json';
import { originalOf } from '../../machine/backups/copies';
import { decodeRecord } from '../../machine/backups/record-tags';
import {
  unendingBuilds,
  type RunningBuild,
  type UnendingBuild,
} from '../../machine/app/running-builds';
import type { World } from '../../world';
import type { Outcome, Say } from '../frame/attempt';
import { imageOf } from '../parts/images/choose-image';

export interface UnendingFound extends Outcome {
  /** No more than one run can delete. */
  readonly builds: readonly UnendingBuild[];
  /** For the report: what was left out, and why. */
  readonly notes: readonly string[];
}

export interface UnendingInput {
  readonly machine: Machine;
  readonly limit: number;
}

export const findUnendingBuilds =
  (world: World) =>
  async ({ machine, limit }: UnendingInput, say: Say): Promise<UnendingFound> => {
    const installation = world.installation(machine.installation, machine.region);
    const ec2 = world.ec2(installation.region);
    const [instance] = await ec2.instances({ ids: [machine.instanceId] });
    if (instance === undefined) {
      throw refuse(
        'MachineNotFound',
        `${machine.instanceId} is gone. Find out what ended it, then start again.`,
      );
    }
    say('looking for the report of the backup');
    const { tags } = await imageOf(ec2, instance);
    const record = decodeRecord(tags);
    // The report of the backup names the original, not its copy.
    const imageId = originalOf(tags)?.imageId ?? instance.imageId;
    const atBackup = record && (await ranAtBackup(world, record.run, imageId));
    say('asking the API for the builds that claim to run');
    const running = await world.runningBuilds(installation);
    const launchedAt = instance.firstLaunchedAt;
    const { unending, unknown } = unendingBuilds(running.builds, {
      launchedAt,
      ...(atBackup ? { atBackup } : {}),
    });
    const evidence = atBackup ? '' : "; the backup's own list is not at hand";
    return {
      note:
        `${String(unending.length)} of ${String(running.builds.length)} running builds are from ` +
        `before ${machine.instanceId} was launched (${launchedAt})${evidence}`,
      builds: unending.slice(0, limit),
      notes: notesOn({ ...running, unknown, tooMany: unending.length - limit }),
    };
  };

interface LeftOut {
  readonly unreadable: number;
  readonly isCut: boolean;
  readonly unknown: readonly RunningBuild[];
  readonly tooMany: number;
}

function notesOn({ unreadable, isCut, unknown, tooMany }: LeftOut): string[] {
  const notes: string[] = [];
  if (tooMany > 0) {
    notes.push(`${String(tooMany)} more builds never end than one run deletes: start another.`);
  }
  if (isCut) {
    notes.push('The API lists more running builds than were read: start another run after this.');
  }
  if (unreadable > 0) {
    notes.push(
      `${String(unreadable)} running builds were left out: their entries are not builds of this hostname.`,
    );
  }
  if (unknown.length > 0) {
    const urls = unknown.slice(0, 10).map(({ url }) => url);
    notes.push(
      `${String(unknown.length)} running builds do not say when they started, and were left out: ` +
        `${urls.join(', ')}${unknown.length > urls.length ? ', …' : ''}. Name those that never ` +
        'end in "builds".',
    );
  }
  return notes;
}

const evidence = z.object({
  imageId: z.string(),
  buildsAtBackup: z.object({
    builds: z.array(z.object({ url: z.string(), startedAt: z.string().optional() })),
  }),
});

/** What that backup listed; undefined when neither Temporal nor the folder has its report. */
async function ranAtBackup(
  world: World,
  workflowId: string,
  imageId: string,
): Promise<readonly RunningBuild[] | undefined> {
  const sources = [
    () => reportInTemporal(workflowId),
    async () => jsonOf((await world.findReport(workflowId)) ?? ''),
  ];
  for (const read of sources) {
    // It only makes the list better: whatever keeps it from being read must not end the search.
    const { data } = evidence.safeParse(await read().catch(() => undefined));
    // A workflow id may have been used again: only the report of this very image counts.
    if (data?.imageId === imageId) return data.buildsAtBackup.builds;
  }
  return undefined;
}

async function reportInTemporal(workflowId: string): Promise<unknown> {
  const handle = Context.current().client.workflow.getHandle(workflowId);
  const { status } = await handle.describe();
  // The result of a run that is open would be waited for.
  return status.name === 'COMPLETED' ? handle.result() : undefined;
}
