import { chooseDialect } from '../../../src/machine/dialects/choose';
import { recordedDialect } from '../../../src/machine/dialects/recorded';
import { parsePlatform } from '../../../src/machine/platform/look';
import { describePlatform, isBefore, judgePlatform } from '../../../src/machine/platform/supported';
import { parseServerVersion } from '../../../src/machine/platform/server';

const xenial =
  'init systemd\nrelease ID=ubuntu\nrelease VERSION_ID="16.04"\n' +
  'release PRETTY_NAME="Ubuntu 16.04.7 LTS"\ndocker Docker version 18.09.9, build 1\n';
const judge = (text: string, asked = 'status 0\n| []\n') =>
  judgePlatform({ platform: parsePlatform(text), choice: chooseDialect(asked) });

test('a machine that was played through can be restored', () => {
  expect(judge(xenial)).toEqual({ cannot: [], untried: [] });
});

test.each([
  ['lacks flock', /lacks flock/],
  ['docker Docker version 1.7.1, build 786b29d', /Docker 1\.7\.1 .*1\.8/],
])('one that says %j cannot', (line, why) => {
  const text = line.startsWith('docker') ? xenial.replace(/docker .*/, line) : `${xenial}${line}\n`;
  expect(judge(text).cannot).toEqual([expect.stringMatching(why)]);
});

test('a system that nobody knows cannot', () => {
  const text = xenial.replace('ID=ubuntu', 'ID=alpine').replace(/PRETTY.*/, 'PRETTY_NAME="Alpine"');
  expect(judge(text).cannot).toEqual([expect.stringContaining('"Alpine"')]);
});

test('a Replicated that wants a login cannot; one that is silent may', () => {
  const login = 'status 127\ninspect 127\nold 0\n| Error: You are not logged in.\n';
  expect(judge(xenial, login).cannot).toEqual([expect.stringContaining('not logged in')]);
  expect(judge(xenial, 'status 1\n| Error: No such container: replicated\n').cannot).toEqual([]);
});

test('a system that is known but not played through is told', () => {
  const text = xenial.replace('16.04"', '18.04"').replace('16.04.7', '18.04.5');
  expect(judge(text)).toEqual({
    cannot: [],
    untried: ['Ubuntu 18.04.5 LTS with systemd was never played through'],
  });
});

test.each([
  ['2.10.3', '2.26', true],
  ['2.26.0', '2.26', false],
  ['2.9.12', '2.10', true],
  ['17.12.1', '1.8', false],
  ['1.7.1', '1.8', true],
  ['2.26', '2.26.0', false],
])('%s is before %s: %s', (version, other, before) => {
  expect(isBefore(version, other)).toBe(before);
});

test('a backup says in which dialect its machine is spoken to, an old one by its version', () => {
  expect(recordedDialect({ platform: { cli: 'old' }, replicatedVersion: '2.38.6' }).name).toBe(
    'old',
  );
  expect(recordedDialect({ replicatedVersion: '2.25.9' }).name).toBe('inspect');
  expect(recordedDialect({ replicatedVersion: '2.38.6' }).name).toBe('status');
  expect(recordedDialect({}).name).toBe('status');
});

test('a platform in one line', () => {
  const record = { os: 'CentOS release 6.10 (Final)', init: 'upstart', cli: 'old' } as const;
  expect(describePlatform(record, '2.10.3')).toBe(
    'CentOS release 6.10 (Final), upstart, Replicated 2.10.3, spoken to by `replicated app ID` ' +
      '(the older command line)',
  );
  expect(describePlatform({}, undefined)).toBe('unknown');
});

test.each([
  ['[{"ID": "a", "Name": "CircleCI", "Version": "2.19.13"}]', '2.19.13'],
  ['{"VersionLabel": "2.17.3", "Version": "9"}', '2.17.3'],
  ['[{"ID": "a", "Name": "CircleCI"}]', undefined],
  ['[{"Version": 7}]', undefined],
  ['[]', undefined],
  ['Error: unknown', undefined],
])('the release in %s', (answer, version) => {
  expect(parseServerVersion(answer)).toBe(version);
});
