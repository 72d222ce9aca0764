import type { ScheduleDescription } from '@temporalio/client';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { changeText, difference } from '../../../src/cli/schedules/difference';
import { wantedSchedules, type Wanted } from '../../../src/cli/schedules/wanted';
import { loadConfig } from '../../../src/config';

const queue = 'runbook';

/** The schedules of a configuration in which the installations have these. */
function wantedOf(
  schedules: Readonly<Record<string, object | undefined>>,
  more: object = {},
): readonly Wanted[] {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-schedules-'));
  const file = join(folder, 'runbook.yaml');
  const installations = Object.entries(schedules).map(([name, schedule]) => [
    name,
    {
      region: 'us-east-1',
      servicesMachine: { instance: 'i-0123456789abcdef0' },
      hostname: 'circleci.example.com',
      ssh: { user: 'ubuntu', agent: true },
      ...(schedule ? { schedule } : {}),
      ...more,
    },
  ]);
  writeFileSync(file, stringify({ installations: Object.fromEntries(installations) as object }));
  const config = loadConfig(file);
  rmSync(folder, { recursive: true });
  return wantedSchedules(config, queue);
}

const nightly = { cron: '30 2 * * *' };
const always = {
  dayOfMonth: [{ start: 1, end: 31, step: 1 }],
  month: [{ start: 'JANUARY', end: 'DECEMBER', step: 1 }],
  year: [],
  dayOfWeek: [{ start: 'SUNDAY', end: 'SATURDAY', step: 1 }],
  second: [{ start: 0, end: 0, step: 1 }],
} as const;
const at = (hour: number, minute: number) => ({
  ...always,
  minute: [{ start: minute, end: minute, step: 1 }],
  hour: [{ start: hour, end: hour, step: 1 }],
});

/** What Temporal says of the schedule that `nightly` of `prod` makes; then somebody changes it. */
function kept(changes: object = {}): ScheduleDescription {
  return {
    scheduleId: 'backup-prod@runbook',
    memo: { madeBy: 'runbook schedules apply', installation: 'prod', taskQueue: queue },
    spec: { calendars: [at(2, 30)], intervals: [], skip: [], timezone: 'UTC' },
    action: {
      type: 'startWorkflow',
      workflowType: 'backup',
      workflowId: 'backup-prod-scheduled@runbook',
      taskQueue: queue,
      args: [{ installation: 'prod', consistency: 'no-reboot', unattended: true }],
      staticSummary: 'Started by schedule backup-prod@runbook',
    },
    policies: { overlap: 'SKIP', catchupWindow: 3_600_000, pauseOnFailure: false },
    state: { paused: false, note: '' },
    ...changes,
  } as unknown as ScheduleDescription;
}

/** The terms that differ, as text. */
function told(wanted: readonly Wanted[], ...found: ScheduleDescription[]): readonly string[] {
  return difference(wanted, found, queue).changes.map(changeText);
}

