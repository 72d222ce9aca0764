import { takenAt } from '../../../src/machine/backups/backups';
import { copyTags, originalOf } from '../../../src/machine/backups/copies';
import { decodeRecord, encodeRecord } from '../../../src/machine/backups/record-tags';
import { record } from './sample-backups';

const original = {
  region: 'us-east-1',
  imageId: 'ami-0123456789abcdef0',
  createdAt: '2026-11-24T02:00:00.000Z',
};

it('a copy has the record of its original and says where it is from', () => {
  const tags = copyTags({ Name: 'prod', ...encodeRecord(record) }, original);
  expect(decodeRecord(tags)).toEqual(record);
  expect(tags['Name']).toBe('prod');
  expect(originalOf(tags)).toEqual(original);
});

it('what is said of the original is not said of its copy', () => {
  const said = {
    'runbook:verified': 'yes',
    'runbook:proven': '2026-11-24T02:00:00Z passed',
    'runbook:hold': 'before the upgrade',
    'runbook:removing': 'now',
    'aws:backup': 'no tag of ours may begin like this',
  };
  expect(Object.keys(copyTags(said, original))).toEqual(['runbook:copied-from']);
});

it('a copy was taken when its original was', () => {
  const image = { id: 'ami-2', state: 'available', createdAt: '2026-11-24T09:00:00.000Z' };
  expect(takenAt({ ...image, tags: copyTags({}, original) })).toBe(original.createdAt);
  expect(takenAt({ ...image, tags: {} })).toBe(image.createdAt);
});

it.each(['', 'us-east-1', 'us-east-1 ami-1', 'us-east-1 ami-1 yesterday', 'a b c d'])(
  'a tag that says "%s" names no original',
  (text) => {
    expect(originalOf({ 'runbook:copied-from': text })).toBeUndefined();
  },
);
