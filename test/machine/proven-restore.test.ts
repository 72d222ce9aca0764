import { provenRestore } from '../../src/machine/proven-restore';
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
