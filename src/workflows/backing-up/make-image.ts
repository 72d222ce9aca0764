/**
 * The moment of a backup in which its image is made, with the app running, stopped, or over a reboot.
 * An app that was stopped for it is started again in every outcome.
 */
import { CancellationScope, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { Machine } from '../../contract/plan';
import type { BackupRecord } from '../../machine/backups/backup-record';
import { backupName } from '../../machine/backups/record-tags';
import * as acts from '../frame/acts';
import { troubleOf } from '../frame/failures';
import type { Run } from '../frame/runbook';
import { now } from '../frame/state';

/** An image of the machine as it runs, or over a reboot. */
export async function imageOfRunningApp(run: Run, record: BackupRecord): Promise<string> {
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
export async function imageWithAppStopped(
  run: Run,
  machine: Machine,
  record: BackupRecord,
): Promise<string> {
  for (;;) {
    const moment = await whileStopped(run, machine, record);
    if (moment.staysStopped) {
      run.findings.appStopped = undefined;
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
    // Also a stop that fails may have taken place.
    run.findings.appStopped = { instanceId: machine.instanceId, since: now() };
    const stopped = await run.attempt(at, acts.stopAppForImage, { machine });
    ({ staysStopped } = stopped);
    if (stopped.earlier !== undefined) run.findings.notes.push(stopped.earlier);
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
      run.findings.appStopped = undefined;
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
