/** Reads our schedules from Temporal and makes them as configured. */
import type { ScheduleDescription } from '@temporalio/client';
import { CliError } from '../exit-status';
import type { Temporal } from '../temporal/connect';
import type { Change } from './difference';
import { installationOf, type Wanted } from './wanted';

/**
 * Every schedule that we made for the task queue, and whatever bears a wanted name. The list of a
 * Temporal server lags a little behind, so each is looked at by itself.
 */
export async function readSchedules(
  temporal: Temporal,
  taskQueue: string,
  wanted: readonly Wanted[] = [],
): Promise<readonly ScheduleDescription[]> {
  const ids = new Set(wanted.map(({ scheduleId }) => scheduleId));
  for await (const summary of temporal.client.schedule.list()) {
    if (installationOf(summary, taskQueue) !== undefined) ids.add(summary.scheduleId);
  }
  const found = await Promise.all([...ids].sort().map((id) => readSchedule(temporal, id)));
  return found.filter((one) => one !== undefined);
}

/** One schedule; undefined when there is none. */
export async function readSchedule(
  { client }: Temporal,
  id: string,
): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(id).describe();
  } catch (error) {
    if (error instanceof Error && error.name === 'ScheduleNotFoundError') return undefined;
    throw error;
  }
}

/** Carries one change out. */
export async function carryOut(
  { client }: Temporal,
  change: Change,
  wanted: readonly Wanted[],
): Promise<void> {
  const { action, scheduleId } = change;
  const handle = client.schedule.getHandle(scheduleId);
  if (action === 'delete') {
    await handle.delete();
    return;
  }
  const one = wanted.find((other) => other.scheduleId === scheduleId);
  if (one === undefined) throw new CliError('Failed', `${scheduleId} is not in the configuration`);
  const { installation, ...options } = one;
  if (action === 'create') {
    // Only now: it loads Temporal's SDK.
    const { runbookInstallation } = await import('../../contract/search-attributes.js');
    const typedSearchAttributes = [{ key: runbookInstallation, value: installation }];
    await client.schedule.create({ ...options, typedSearchAttributes });
    return;
  }
  const { spec, action: does, policies } = options;
  // Who paused it knows why: pause and note stay as they are at this moment.
  await handle.update(({ state: { paused, note } }) => ({
    spec,
    action: does,
    policies,
    state: { paused, ...(note === undefined ? {} : { note }) },
  }));
}
