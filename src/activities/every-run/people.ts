/**
 * The end of a run: tags, the report as a file, because Temporal's history expires, and after a
 * backup the sheet for a restore by hand. Telling people is a step of its own, `tellPeople`.
 *
 * Looks at: the newest usable backup. Changes: tags the machine and, where a restore proved its
 * backup, the image; writes the report and the sheet.
 * Safe to repeat because: tags and files are overwritten.
 * Fails with: Superseded, so that an attempt that is late does not write its report over the one that
 * people read; whatever else did not work is said in the note.
 */
import { ApplicationFailure } from '@temporalio/common';
import type { Report } from '../../contract/reports';
import { endOf, type GateMessage } from '../../contract/telling/telling';
import { provenTag } from '../../machine/backups/proven-restore';
import { tagNames } from '../../machine/backups/tags';
import type { World } from '../../world';
import type { Outcome } from '../frame/attempt';
import { tellOnce } from '../parts/people/tell-once';

export interface Notice {
  readonly message: Readonly<Record<string, unknown>>;
}

/** How gates were told before `tellPeople`; kept for runs that were open then. */
export const notifyPeople =
  (world: World) =>
  async ({ message }: Notice): Promise<Outcome> => {
    const { note, heard } = await tellOnce(world, { message: withId(message), heard: [] });
    return { note, notNeeded: heard.length === 0 };
  };

function withId(message: Readonly<Record<string, unknown>>): GateMessage {
  const { runId = '', gate } = message as Partial<GateMessage>;
  return { ...(message as unknown as GateMessage), id: `${runId}-${gate?.id ?? 'gate'}` };
}

export interface EndInput {
  readonly report: Report;
  /** Absent when the run ended before its configuration was read. */
  readonly region: string | undefined;
  /** Whether people were told already; absent in runs of earlier versions. */
  readonly isTold?: boolean;
  /** Whether another run holds the claim: then the machine bears that one's tags. */
  readonly isOver?: boolean;
}

export const recordEnd =
  (world: World) =>
  async ({ report, region, isTold = false, isOver = false }: EndInput): Promise<Outcome> => {
    const notes: string[] = [];
    const tried = async (what: string, work: Promise<unknown>): Promise<void> => {
      try {
        await work;
        notes.push(what);
      } catch (error) {
        throwIfLate(error);
        notes.push(`${what} failed: ${error instanceof Error ? error.message : String(error)}`);
      }
    };
    if (report.runbook === 'restore' && report.instanceId && region && !isOver) {
      await tried('machine tagged', tagMachine(world, report, region));
    }
    const proven = await tellProof(world, report, region);
    const whole = { ...report, notes: [...report.notes, ...proven] };
    await tried('report written', world.saveReport(whole));
    if (!isTold) notes.push((await tellOnce(world, { message: endOf(whole), heard: [] })).note);
    // Last, and never a reason to fail: the backup is good without it.
    if (report.runbook === 'backup' && report.status === 'done') {
      await tried('sheet written', world.saveSheet(report.installation));
    }
    return { note: notes.join(', ') };
  };

/**
 * A restore whose app runs and passed every check has proved its backup: said on the image, if it is
 * one of ours. Gives a note where that fails, with what a person can do.
 */
async function tellProof(
  world: World,
  { runbook, status, checks = [], imageId, endedAt }: Report,
  region: string | undefined,
): Promise<string[]> {
  const isProof = checks.length > 0 && checks.every(({ ok }) => ok);
  if (runbook !== 'restore' || status !== 'done' || !isProof || !imageId || !region) return [];
  const value = provenTag(endedAt, { passed: true, why: '' });
  try {
    const ec2 = world.ec2(region);
    const [image] = await ec2.images({ ids: [imageId] });
    const isBackup = image?.tags[tagNames.kind] === 'backup';
    if (isBackup) await ec2.tag([imageId], { [tagNames.proven]: value });
    return [];
  } catch (error) {
    throwIfLate(error);
    const why = error instanceof Error ? error.message : String(error);
    return [
      `The backup is proven, but its image could not be tagged: ${why} By hand: aws ec2 create-tags ` +
        `--region ${region} --resources ${imageId} --tags 'Key=${tagNames.proven},Value=${value}'`,
    ];
  }
}

function throwIfLate(error: unknown): void {
  if (error instanceof ApplicationFailure && error.type === 'Superseded') throw error;
}

async function tagMachine(world: World, report: Report, region: string): Promise<void> {
  const state =
    report.status === 'done' ? 'restored' : `${report.status}: ${report.summary}`.slice(0, 250);
  const left = report.leftToDo.map((line) => line.split(':', 1)[0]).join('; ');
  await world.ec2(region).tag([report.instanceId ?? ''], {
    [tagNames.state]: state,
    [tagNames.todo]: left === '' ? 'nothing' : left.slice(0, 250),
  });
}
