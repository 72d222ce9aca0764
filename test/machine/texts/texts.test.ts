import { describeApp, isReady, parseAppStatus } from '../../../src/machine/app/app-status';
import { chooseDialect } from '../../../src/machine/dialects/choose';
import { valueOf } from '../../../src/machine/dialects/item';
import { parseOldStatus } from '../../../src/machine/dialects/with-replicated';
import { readNomadClients } from '../../../src/machine/app/nomad';
import { parseOsRelease } from '../../../src/machine/platform/os-release';
import { parsePlatform } from '../../../src/machine/platform/look';
import { parseReplicatedVersion, parseSystemStatus } from '../../../src/machine/app/replicated';
import * as texts from './texts';

describe('the state of the app', () => {
  test.each(['of2018', 'withPatch', 'withoutError', 'withNull', 'afterWarning'] as const)(
    'is read %s',
    (name) => {
      expect(isReady(parseAppStatus(texts.appStatus[name]))).toBe(true);
    },
  );

  test.each([
    ...['withoutState', 'withoutTransition', 'ofTwoApps', 'yaml', 'cut', 'help', 'html'],
  ] as (keyof typeof texts.appStatus)[])('is not guessed %s, and what was said is told', (name) => {
    const status = parseAppStatus(texts.appStatus[name]);
    expect(status.kind).toBe('unreadable');
    expect(describeApp(status)).toContain(texts.appStatus[name].trim().slice(0, 20));
    expect(describeApp(status).length).toBeLessThan(300);
  });

  test.each([
    ['started', { state: 'started', desiredState: 'started', isTransitioning: false }],
    ['stopping', { state: 'started', desiredState: 'stopped', isTransitioning: true }],
    ['starting', { state: 'starting', desiredState: 'started', isTransitioning: true }],
    ['justStarted', { state: 'started', desiredState: 'started', isTransitioning: true }],
    ['stopped', { state: 'stopped', desiredState: 'stopped', isTransitioning: false }],
    ['failed', { state: 'failed', isTransitioning: false, error: 'no such image' }],
    ['wrapped', { state: 'stopped', desiredState: 'stopped', isTransitioning: false }],
    ['none', { kind: 'none' }],
    ['withoutStatus', { kind: 'unreadable' }],
    ['login', { kind: 'unreadable', said: 'Error: You are not logged in.' }],
  ] as const)('in the older words: %s', (name, expected) => {
    expect(parseOldStatus(texts.oldApp[name])).toMatchObject(expected);
  });
});

test.each([
  ['ready', true, true],
  ['withMore', true, true],
  ['starting', false, true],
  ['failed', false, true],
  ['list', false, false],
  ['word', false, false],
] as const)('the system status %s', (name, isReady, isReadable) => {
  expect(parseSystemStatus(texts.systemStatus[name])).toMatchObject({ isReady, isReadable });
});

test.each(texts.versions)('the version in %j', (text, version) => {
  expect(parseReplicatedVersion(text)).toBe(version);
});

test.each(texts.releases)('the system of %s', (_, text, expected) => {
  expect(parseOsRelease(text)).toMatchObject(expected);
});

test.each(texts.nomadNodes)('the nodes in a table %s', (_, text, ready) => {
  const clients = readNomadClients(text);
  expect(clients?.filter(({ status }) => status === 'ready').length).toBe(ready);
});

test.each(texts.dockers)('the version in %j', (text, docker) => {
  expect(parsePlatform(`init systemd\nrelease ID=ubuntu\ndocker ${text}\n`).docker).toBe(docker);
});

test.each(texts.askings)('the dialect of %s', (_, output, expected) => {
  expect(chooseDialect(output)).toMatchObject(expected);
});

test.each([
  ['circleci.example.com\n', 'circleci.example.com'],
  ['<no value>\n', undefined],
  ['<nil>', undefined],
  ['  \n', undefined],
])('the value that a template prints as %j', (text, value) => {
  expect(valueOf(text)).toBe(value);
});

test('what Replicated said is told without its secrets, and not at length', () => {
  const said = `Error: bad thing, DAEMON_TOKEN=abcdefghijklmnop ${'x'.repeat(5000)}`;
  const choice = chooseDialect(`status 1\n| ${said}\n\n`);
  expect(choice).toMatchObject({ kind: 'silent' });
  expect(JSON.stringify(choice)).not.toContain('abcdefghijklmnop');
  expect(JSON.stringify(choice).length).toBeLessThan(300);
});
