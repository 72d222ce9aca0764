/** What happens at the end of a run, by an activity whose world is made up here. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { createActivities } from '../../../src/activities';
import { refuse } from '../../../src/contract/failures';
import type { Report } from '../../../src/contract/reports';
import type { World } from '../../../src/world';
import { report } from '../../contract/sample-report';

const sheets: string[] = [];
const saved: Report[] = [];
const tagged: (readonly [string, Readonly<Record<string, string>>])[] = [];
let images: { readonly tags: Readonly<Record<string, string>> }[] = [];
let refusal: Error | undefined;
const world = {
  ec2: () => ({
    images: () => Promise.resolve(images),
    tag: ([id = '']: string[], tags: Record<string, string>) => {
      if (refusal && id.startsWith('ami-')) return Promise.reject(refusal);
      tagged.push([id, tags]);
      return Promise.resolve();
    },
  }),
  saveReport: (report: Report) => {
    saved.push(report);
    return Promise.resolve('report.md');
  },
  receivers: { order: 'inOrder', all: [] },
  saveSheet: (name: string) => {
    sheets.push(name);
    return Promise.reject(new Error('AWS does not answer'));
  },
} as unknown as World;

async function end(changes: Partial<Report>, region?: string, isTold = true): Promise<string> {
  const ended: Report = { ...report, installation: 'prod', ...changes };
  const activity = createActivities(world, () => Promise.resolve()).recordEnd;
  const input = { report: ended, region, isTold };
  const { note } = await new MockActivityEnvironment().run<
    [typeof input],
    { note: string },
    typeof activity
  >(activity, input);
  return note;
}

beforeEach(() => {
  for (const list of [sheets, saved, tagged]) list.splice(0);
  images = [{ tags: { 'runbook:kind': 'backup' } }];
  refusal = undefined;
});

test('a backup whose sheet cannot be written has ended well all the same', async () => {
  expect(await end({ runbook: 'backup', status: 'done' })).toBe(
    'report written, sheet written failed: AWS does not answer',
  );
  expect(sheets).toEqual(['prod']);
});

test.each([
  { runbook: 'backup', status: 'failed' },
  { runbook: 'restore', status: 'done' },
] as const)('no sheet is written after a $runbook that is $status', async (changes) => {
  expect(await end(changes)).toBe('report written');
  expect(sheets).toEqual([]);
});

const passed = { name: 'frontend', ok: true, seen: '200' };
const failed = { name: 'contexts', ok: false, seen: '500' };
const imageId = 'ami-0f00';
const restored = {
  runbook: 'restore',
  status: 'done',
  imageId,
  endedAt: '2026-11-24T03:10:00Z',
} as const;
const proofs = () => tagged.filter(([id]) => id === imageId).map(([, tags]) => tags);

test('a restore whose every check passed has proved its backup', async () => {
  await end({ ...restored, checks: [passed] }, 'us-east-1');
  expect(proofs()).toEqual([{ 'runbook:proven': '2026-11-24T03:10:00Z passed' }]);
});

test.each([
  ['with a check that failed', { checks: [passed, failed] }],
  ['that looked at nothing', { checks: [] }],
  ['that was ended', { checks: [passed], status: 'aborted' }],
] as const)('a restore %s has proved nothing', async (_what, changes) => {
  await end({ ...restored, ...changes }, 'us-east-1');
  expect(proofs()).toEqual([]);
});

test('an image that was made by hand gets no word of it', async () => {
  images = [{ tags: {} }];
  await end({ ...restored, checks: [passed] }, 'us-east-1');
  expect(proofs()).toEqual([]);
});

test('a proof that cannot be told is in the report, with the command', async () => {
  refusal = new Error('AWS denied CreateTags.');
  await end({ ...restored, checks: [passed] }, 'us-east-1');
  expect(saved[0]?.notes.at(-1)).toContain(
    `aws ec2 create-tags --region us-east-1 --resources ${imageId} --tags 'Key=runbook:proven,Value=2026-11-24T03:10:00Z passed'`,
  );
});

test('an attempt that is late writes no report over the one that people read', async () => {
  refusal = refuse('Superseded', 'tag was not sent to AWS: another attempt has taken over.');
  const late = end({ ...restored, checks: [passed] }, 'us-east-1');
  await expect(late).rejects.toMatchObject({ type: 'Superseded' });
  expect(saved).toEqual([]);
});

test('where nobody was told, no note says that people were', async () => {
  const note = await end({ runbook: 'restore', status: 'done' }, undefined, false);
  expect(note).toBe('report written, nobody was told: runbook.yaml names no receiver (notify)');
});
