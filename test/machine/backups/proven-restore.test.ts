import { provenRestore, provenTag } from '../../../src/machine/backups/proven-restore';
import { backupAt } from './sample-backups';

const proofOf = (tag: string) => provenRestore(backupAt(1, { tags: { 'runbook:proven': tag } }));

describe('the tag of a proven restore', () => {
  it.each([
    ['2026-11-24T03:10:00.000Z passed', true, ''],
    ['2026-11-24T03:10:00.000Z failed: the app did not start', false, 'the app did not start'],
    ['2026-11-24T03:10:00.000Z failed', false, ''],
  ])('%s', (tag, passed, why) => {
    const at = '2026-11-24T03:10:00.000Z';
    expect(proofOf(tag)).toEqual({ image: 'ami-1', at, passed, why });
  });

  it.each([
    '',
    'passed',
    'yesterday passed',
    '2026-11-24T03:10:00Z',
    '2026-13-77T99:10:00Z passed',
  ])('is unreadable as %j', (tag) => {
    expect(proofOf(tag)).toBe('unreadable');
  });

  it('is absent from an image that nobody has restored from', () => {
    expect(provenRestore(backupAt(1))).toBeUndefined();
  });
});

describe('the tag that a drill writes', () => {
  const at = '2026-11-24T03:10:00.000Z';

  it.each([
    { passed: true, why: '' },
    { passed: false, why: '6. Restart the app: AppNotStarted: it is not up' },
  ])('reads back as it was meant (%j)', (proof) => {
    expect(proofOf(provenTag(at, proof))).toEqual({ image: 'ami-1', at, ...proof });
  });

  it('fits into a tag of EC2, in one line', () => {
    const tag = provenTag(at, { passed: false, why: `a\nb ${'long '.repeat(100)}` });
    expect(tag.length).toBeLessThanOrEqual(256);
    expect(tag).toContain('failed: a b long');
  });
});
