import fc from 'fast-check';
import {
  backupOf,
  chooseBackup,
  newestFirst,
  newestUsable,
  proofsOf,
  takenAt,
  unusableBecause,
  type BackupImage,
} from '../../../src/machine/backups/backups';
import { encodeRecord } from '../../../src/machine/backups/record-tags';
import { backupAt, record } from './sample-backups';

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
  [
    'has no readable record',
    { tags: encodeRecord({ ...record, takenAt: 'the day before yesterday' }) },
  ],
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

/** The image that somebody makes of another one, with its tags, to encrypt it with another key. */
const encryptedAnew = (image: BackupImage, hour: number): BackupImage => {
  const { id, createdAt } = backupAt(hour);
  return { ...image, id: `${id}-anew`, createdAt };
};
const drilled = (hour: number, verdict: string): BackupImage =>
  backupAt(hour, { tags: { 'runbook:proven': `2026-11-30T00:00:00Z ${verdict}` } });

describe('an old backup that was copied to encrypt it anew', () => {
  const old = backupAt(1);
  const copy = encryptedAnew(old, 90);

  it('stays as old as it is, and one backup with its original', () => {
    expect(takenAt(copy)).toBe(old.createdAt);
    expect(backupOf(copy)).toBe(backupOf(old));
    expect(backupOf(copy)).not.toBe(backupOf(backupAt(2)));
  });

  it('is not taken for the newest', () => {
    expect(newestUsable([copy, backupAt(50), old])?.id).toBe('ami-50');
  });

  it('serves where the original is no use', () => {
    const failed = { ...old, state: 'failed' };
    expect(chooseBackup([copy, failed])).toEqual({ image: copy, passedOver: [] });
  });
});

it('a record that says a later time than AWS does not make a backup younger', () => {
  const image = { ...backupAt(90), createdAt: backupAt(1).createdAt };
  expect(takenAt(image)).toBe(backupAt(1).createdAt);
  expect(newestUsable([image, backupAt(2)])?.id).toBe('ami-2');
});

it('an image without a date is the last that is tried', () => {
  expect(newestFirst([backupAt(9, { createdAt: '' }), backupAt(1)]).map(({ id }) => id)).toEqual([
    'ami-1',
    'ami-9',
  ]);
});

describe('a backup that a drill found bad', () => {
  const bad = drilled(9, 'failed: no app');

  it('is passed over, and said to be', () => {
    const { image, passedOver } = chooseBackup([bad, backupAt(5), drilled(3, 'passed')]);
    expect(image?.id).toBe('ami-5');
    const why = 'was found bad by a drill, 2026-11-30T00:00:00Z (no app)';
    expect(passedOver).toEqual([{ image: bad, why }]);
  });

  it('is so in each of its copies', () => {
    const copy = encryptedAnew(backupAt(9), 90);
    expect(newestUsable([copy, bad, backupAt(5)])?.id).toBe('ami-5');
    // What was said of the copy in another region.
    expect(newestUsable([backupAt(9), backupAt(5)], proofsOf([bad]))?.id).toBe('ami-5');
  });

  it('is none any more when a later drill has proven it', () => {
    const tags = { 'runbook:proven': '2026-12-01T00:00:00Z passed' };
    const copy = { ...backupAt(9, { tags }), id: 'ami-copy' };
    expect(newestUsable([backupAt(5), bad, copy])?.id).toBe('ami-9');
  });

  it('leaves nothing to choose where all are bad', () => {
    expect(chooseBackup([bad])).toEqual({ passedOver: [expect.objectContaining({ image: bad })] });
  });
});