describe('the difference between the configuration and Temporal', () => {
  it('is nothing when Temporal has what the configuration says, however it is written', () => {
    expect(told(wantedOf({ prod: nightly }), kept())).toEqual([]);
    const spelled = { cron: '30 2 1-31 JAN-DEC SUN-SAT', timezone: 'UTC', catchup: '60 minutes' };
    expect(told(wantedOf({ prod: spelled }), kept())).toEqual([]);
    expect(told(wantedOf({ prod: undefined }))).toEqual([]);
  });

  it('does not count that a person has paused it', () => {
    const paused = kept({ state: { paused: true, note: 'ana: the disk is changed' } });
    expect(told(wantedOf({ prod: nightly }), paused)).toEqual([]);
  });

  it('is a schedule that is missing, told by what the configuration says of it', () => {
    const wanted = wantedOf({ prod: { ...nightly, jitter: '90 seconds', catchup: '2 days' } });
    expect(told(wanted)).toEqual([
      [
        'create  backup-prod@runbook',
        '          cron         30 2 * * *',
        '          timezone     UTC',
        '          jitter       90 seconds',
        '          catchup      2 days',
        '          consistency  no-reboot',
      ].join('\n'),
    ]);
  });

  it('is a schedule of drills, beside that of backups', () => {
    const drill = {
      quarantineSecurityGroup: 'sg-0eeeeeeeeeeeeeee0',
      schedule: { cron: '0 5 * * 6', timezone: 'Europe/Berlin' },
    };
    const wanted = wantedOf({ prod: nightly }, { drill });
    expect(wanted.map(({ action }) => action.args)).toEqual([
      [{ installation: 'prod', consistency: 'no-reboot', unattended: true }],
      [{ installation: 'prod', unattended: true }],
    ]);
    expect(told(wanted, kept())).toEqual([
      [
        'create  drill-prod@runbook',
        '          cron      0 5 * * 6',
        '          timezone  Europe/Berlin',
        '          jitter    none',
        '          catchup   1 hour',
      ].join('\n'),
    ]);
  });

  it('is each term that the configuration changes', () => {
    const wanted = wantedOf({
      prod: { cron: '0 4 * * SUN', timezone: 'Europe/Berlin', consistency: 'reboot', jitter: 60 },
    });
    expect(told(wanted, kept())).toEqual([
      [
        'change  backup-prod@runbook',
        '          cron         30 2 * * * → 0 4 * * 0',
        '          timezone     UTC → Europe/Berlin',
        '          jitter       none → 1 minute',
        '          consistency  no-reboot → reboot',
      ].join('\n'),
    ]);
  });

  it.each([
    ['another time', { spec: { calendars: [at(2, 30), at(14, 0)], timezone: 'UTC' } }, 'cron'],
    [
      'a second',
      { spec: { calendars: [{ ...at(2, 30), second: [{ start: 5, end: 5, step: 1 }] }] } },
      'cron',
    ],
    [
      'a year',
      { spec: { calendars: [{ ...at(2, 30), year: [{ start: 2027, end: 2027, step: 1 }] }] } },
      'cron',
    ],
    [
      'an interval',
      { spec: { calendars: [at(2, 30)], intervals: [{ every: 60_000, offset: 0 }] } },
      'other times',
    ],
    ['an exception', { spec: { calendars: [at(2, 30)], skip: [at(2, 30)] } }, 'other times'],
    ['an end', { spec: { calendars: [at(2, 30)], endAt: new Date(0) } }, 'other times'],
    ['a limit', { state: { paused: false, remainingActions: 0 } }, 'actions left'],
    [
      'overlapping runs',
      { policies: { overlap: 'ALLOW_ALL', catchupWindow: 3_600_000, pauseOnFailure: false } },
      'overlap',
    ],
    [
      'a pause on failure',
      { policies: { overlap: 'SKIP', catchupWindow: 3_600_000, pauseOnFailure: true } },
      'pause on failure',
    ],
    [
      'a run that waits for a person',
      { action: { ...kept().action, args: [{ installation: 'prod', consistency: 'no-reboot' }] } },
      'unattended',
    ],
    ['an input of another form', { action: { ...kept().action, args: ['prod'] } }, 'input'],
    ['another queue', { action: { ...kept().action, taskQueue: 'lost' } }, 'task queue'],
  ])('is what somebody gave it in Temporal: %s', (_what, change, field) => {
    const { changes } = difference(wantedOf({ prod: nightly }), [kept(change)], queue);
    expect(changes).toMatchObject([{ action: 'change' }]);
    expect(changes[0]?.fields.map((one) => one.field)).toContain(field);
  });

  it('is a schedule of ours that the configuration no longer has', () => {
    expect(told(wantedOf({ prod: undefined }), kept())).toEqual([
      'delete  backup-prod@runbook: the configuration has no such schedule',
    ]);
  });

  it.each([
    ['somebody made by hand', { memo: undefined }],
    ['has our memo under another name', { scheduleId: 'copy-of-backup-prod' }],
    ['belongs to another task queue', { scheduleId: 'backup-prod@blue' }],
  ])('is not a schedule that %s', (_what, change) => {
    expect(told([], kept(change))).toEqual([]);
  });

  it('names a foreign schedule that has the name of one of ours, and leaves it alone', () => {
    const outcome = difference(wantedOf({ prod: nightly }), [kept({ memo: {} })], queue);
    expect(outcome).toEqual({ changes: [], foreign: ['backup-prod@runbook'] });
  });
});
