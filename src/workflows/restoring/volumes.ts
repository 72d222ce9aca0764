/** The lines about the machine's volumes and what is on them, in a backup, a restore and a drill. */
import type { MountsExpected } from '../../activities/parts/machine/expected-mounts';
import type { DataExpected } from '../../activities/parts/machine/prove-data';
import type { VerifyInput } from '../../activities/backing-up/verify-image';
import { code, list, prose, paragraphs } from '../../contract/markdown';
import type { Machine, Settings } from '../../contract/plan';
import type { RestoreRequest } from '../../contract/requests';
import type { BackupRecord } from '../../machine/backups/backup-record';
import { judgeRecorded } from '../../machine/databases/judge';
import { placesToMark } from '../../machine/proof/marks';
import * as acts from '../frame/acts';
import type { Run } from '../frame/runbook';

const marking = 'Leave a mark on each volume';

/** Marks the volumes just before the image; gives the record with the marks that are there. */
export async function leaveMarks(
  run: Run,
  machine: Machine,
  record: BackupRecord,
): Promise<BackupRecord> {
  const { volumes, run: by, takenAt, sourceInstanceId: instanceId } = record;
  if (volumes === undefined) {
    run.notNeeded(marking, 'NOT done: the mounts of the machine were not read');
    return record;
  }
  const targets = placesToMark(volumes);
  const mark = { run: by, takenAt, instanceId };
  const left = await run.tried(marking, acts.markVolumes, { machine, targets, mark });
  // A reply that was lost may have left marks: nobody counts on them.
  const unmarked = left?.unmarked ?? ['marks on the volumes (the step failed, see the journal)'];
  const marked = left?.marked ?? [];
  return {
    ...record,
    ...(marked.length > 0 ? { marks: marked } : {}),
    unrecorded: [...record.unrecorded, ...unmarked],
  };
}

/** Verifies the image; what it lacks without being useless is told in the report. */
export async function verifyTheImage(run: Run, input: VerifyInput): Promise<void> {
  const verified = await run.step('Verify the image', acts.verifyImage, input);
  run.findings.notes.push(...(verified?.warnings ?? []));
}

/** What a run knows of the data that must come back. */
interface Known {
  readonly machine: Machine;
  readonly record?: BackupRecord | undefined;
  readonly settings: Settings;
  readonly acknowledge: RestoreRequest['acknowledge'];
}

/** What the machine's mounts are held against. */
export function mountsOf({ machine, record, settings, acknowledge }: Known): MountsExpected {
  const { verdict } = judgeRecorded(record, settings.externalServices);
  const isExternal =
    verdict === 'outside' || verdict === 'partly' || acknowledge.includes('external-services');
  return { machine, record, isExternal, objectsApart: settings.objects !== undefined };
}

/** What its data is held against. */
export function dataOf(expected: MountsExpected, isTakenUp: boolean): DataExpected {
  const { machine, record, isExternal } = expected;
  return { machine, record, isExternal, isTakenUp };
}

/**
 * Compares the mounts, and mounts what is missing when a person approves. Where nobody is asked,
 * what is missing is a failure.
 */
export async function compareMounts(
  run: Run,
  expected: () => MountsExpected,
  how?: { readonly step: Run['step']; readonly unasked: boolean },
): Promise<void> {
  const { step = run.step, unasked = false } = how ?? {};
  const compared = await step('Compare the mounts', acts.compareMounts, () => ({
    ...expected(),
    unasked,
  }));
  const { wanting, notes } = compared;
  run.findings.notes.push(...notes);
  const { instanceId } = expected().machine;
  const why = 'nothing is missing';
  await run.approval('Mount the missing volumes', {
    name: 'mounts',
    details: paragraphs(
      prose`Nothing of the app starts on ${instanceId} before its files are where the backup had them:`,
      list(wanting.map(({ text }) => text)),
      prose`Approve, and the run looks again and sends these commands, and no others; or mount them by
hand and approve then. No file system is made or checked, and /etc/fstab stays as it is.`,
      list(wanting.map(({ command }) => code(command))),
    ),
    notNeeded: wanting.length === 0 ? why : undefined,
  });
  if (wanting.length === 0) {
    run.notNeeded('Mount the volumes', why);
    return;
  }
  const approved = wanting.map(({ command }) => command);
  const mounted = await step('Mount the volumes', acts.mountVolumes, () => ({
    ...expected(),
    approved,
  }));
  run.findings.notes.push(...mounted.notes);
}
