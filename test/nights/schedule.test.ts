/**
 * A hundred times of a schedule, half of them by `backfill` and half by `trigger`, on a real Temporal
 * server: each has run or was skipped because a run was open, and what is left is what the rules keep.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ScheduleHandle } from '@temporalio/client';
import { parse, stringify } from 'yaml';
import { runbook } from '../stories/command-line';
import { eventually, setStage, type Stage } from '../stories/stage';
import { madeByBackups } from '../stories/world-checks';

jest.setTimeout(180_000);

const times = 50;
/** So many are asked for while one runs; a backfill of Temporal's takes as many together. */
const burst = 10;

describe('a schedule that comes again and again', () => {
  let stage: Stage;
  let schedule: ScheduleHandle;
  beforeAll(async () => {
    stage = await setStage({ installation: { keep: { last: 3 } } });
    const file = join(stage.dir, 'runbook.yaml');
    const config = parse(readFileSync(file, 'utf8')) as { installations: { prod: object } };
    config.installations.prod = { ...config.installations.prod, schedule: { cron: '0 2 * * *' } };
    writeFileSync(file, stringify(config));
    const applied = await runbook(stage.environment, 'schedules', 'apply');
    expect(applied).toMatchObject({ status: 0, err: '' });
    schedule = stage.client.schedule.getHandle(`backup-prod@${stage.taskQueue}`);
  });
  afterAll(() => stage.close());

  /** Waits until so many times have run or were skipped; gives how many have run. */
  const accountedFor = (all: number): Promise<number> =>
    eventually(`${String(all)} times accounted for`, 90, async () => {
      const { info } = await schedule.describe();
      const { numActionsTaken: ran, numActionsSkippedOverlap: skipped } = info;
      return ran + skipped === all ? ran : undefined;
    });
  const allClosed = (): Promise<true> =>
    eventually('no run is open', 90, async () =>
      (await schedule.describe()).info.runningActions.length === 0 ? true : undefined,
    );
  const left = (): string[] =>
    madeByBackups(stage).filter(
      (id) => stage.lab.region.state.images[id]?.state !== 'deregistered',
    );

  test('catches fifty nights up with as many backups as do not overlap', async () => {
    const start = new Date('2026-01-01T00:00:00Z');
    const end = new Date(start.getTime() + times * 86_400_000 - 1);
    await schedule.backfill({ start, end });
    const ran = await accountedFor(times);
    await allClosed();
    expect(ran).toBeGreaterThanOrEqual(times / burst);
    expect(madeByBackups(stage)).toHaveLength(ran);
  });

  test('started by hand again and again keeps what its rules keep, and nothing else', async () => {
    const before = await accountedFor(times);
    for (let asked = 1; asked <= times; asked += 1) {
      await schedule.trigger('SKIP');
      // Temporal makes one of two that come at once.
      await accountedFor(times + asked);
      if (asked % burst === 0) await allClosed();
    }
    const ran = await accountedFor(2 * times);
    process.stdout.write(
      `${String(ran)} of ${String(2 * times)} times ran, the others overlapped\n`,
    );
    expect(ran - before).toBeGreaterThanOrEqual(times / burst);
    const made = madeByBackups(stage);
    expect(made).toHaveLength(ran);
    expect(left()).toEqual(made.slice(-3));
    const standing = left().map((id) => stage.lab.region.state.images[id]?.snapshotId);
    expect(Object.keys(stage.lab.region.state.snapshots).sort()).toEqual(standing.sort());
  });
});
