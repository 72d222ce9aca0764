import { strandedFacts } from '../../../src/cli/watch/facts';
import type { Version } from '../../../src/cli/temporal/versions';

const version = (one: Partial<Version>): Version => ({
  ...{ buildId: 'a', isCurrent: false, isDrained: false, isPolled: false, open: [] },
  ...one,
});
const factsOf = (...versions: Version[]): ReturnType<typeof strandedFacts> =>
  strandedFacts({ deployment: 'runbook', current: 'b', versions, conflictToken: new Uint8Array() });

test('runs whose version has no worker are told, once for each version', () => {
  const [fact, ...others] = factsOf(version({ open: ['restore-1', 'restore-claim'] }));
  expect(others).toEqual([]);
  expect(fact).toMatchObject({ key: 'version/a', area: 'temporal' });
  expect(fact?.what).toContain('version a, on which 2 open run(s) began: restore-1');
});

test('nothing is told of a version that a worker polls for, or that holds nothing', () => {
  expect(factsOf(version({ isPolled: true, open: ['restore-1'] }), version({}))).toEqual([]);
  expect(strandedFacts(undefined)).toEqual([]);
});
