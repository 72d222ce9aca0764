/** What a backup does for other places: copies in other regions, and a new spare machine. */
import type { BackupRequest } from '../../contract/requests';
import * as acts from './acts';
import type { Run } from './runbook';

/** The backup is made, whatever becomes of the spare: that is another run's matter. */
export async function refreshTheSpare(run: Run, request: BackupRequest): Promise<void> {
  const { installation, unattended } = request;
  const title = 'Start making a new spare';
  const why = !run.settings.hasSpare
    ? 'runbook.yaml names no spare'
    : unattended
      ? undefined
      : 'only a backup that nobody watches starts it';
  if (why !== undefined) {
    run.notNeeded(title, why);
    return;
  }
  const started = await run.tried(title, acts.startRefresh, { installation });
  if (started === undefined) {
    run.findings.notes.push(
      `The spare was not made anew: start it by hand, refreshSpare {"installation":"${installation}"}.`,
    );
  }
}

/** A copy in each other region, so that the backup is there when this region is not. */
export async function copyElsewhere(
  run: Run,
  installation: string,
  { imageId, volumes }: { readonly imageId: string; readonly volumes: number },
): Promise<void> {
  const title = 'Copy the image to other regions';
  const { copies: regions } = run.settings;
  if (regions.length === 0) {
    run.notNeeded(title, 'runbook.yaml names no other region');
    return;
  }
  const made = await run.step(title, acts.copyImage, () => ({
    installation,
    region: run.settings.region,
    imageId,
    volumes,
    regions,
    generation: run.retriesOf(title, 'ImageFailed'),
  }));
  run.findings.notes.push(
    ...(made?.copies ?? []).map((copy) => `${copy.region} has a copy: ${copy.imageId}.`),
  );
}
