import { drillLines, drillsTable, trendOf } from '../../../src/cli/drills/trend';
import type { DrillVerdict, Report } from '../../../src/contract/reports';

/** A drill of that day which lasted so many minutes, ten of them for a person. */
function drillOn(
  day: number,
  minutes: number,
  outcome: DrillVerdict['outcome'] = 'passed',
): Report {
  const at = (minute: number) => new Date(Date.UTC(2026, 10, day, 5, minute)).toISOString();
  return {
    runbook: 'drill',
    installation: 'prod',
    workflowId: `drill-${String(day)}`,
    runId: `run-${String(day)}`,
    status: 'done',
    startedAt: at(0),
    endedAt: at(minutes),
    summary: 'ended',
    notes: [],
    leftToDo: [],
    imageId: `ami-${String(day)}`,
    verdict: { outcome, why: outcome === 'passed' ? '' : 'the app' },
    journal: [
      {
        kind: 'step',
        title: 'a',
        state: 'done',
        startedAt: at(0),
        endedAt: at(5),
        waitsFor: 'AWS',
      },
      { kind: 'approval', title: 'b', state: 'approved', startedAt: at(5), endedAt: at(15) },
    ],
  };
}
const trend = (...reports: Report[]) => trendOf(drillLines(reports));

test('drills are listed once each, the newest first, with where their time went', () => {
  const lines = drillLines([drillOn(1, 40), drillOn(8, 50, 'failed'), drillOn(1, 40)]);
  expect(lines.map(({ workflowId }) => workflowId)).toEqual(['drill-8', 'drill-1']);
  const [, newest] = drillsTable(lines).split('\n');
  expect(newest?.split(/ {2,}/)).toEqual([
    '2026-11-08 05:50 UTC',
    'prod',
    '50 min 0 s',
    '5 min 0 s',
    '0 s',
    '10 min 0 s',
    'ami-8',
    'failed: the app',
  ]);
});

test('the trend compares the last that passed with the median of those before, without people', () => {
  expect(trend(drillOn(1, 40), drillOn(2, 30), drillOn(3, 55), drillOn(4, 10, 'failed'))).toBe(
    'prod: 3 of 4 drills passed, 1 failed; the last that passed took 45 min 0 s without people, ' +
      '80 % longer (median of those before: 25 min 0 s).',
  );
  expect(trend(drillOn(1, 40), drillOn(2, 25))).toContain('50 % shorter');
  expect(trend(drillOn(1, 40), drillOn(2, 40))).toContain('as before');
});

test('one that says nothing of its backup counts as neither', () => {
  expect(trend(drillOn(1, 40, 'none'))).toBe('prod: 0 of 1 drills passed, 0 failed.');
  expect(trend(drillOn(1, 40), drillOn(2, 3, 'none'))).toContain('1 of 2 drills passed, 0 failed');
});
