import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ScheduleDescription, ScheduleHandle } from '@temporalio/client';
import { parse, stringify } from 'yaml';
import { wantedSchedules, type Wanted } from '../../src/cli/schedules/wanted';
import { loadConfig } from '../../src/config';
import type { Report, Standing } from '../../src/contract/reports';
import { needs } from '../requirements';
import { runbook as runProgram } from './command-line';
import { eventually, setStage, storyOf, type Stage } from './stage';
import { openBrowser } from './temporal-ui';
import { expectSoundWorld, machineOf, madeByBackups, sourceId } from './world-checks';

jest.setTimeout(120_000);

const testInBrowser = needs('chromium') ? test : test.skip;

describe('a scheduled backup', () => {
  let stage: Stage;
  let schedule: ScheduleHandle;
  beforeAll(async () => {
    stage = await setStage({ limits: { unattendedGate: '4 seconds' } });
    schedule = stage.client.schedule.getHandle(`backup-prod@${stage.taskQueue}`);
  });
  afterAll(() => stage.close());

  /** The configuration as a person edits it; the worker has read its own when it started. */
  function configure(settings: object | undefined, installation = 'prod'): void {
    const config = parse(readFileSync(join(stage.dir, 'runbook.yaml'), 'utf8')) as {
      installations: Record<string, object>;
    };
    config.installations[installation] = {
      ...config.installations['prod'],
      ...(settings === undefined ? {} : { schedule: settings }),
    };
    writeFileSync(join(stage.dir, 'scheduled.yaml'), stringify(config));
  }

  /** What the command prints; any status but 0 rejects with what it complains of. */
  async function runbook(...args: string[]): Promise<string> {
    const config = { RUNBOOK_CONFIG: join(stage.dir, 'scheduled.yaml') };
    const { out, err, status } = await runProgram({ ...stage.environment, ...config }, ...args);
    if (status !== 0) throw new Error(`status ${String(status)}: ${err}`);
    return out;
  }

  /** The run that the schedule starts by this, found once it is there. */
  async function startedBy(action: () => Promise<unknown>): Promise<string> {
    const before = (await schedule.describe()).info.numActionsTaken;
    await action();
    return eventually('the run of the schedule', 20, async () => {
      const { info } = await schedule.describe();
      return info.numActionsTaken > before
        ? info.recentActions.at(-1)?.action.workflow.workflowId
        : undefined;
    });
  }

  /** What `apply` would ask for. */
  function wantedAt(cron: string): Wanted {
    configure({ cron });
    const config = loadConfig(join(stage.dir, 'scheduled.yaml'));
    const [wanted] = wantedSchedules(config, `${stage.taskQueue}-cron`);
    if (wanted === undefined) throw new Error('no schedule is wanted');
    return wanted;
  }

  const reportOf = async (id: string): Promise<Report> =>
    (await stage.client.workflow.getHandle(id).result()) as Report;
  const standingOf = (id: string): Promise<Standing> =>
    stage.client.workflow.getHandle(id).query<Standing>('standing');
  const ids = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { scheduleId } of stage.client.schedule.list()) found.push(scheduleId);
    return found.filter((id) => id.endsWith(stage.taskQueue)).sort();
  };

  test('is told by a dry run, which makes nothing', async () => {
    configure({ cron: '30 2 * * MON-FRI', timezone: 'Europe/Berlin', jitter: '10 minutes' });
    expect(await runbook('schedules', 'apply', '--dry-run')).toBe(
      [
        `create  ${schedule.scheduleId}`,
        '          cron         30 2 * * 1-5',
        '          timezone     Europe/Berlin',
        '          jitter       10 minutes',
        '          catchup      1 hour',
        '          consistency  no-reboot',
        'Dry run: 1 schedule(s) would be changed.\n',
      ].join('\n'),
    );
    await expect(schedule.describe()).rejects.toThrow('not found');
  });

  test('is made as configured, once', async () => {
    expect(await runbook('schedules', 'apply')).toContain('1 schedule(s) changed.');
    const { spec, policies, info } = await schedule.describe();
    expect(policies).toEqual({ overlap: 'SKIP', catchupWindow: 3_600_000, pauseOnFailure: false });
    expect(spec).toMatchObject({ timezone: 'Europe/Berlin', jitter: 600_000 });
    // 2:30 in Berlin is 1:30 in Greenwich, and 0:30 in summer; the jitter adds ten minutes at most.
    for (const next of info.nextActionTimes) {
      expect(next.toISOString()).toMatch(/T0[01]:(3\d|40:00)/);
    }
    expect(await runbook('schedules', 'apply')).toBe('nothing to change\n');
    expect((await schedule.describe()).info.lastUpdatedAt).toBeUndefined();
  });

  test('runs to its end with nobody there, and its image exists', async () => {
    const id = await startedBy(() => schedule.trigger());
    expect(id).toMatch(`backup-prod-scheduled@${stage.taskQueue}-2`);
    const report = await reportOf(id);
    expect(madeByBackups(stage)).toEqual([report.imageId]);
    expect(stage.lab.region.state.images[report.imageId ?? '']).toMatchObject({
      tags: { 'runbook:installation': 'prod', 'runbook:run': id },
    });
    expect(report.journal.filter(({ by }) => by !== undefined)).toEqual([]);
    expectSoundWorld(stage);

    const list = await runbook('schedules');
    expect(list).toContain('30 2 * * 1-5 Europe/Berlin, up to 10 minutes later  no-reboot  active');
    expect(list).toMatch(new RegExp(`last .* done {2}${id}`));
  });

  test('follows a change of the configuration, which is told term by term', async () => {
    configure({ cron: '0 4 * * *', consistency: 'stop-app' });
    const told = await runbook('schedules', 'apply', '--dry-run');
    expect(told).toContain('cron         30 2 * * 1-5 → 0 4 * * *\n');
    expect(told).toContain('timezone     Europe/Berlin → UTC\n');
    expect(told).toContain('jitter       10 minutes → none\n');
    expect(told).toContain('consistency  no-reboot → stop-app\n');
    expect(await runbook('schedules', 'apply')).toMatch(/next: 20\S+T04:00:00\.000Z\n/);
    expect(await runbook('schedules', 'apply')).toBe('nothing to change\n');
  });

  test('whose step fails ends by itself with the app up; only the times meanwhile are lost', async () => {
    const before = madeByBackups(stage);
    stage.lab.faults.deny(['CreateImage']);
    const id = await startedBy(() => schedule.trigger('SKIP'));
    const { gate } = await eventually('the gate', 60, async () => {
      const standing = await standingOf(id);
      return standing.gate ? standing : undefined;
    });
    expect(gate?.title).toBe('failed: Create the image');
    await schedule.trigger('SKIP');

    await expect(reportOf(id)).rejects.toThrow();
    const { journal, status } = await standingOf(id);
    expect(status).toBe('expired');
    expect(storyOf(journal)).toContain('failed: Create the image — expired');
    expect(machineOf(stage, sourceId).inspect()).toMatchObject({ app: { state: 'started' } });
    expect(madeByBackups(stage)).toEqual(before);
    expect((await schedule.describe()).info.numActionsSkippedOverlap).toBe(1);
    expect(await runbook('schedules')).toMatch(/ expired .*\n[^]* skipped {2}1 because a run/);

    stage.lab.faults.deny([]);
    const { imageId } = await reportOf(await startedBy(() => schedule.trigger('SKIP')));
    expect(madeByBackups(stage)).toEqual([...before, imageId]);
    expectSoundWorld(stage);
  });

  const standing = ({ state: { paused, note } }: ScheduleDescription): unknown => ({
    paused,
    note,
  });

  test('that a person has paused stays paused, with the note, when something else changes', async () => {
    await schedule.pause('ana: until the move is over');
    configure({ cron: '0 5 * * *', consistency: 'stop-app', catchup: '2 hours' });
    const told = JSON.parse(await runbook('schedules', 'apply', '--json')) as unknown;
    expect(told).toMatchObject({
      changes: [
        {
          action: 'change',
          fields: [
            { field: 'cron', from: '0 4 * * *', to: '0 5 * * *' },
            { field: 'catchup', from: '1 hour', to: '2 hours' },
          ],
        },
      ],
    });
    const paused = { paused: true, note: 'ana: until the move is over' };
    expect(standing(await schedule.describe())).toEqual(paused);
    expect(await runbook('schedules')).toContain('paused: ana: until the move is over');
    const warning = `warn  schedule ${schedule.scheduleId} is paused: ${paused.note}`;
    expect(await runbook('doctor')).toContain(warning);
    await schedule.unpause('ana: the move is over');
  });

  testInBrowser("is listed, paused and triggered in Temporal's own UI", async () => {
    const browser = await openBrowser();
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(15_000);
      await page.goto(`${process.env['STORIES_TEMPORAL_UI'] ?? ''}/namespaces/default/schedules`);
      await page.getByRole('link', { name: schedule.scheduleId }).click();
      await page.getByRole('button', { name: 'Pause', exact: true }).click();
      const reason = page.getByRole('dialog').filter({ hasText: 'Pause Schedule?' });
      await reason.getByPlaceholder('Reason').fill('bob: a look at it');
      await reason.getByRole('button', { name: 'Pause' }).click();
      await reason.waitFor({ state: 'hidden' });
      await eventually('the pause', 20, async () =>
        (await schedule.describe()).state.paused ? true : undefined,
      );
      const before = madeByBackups(stage).length;
      const id = await startedBy(async () => {
        // The page asks the server again after the pause, and stays empty when that is slow.
        const menu = page.locator('#schedule-actions-menu-button');
        await menu.click({ timeout: 5_000 }).catch(async () => {
          await page.reload();
          await menu.click();
        });
        await page.getByRole('menuitem', { name: 'Trigger' }).click();
        const dialog = page.getByRole('dialog').filter({ hasText: 'Trigger' });
        await dialog.locator('[data-testid=confirm-modal-button]').click();
      });
      await reportOf(id);
      expect(madeByBackups(stage)).toHaveLength(before + 1);

      configure({ cron: '0 6 * * *', consistency: 'stop-app' });
      await runbook('schedules', 'apply');
      expect(standing(await schedule.describe())).toEqual({
        paused: true,
        note: 'bob: a look at it',
      });
    } finally {
      await browser.close();
    }
  });

  test.each([
    '*/15 2,5-7 1-7 JAN MON-FRI',
    '5/20 * * * *',
    '0 8-18/5 * feb,dec *',
    '0 3 * * 7',
    '0 3 29 2 5-7',
    ...['@yearly', '@monthly', '@weekly', '@daily', '@hourly'],
  ])('comes when Temporal itself would have %p come', async (cron) => {
    const { scheduleId, spec, action } = wantedAt(cron);
    const state = { paused: true };
    const byHand = {
      scheduleId: `${scheduleId}-by-hand`,
      spec: { cronExpressions: [cron] },
    };
    const ours = await stage.client.schedule.create({ scheduleId, spec, action, state });
    const hand = await stage.client.schedule.create({ ...byHand, action, state });
    try {
      // One of these may be now, and so gone between the two looks.
      const soon = new Date(Date.now() + 60_000);
      const next = async (of: ScheduleHandle): Promise<readonly Date[]> =>
        (await of.describe()).info.nextActionTimes.filter((time) => time > soon).slice(0, 8);
      expect(await next(ours)).toHaveLength(8);
      expect(await next(ours)).toEqual(await next(hand));
    } finally {
      await Promise.all([ours.delete(), hand.delete()]);
    }
  });

  test('goes with its configuration when told so; what others have made stays', async () => {
    const action = {
      type: 'startWorkflow',
      workflowType: 'backup',
      taskQueue: stage.taskQueue,
      args: [{ installation: 'prod', unattended: true }],
    } as const;
    const spec = { cronExpressions: ['0 1 1 1 *'] };
    const foreign = [`a-schedule-by-hand@${stage.taskQueue}`, `backup-other@${stage.taskQueue}`];
    for (const scheduleId of foreign)
      await stage.client.schedule.create({ scheduleId, spec, action });
    await eventually('all schedules in the list', 20, async () =>
      (await ids()).length === 3 ? true : undefined,
    );

    configure(undefined);
    const stays =
      `stays   ${schedule.scheduleId}: the configuration has no such schedule. It still starts ` +
      'runs; `runbook schedules apply --delete` deletes it\nnothing to change\n';
    expect(await runbook('schedules', 'apply', '--dry-run')).toBe(stays);
    expect(await runbook('schedules', 'apply')).toBe(stays);
    expect(JSON.parse(await runbook('schedules', 'apply', '--json'))).toMatchObject({
      changes: [],
      notDeleted: [{ action: 'delete', scheduleId: schedule.scheduleId }],
    });
    expect(await runbook('schedules', 'apply', '--delete', '--dry-run')).toContain('would be');
    expect(await schedule.describe()).toMatchObject({ scheduleId: schedule.scheduleId });
    expect(await runbook('schedules', 'apply', '--delete')).toBe(
      `delete  ${schedule.scheduleId}: the configuration has no such schedule\n1 schedule(s) changed.\n`,
    );
    await expect(schedule.describe()).rejects.toThrow('not found');
    await eventually('the list without it', 20, async () =>
      (await ids()).length === 2 ? true : undefined,
    );
    expect(await ids()).toEqual(foreign);
    expect(await runbook('schedules', 'apply', '--delete')).toBe('nothing to change\n');

    configure({ cron: '0 2 * * *' }, 'other');
    await expect(runbook('schedules', 'apply')).rejects.toThrow('which runbook did not make');
    expect(await ids()).toEqual(foreign);
    for (const id of foreign) await stage.client.schedule.getHandle(id).delete();
  });
});
