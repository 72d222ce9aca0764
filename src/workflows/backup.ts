/**
 * Snapshotting on AWS EBS: an image of the Services machine that can be launched as a new EC2
 * instance, with everything on its tags that a restore needs to know.
 */
import { ApplicationFailure, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { Found } from '../activities/backing-up/find-machine';
import { prose, nothing, paragraphs } from '../contract/markdown';
import type { Machine } from '../contract/plan';
import type { Report } from '../contract/reports';
import { backupRequest, type BackupRequest } from '../contract/requests';
import * as acts from './frame/acts';
import {
  changesOfBackup,
  settle,
  notRestorable,
  recordOf,
  type FactsRead,
} from './backing-up/backup-record';
import { claimOn, refuseWhileClaimed, whileClaimed } from './frame/claim';
import { copyElsewhere, refreshTheSpare } from './frame/elsewhere';
import { troubleOf } from './frame/failures';
import { imageOfRunningApp, imageWithAppStopped } from './backing-up/make-image';
import { backUpObjectStorage } from './restoring/object-storage';
import { removeOldBackups } from './prune';
import { aboutWeakProof } from './questions/questions';
import { runbook, type Run } from './frame/runbook';
import { now } from './frame/state';
import { leaveMarks, verifyTheImage } from './restoring/volumes';

export function backup(request: unknown): Promise<Report> {
  return runbook({ name: 'backup', shape: backupRequest }, request, async (run, input) => {
    const { installation } = input;
    return whileClaimed(run, claimOn('backup', run.settings, installation), async () => {
      // Claimed first: of a restore and a backup that begin at once one sees the other.
      await refuseWhileClaimed(run, claimOn('restore', run.settings, installation));
      return backUpMachine(run, input);
    });
  });
}

async function backUpMachine(run: Run, request: BackupRequest): Promise<string> {
  const { step, findings, settings } = run;
  const { installation, consistency } = request;
  const { region } = settings;
  const takenAt = now();
  findings.changes = changesOfBackup(consistency, settings);

  const found = await step('Find the machine', acts.findMachine, { installation });
  findings.notes.push(
    ...found.others.map(
      (one) =>
        `A restore has made another machine that runs: ${one}. If that ` +
        'is the live one now, correct servicesMachine in runbook.yaml: this image is of the old.',
    ),
  );
  const hostKeys = await trustedKeys(run, found.machine, request);
  const machine: Machine = { ...found.machine, hostKeys };
  const read = await readFacts(run, machine, consistency);
  await listRunningBuilds(run, installation);

  const told = recordOf({
    request,
    found,
    read,
    takenAt,
    run: workflowInfo().workflowId,
    settings,
  });
  const record = settle(findings, await leaveMarks(run, machine, told), settings);

  const imageId =
    consistency === 'stop-app'
      ? await imageWithAppStopped(run, machine, record)
      : await imageOfRunningApp(run, record);
  findings.imageId = imageId;

  await step('Wait for the image', acts.awaitImage, { installation, region, imageId });
  await verifyTheImage(run, { region, imageId, volumes: found.volumes });
  const copying = { imageId, volumes: found.volumes };
  const troubles = [
    notRestorable(record, imageId),
    await unlessExpired(() => backUpObjectStorage(run, machine, imageId)),
    await unlessExpired(() => copyElsewhere(run, installation, copying)),
  ].filter((trouble) => trouble !== undefined);
  await removeOldBackups(run, installation, whyNoRemoval(request, found, troubles));
  await refreshTheSpare(run, request);
  // The image is good, but the run did not do all of its work.
  if (troubles[0] !== undefined) throw troubles[0];
  return `${imageId} holds ${installation} as of ${takenAt}.`;
}

/**
 * A question that nobody answers, in the night, does not keep the other safety nets from being made.
 * Gives the end that it would have been.
 */
async function unlessExpired(work: () => Promise<void>): Promise<ApplicationFailure | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof ApplicationFailure && error.type === 'GateExpired') return error;
    throw error;
  }
}

/** Why no old backup is removed at the end of this one. */
function whyNoRemoval(
  { unattended }: BackupRequest,
  { others }: Found,
  troubles: readonly unknown[],
): string | undefined {
  if (!unattended) return 'only a backup that nobody watches removes any';
  if (troubles.length > 0) return 'not all of this backup is done';
  return others.length > 0 ? 'another machine may be the live one, see the notes' : undefined;
}

/** The keys that the machine may show; none when no key is pinned and nobody confirms one. */
async function trustedKeys(
  run: Run,
  machine: Machine,
  request: BackupRequest,
): Promise<readonly string[]> {
  const why =
    machine.hostKeys.length > 0
      ? 'a host key is pinned'
      : request.unattended
        ? 'no key is pinned and nobody is there to confirm one'
        : undefined;
  const input = { machine, recorded: [] };
  const trust =
    why === undefined
      ? await run.tried('Look at the host key', acts.trustHostKey, input)
      : undefined;
  if (trust === undefined) {
    if (why !== undefined) run.notNeeded('Look at the host key', why);
    run.notNeeded('Confirm the host key', why ?? 'the machine does not answer');
    return machine.hostKeys;
  }
  const confirmed = await run.approval('Confirm the host key', {
    name: 'host-key',
    goesOnWithout: true,
    details: paragraphs(
      prose`${machine.instanceId} shows the host key **${trust.offered}**. Compare it with what the
      machine itself says, then approve. To pin it for good: ssh.hostKeys in runbook.yaml.`,
      trust.isWeak ? aboutWeakProof(trust.offered) : nothing,
    ),
    notNeeded: trust.known ? `${trust.offered} is on the machine's console` : undefined,
  });
  return confirmed ? [trust.offered] : [];
}

/** Reads the machine. Without SSH an image is still made, and says what it could not record. */
async function readFacts(
  run: Run,
  machine: Machine,
  consistency: BackupRequest['consistency'],
): Promise<FactsRead> {
  const title = 'Read what a restore needs';
  if (consistency === 'stop-app') {
    const read = await run.step(title, acts.readMachine, { machine });
    return { facts: read?.facts, missing: read ? '' : 'a person skipped the reading' };
  }
  if (machine.hostKeys.length === 0) {
    run.notNeeded(title, 'no host key is trusted, so nothing is asked of the machine');
    return { facts: undefined, missing: 'no trusted host key' };
  }
  try {
    const { facts } = await run.attempt(title, acts.readMachine, { machine });
    return { facts, missing: '' };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { facts: undefined, missing: troubleOf(error).message };
  }
}

/** What runs now is in the image half done. Without the list an image is made all the same. */
async function listRunningBuilds(run: Run, installation: string): Promise<void> {
  const title = 'List the running builds';
  if (!run.settings.hasCircleciApi) {
    run.notNeeded(title, 'runbook.yaml names no token for the API of CircleCI');
    return;
  }
  try {
    const { atBackup } = await run.attempt(title, acts.listRunningBuilds, { installation });
    run.findings.buildsAtBackup = atBackup;
  } catch (error) {
    if (isCancellation(error)) throw error;
    run.findings.notes.push(`The running builds were not listed: ${troubleOf(error).message}`);
  }
}
