import { newestSnapshot, parseProgress } from '../../../src/machine/storage/restic';

// As restic 0.14 prints them.
const begun = '{"message_type":"status","percent_done":0,"total_files":1,"total_bytes":5}';
const half =
  '{"message_type":"status","seconds_elapsed":3,"percent_done":0.507,"total_files":8,' +
  '"files_done":4,"total_bytes":10,"bytes_done":5}';
const summary = '{"message_type":"summary","files_new":8,"snapshot_id":"ab12"}';

test.each([
  [`running\n${begun}\n${half}\n`, 'running', 'restic: 50%, 4 of 8 files', ''],
  ['running\n', 'running', 'restic has begun', ''],
  [`lost\n${half}`, 'lost', 'restic: 50%, 4 of 8 files', ''],
  [`0\nle":"x"}\n${half}\n${summary}\n`, 'ended', 'restic: 50%, 4 of 8 files', ''],
  ['running\n{"message_type":"status","percent_done":0.25}', 'running', 'restic: 25%', ''],
  [
    '1\nFatal: wrong password or no key found\n',
    'ended',
    'restic has begun',
    'Fatal: wrong password or no key found',
  ],
])('%j', (text, state, words, said) => {
  expect(parseProgress(text)).toMatchObject({ state, words, said });
});

test('the exit status is only known of a work that has ended', () => {
  expect(parseProgress('3\n').exitCode).toBe(3);
  expect(parseProgress('running\n').exitCode).toBeUndefined();
});

test('the newest snapshot of a list', () => {
  const list = [
    { id: 'new', time: '2026-11-24T20:00:00.5+02:00', paths: ['/o'] },
    { id: 'old', time: '2026-11-24T17:59:59Z', paths: ['/o'], tags: ['x'] },
  ];
  expect(newestSnapshot(JSON.stringify(list))?.id).toBe('new');
  expect(newestSnapshot('[]')).toBeUndefined();
  expect(newestSnapshot('Fatal')).toBeUndefined();
});
