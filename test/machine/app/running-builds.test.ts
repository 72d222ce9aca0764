import { evidenceOf, unendingBuilds } from '../../../src/machine/app/running-builds';

const url = (build: string): string => `https://circleci.example.com/gh/acme/${build}`;
const launchedAt = '2026-09-30T13:00:00.000Z';
const before = '2026-09-30T12:59:59.000Z';
const after = '2026-09-30T13:00:01.000Z';
const one = (build: string, startedAt?: string) => ({
  url: url(build),
  ...(startedAt === undefined ? {} : { startedAt }),
});

test.each([
  ['started before the launch', one('web/1', before), [], 'started before the machine'],
  ['started before the launch and is listed', one('web/1', before), [one('web/1')], 'ran at the'],
  ['does not say when it started, and is not listed', one('web/1'), [one('web/11')], 'unknown'],
  ['started after the launch', one('web/1', after), [], 'works'],
  ['has the number of one that is listed', one('web/1', after), [one('web/1', before)], 'works'],
  ['does not say when it started, but is listed', one('web/1'), [one('web/1')], 'ran at the'],
  ['started at the very launch', one('web/1', launchedAt), [], 'works'],
])('a build that %s', (_, build, atBackup, expected) => {
  const { unending, unknown } = unendingBuilds([build], { launchedAt, atBackup });
  const told = unending[0]?.why ?? (unknown.length > 0 ? 'unknown' : 'works');
  expect(told).toContain(expected);
  expect(unending.length + unknown.length).toBe(expected === 'works' ? 0 : 1);
});

test('a hostname that changed hides no build of the list', () => {
  const atBackup = [{ url: 'https://203.0.113.10/gh/acme/web/1' }];
  expect(unendingBuilds([one('web/1')], { launchedAt, atBackup }).unending).toHaveLength(1);
  expect(unendingBuilds([one('web/11')], { launchedAt, atBackup }).unending).toEqual([]);
});

test('evidence is bounded, and says how many more there were', () => {
  const builds = ['web/1', 'web/2', 'web/3'].map((build) => one(build));
  const listed = { builds, unreadable: 0, isCut: false };
  expect(evidenceOf(listed, 2)).toEqual({ builds: builds.slice(0, 2), more: 1, isCut: false });
  expect(evidenceOf(listed, 3)).toMatchObject({ more: 0 });
});
