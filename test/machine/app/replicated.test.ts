import { parseReplicatedVersion, parseSystemStatus } from '../../../src/machine/app/replicated';

test.each([
  ['{"Replicated": "ready", "Retraced": "ready"}', true, 'Replicated ready, Retraced ready'],
  [
    '{"Replicated":"ready","Retraced":"initializing"}',
    false,
    'Replicated ready, Retraced initializing',
  ],
  ['{"Replicated":"failed"}', false, 'Replicated failed'],
  ['{"Replicated":"ready"}', true, 'Replicated ready'],
  ['{"Retraced":"ready"}', false, 'Retraced ready'],
  ['{}', false, 'no subsystem'],
  ['', false, 'unreadable answer: (empty)'],
  ['Error: cannot connect', false, 'unreadable answer: Error: cannot connect'],
  ['["ready"]', false, 'unreadable answer: ["ready"]'],
])('reads the system status %s', (text, isReady, description) => {
  expect(parseSystemStatus(text)).toMatchObject({ isReady, description });
});

test.each([
  ['2.38.6\n', '2.38.6'],
  ['Replicated version 2.38.6 (git="1a2b3c4", date="2020-02-03T04:05:06Z")\n', '2.38.6'],
  ['2.38', undefined],
  ['10.0.1.5', undefined],
  ['', undefined],
])('reads the version in %j', (text, version) => {
  expect(parseReplicatedVersion(text)).toBe(version);
});
