import fc from 'fast-check';
import { newestUsable, unusableBecause, type BackupImage } from '../../src/machine/backups';
import { backupAt } from './sample-backups';

const unusable: readonly (readonly [string, Partial<BackupImage>])[] = [
  ['is pending', { state: 'pending' }],
  [
    'is failed (Client.InternalError: no)',
    { state: 'failed', stateReason: 'Client.InternalError: no' },
  ],
  ['is deregistered', { state: 'deregistered' }],
  ['is disabled', { state: 'disabled' }],
  [
    'failed its verification (a snapshot is not complete)',
    { tags: { 'runbook:verified': 'no: a snapshot is not complete' } },
  ],
  ['has no readable record', { tags: { 'runbook:record.1': '{' } }],
  ['has no readable record', { tags: { 'runbook:kind': 'restore' } }],
];

describe('an image', () => {
  it.each(unusable)('is no backup to restore from when it %s', (why, image) => {
    expect(unusableBecause(backupAt(1, image))).toBe(why);
  });

  it('is one when it is available and has its record, verified or not yet', () => {
    const image = backupAt(1);
    const { 'runbook:verified': _verdict, ...tags } = image.tags;
    expect(unusableBecause(image)).toBeUndefined();
    expect(unusableBecause({ ...image, tags })).toBeUndefined();
  });
});

describe('of several images', () => {
  it('the newest usable one is chosen, in whatever order AWS lists them', () => {
    const some = fc.uniqueArray(
      fc.record({
        hour: fc.integer({ min: 0, max: 500 }),
        flaw: fc.option(fc.constantFrom(...unusable)),
      }),
      { selector: ({ hour }) => hour },
    );
    fc.assert(
      fc.property(some, (drawn) => {
        const images = drawn.map(({ hour, flaw }) => backupAt(hour, flaw?.[1]));
        const good = drawn.filter(({ flaw }) => flaw === null).map(({ hour }) => hour);
        const newest = good.length === 0 ? undefined : `ami-${String(Math.max(...good))}`;
        expect(newestUsable(images)?.id).toBe(newest);
      }),
    );
  });
});
