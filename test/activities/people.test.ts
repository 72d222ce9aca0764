/** What happens at the end of a run, by an activity whose world is made up here. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { createActivities } from '../../src/activities';
import type { Report } from '../../src/contract/reports';
import type { World } from '../../src/world';
import { report } from '../contract/sample-report';

const sheets: string[] = [];
const world = {
  saveReport: () => Promise.resolve('report.md'),
  notify: () => Promise.resolve(true),
  saveSheet: (name: string) => {
    sheets.push(name);
    return Promise.reject(new Error('AWS does not answer'));
  },
} as unknown as World;

async function end(changes: Partial<Report>): Promise<string> {
  const ended: Report = { ...report, installation: 'prod', ...changes };
  const activity = createActivities(world).recordEnd;
  const input = { report: ended, region: undefined };
  const { note } = await new MockActivityEnvironment().run<
    [typeof input],
    { note: string },
    typeof activity
  >(activity, input);
  return note;
}

beforeEach(() => sheets.splice(0));

test('a backup whose sheet cannot be written has ended well all the same', async () => {
  expect(await end({ runbook: 'backup', status: 'done' })).toBe(
    'report written, people told, sheet written failed: AWS does not answer',
  );
  expect(sheets).toEqual(['prod']);
});

test.each([
  { runbook: 'backup', status: 'failed' },
  { runbook: 'restore', status: 'done' },
] as const)('no sheet is written after a $runbook that is $status', async (changes) => {
  expect(await end(changes)).toBe('report written, people told');
  expect(sheets).toEqual([]);
});
