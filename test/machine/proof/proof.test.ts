/** What proves that the data came back. */
import {
  judgeMongo,
  judgePostgres,
  parseMongo,
  parsePostgres,
  toRecord,
} from '../../../src/machine/proof/databases';
import { judgeMarks, markFile, parseMarks, placesToMark } from '../../../src/machine/proof/marks';
import { recorded } from '../volumes/sample';

const older = '5a0000000000000000000001';
const newer = '5b0000000000000000000000';

test('reads what the databases say, and nothing into what they do not', () => {
  expect(parsePostgres('next 731204\ndatabase vms\ndatabase circle\n')).toEqual({
    next: 731204,
    databases: ['circle', 'vms'],
  });
  expect(parsePostgres('psql: FATAL:  role "circle" does not exist')).toBeUndefined();
  expect(parseMongo(`WARNING: x\ncollections 41\nnewest ${older}\n`)).toEqual({
    collections: 41,
    newest: older,
  });
  expect(parseMongo('collections 0\nnewest none\n')).toEqual({ collections: 0 });
  expect(parseMongo("Error: couldn't connect")).toBeUndefined();
});

const then = { next: 1000, databases: ['circle', 'vms'] };
test.each([
  [{ next: 1000, databases: ['circle', 'vms'] }, true, 'at the backup 1000 and 2'],
  [{ next: 2000, databases: ['circle', 'new', 'vms'] }, true, 'next transaction 2000'],
  [{ next: 999, databases: ['circle', 'vms'] }, false, 'OLDER'],
  [{ next: 2000, databases: ['circle'] }, false, 'LACKS vms'],
])('judges PostgreSQL that says %j', (now, ok, words) => {
  expect(judgePostgres(now, then)).toEqual({ ok, seen: expect.stringContaining(words) });
  expect(judgePostgres(now, undefined).ok).toBe(true);
});

test.each([
  [{ collections: 41, newest: newer }, false, true],
  [{ collections: 42, newest: older }, false, true],
  [{ collections: 41 }, false, false],
  [{ collections: 0 }, true, false],
  [{ collections: 40, newest: newer }, false, false],
  [{ collections: 41, newest: '590000000000000000000000' }, false, false],
  // An earlier run of this machine may have deleted builds on purpose.
  [{ collections: 41, newest: '590000000000000000000000' }, true, true],
])('judges MongoDB that says %j', (now, mayHaveShrunk, ok) => {
  expect(judgeMongo(now, { collections: 41, newest: older }, mayHaveShrunk).ok).toBe(ok);
});

test('keeps the record of many databases short', () => {
  const databases = Array.from({ length: 40 }, (_, at) => `db${String(at)}`);
  expect(toRecord({ postgres: { next: 1, databases } }).postgres?.databases).toHaveLength(16);
});

test('marks the root and each volume with a folder of the app, each once', () => {
  expect(placesToMark(recorded)).toEqual(['/', '/data/circle', '/var/lib/docker']);
  const [, circle] = recorded.mounts;
  const views = circle ? [...recorded.mounts, { ...circle, target: '/mnt' }] : [];
  expect(placesToMark({ ...recorded, mounts: views })).toHaveLength(3);
  const readOnly = recorded.mounts.map((one) => ({ ...one, options: 'ro' }));
  expect(placesToMark({ ...recorded, mounts: readOnly })).toEqual([]);
  expect(markFile('/data/circle')).toBe('/data/circle/.circleci-server-runbook-point-in-time.json');
});

const mark = { run: 'backup-1', takenAt: '2026-11-30T03:00:00Z', instanceId: 'i-1' };
const line = (target: string, change: object = {}): string =>
  `${target}|${JSON.stringify({ ...mark, ...change })}`;
const expected = { targets: ['/', '/data/circle'], mark };

test.each([
  [[line('/'), line('/data/circle')], true, '2026-11-30T03:00:00Z (backup-1) on /, /data/circle'],
  [[line('/')], false, '/data/circle bears no mark'],
  [[line('/'), '/data/circle|{"run":'], false, '/data/circle bears no mark'],
  [
    [line('/'), line('/data/circle', { run: 'backup-0', takenAt: '2026-11-29T03:00:00Z' })],
    false,
    '/data/circle bears the mark of 2026-11-29T03:00:00Z (backup-0)',
  ],
  // The restored machine has been backed up since.
  [
    [line('/', { instanceId: 'i-2', run: 'b' }), line('/data/circle', { instanceId: 'i-2' })],
    true,
    'later backup of this very machine',
  ],
])('judges the marks %j', (lines, ok, words) => {
  expect(judgeMarks(parseMarks(lines.join('\n')), expected, 'i-2')).toEqual({
    ok,
    seen: expect.stringContaining(words),
  });
});
