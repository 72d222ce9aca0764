/**
 * Snapshotting on AWS EBS: an image of the Services machine that can be launched as a new EC2
 * instance, with everything on its tags that a restore needs to know.
 */
import {
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import type { Found } from '../activities/find-machine';
import type { Machine } from '../contract/plan';
import type { Report } from '../contract/reports';
import { backupRequest, type BackupRequest } from '../contract/requests';
import type { BackupRecord } from '../machine/backup-record';
import { backupName } from '../machine/record-tags';
import * as acts from './acts';
import { changesOfBackup, settle, notRestorable, recordOf, type FactsRead } from './backup-record';
import { claimOn, refuseWhileClaimed, whileClaimed } from './claim';
import { copyElsewhere, refreshTheSpare } from './elsewhere';
import { troubleOf } from './failures';
import { backUpObjectStorage } from './object-storage';
import { removeOldBackups } from './prune';
import { aboutWeakProof } from './questions';
import { runbook, type Run } from './runbook';
import { now } from './state';
import { leaveMarks, verifyTheImage } from './volumes';

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
    details:
      `${machine.instanceId} shows the host key **${trust.offered}**. Compare it with what the ` +
      'machine itself says, then approve. To pin it for good: ssh.hostKeys in runbook.yaml.' +
      (trust.isWeak ? `\n\n${aboutWeakProof(trust.offered)}` : ''),
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

async function imageOfRunningApp(run: Run, record: BackupRecord): Promise<string> {
  const why = `consistency is ${record.consistency}`;
  run.notNeeded('Stop the app for the image', why);
  const input = imageInput(run, record);
  try {
    const { imageId } = await run.step('Create the image', acts.createImage, input);
    run.notNeeded('Start the app again', why);
    return imageId;
  } catch (error) {
    noteUnfinished(run, record, error);
    throw error;
  }
}

/**
 * The app is stopped only until the snapshots have begun. It is started again before anybody is
 * asked about a failure, so that no gate ever waits while the app is down.
 */
async function imageWithAppStopped(
  run: Run,
  machine: Machine,
  record: BackupRecord,
): Promise<string> {
  for (;;) {
    const moment = await whileStopped(run, machine, record);
    if (moment.staysStopped) {
      run.notNeeded('Start the app again', 'somebody had stopped it before the backup');
    } else {
      await startAgain(run, machine, moment);
    }
    if (moment.imageId !== undefined) return moment.imageId;
    if (isCancellation(moment.failure)) throw moment.failure;
    await run.askAboutFailure(moment.at, troubleOf(moment.failure), false);
  }
}

const stopping = 'Stop the app for the image';

/** What came of the moment in which the app is stopped: an image, or a failure of a step. */
interface Moment {
  readonly at: string;
  readonly staysStopped: boolean;
  readonly imageId?: string;
  readonly failure?: unknown;
}

async function whileStopped(run: Run, machine: Machine, record: BackupRecord): Promise<Moment> {
  let at = stopping;
  let staysStopped = false;
  try {
    ({ staysStopped } = await run.attempt(at, acts.stopAppForImage, { machine }));
    at = 'Create the image';
    const input = { ...imageInput(run, record), stopped: machine };
    const { imageId } = await run.attempt(at, acts.createImage, input);
    // Also the report of a run that fails to start the app names what was made.
    run.findings.imageId = imageId;
    return { at, staysStopped, imageId };
  } catch (failure) {
    noteUnfinished(run, record, failure);
    return { at, staysStopped, failure };
  }
}

/**
 * Starts the app in every outcome. Only the start itself cannot be cancelled: a question about a
 * start that failed can, because a run that is asked to make way must end. It says what it leaves.
 */
async function startAgain(run: Run, machine: Machine, moment: Moment): Promise<void> {
  const title = 'Start the app again';
  for (;;) {
    try {
      const started = await CancellationScope.nonCancellable(() =>
        run.attempt(title, acts.startAppAgain, { machine, isStopSure: moment.at !== stopping }),
      );
      if (started.wasUp && started.attempts === 1 && moment.imageId !== undefined) {
        run.findings.notes.push(
          'The app had been started before the run did it: the image may be of a running app.',
        );
      }
      return;
    } catch (error) {
      try {
        if (isCancellation(moment.failure)) throw moment.failure;
        await run.askAboutFailure(title, troubleOf(error), false);
      } catch (end) {
        run.findings.notes.push(
          `The app on ${machine.instanceId} may be stopped: the timer on the machine starts it ` +
            `within ${String(run.settings.limits.stoppedForImage)} s of the stop. Look at it.`,
        );
        throw end;
      }
    }
  }
}

/** The reply with the image's id was cut off by the cancellation: its name still finds it. */
function noteUnfinished(run: Run, record: BackupRecord, failure: unknown): void {
  if (!isCancellation(failure)) return;
  const { id } = imageInput(run, record);
  const name = backupName(record.installation, record.takenAt, id);
  run.findings.notes.push(
    `If AWS had begun the image, it is named "${name}": it can become a usable backup.`,
  );
}

function imageInput(run: Run, record: BackupRecord) {
  const id = workflowInfo().firstExecutionRunId.slice(-8);
  return { region: run.settings.region, record, id };
}
