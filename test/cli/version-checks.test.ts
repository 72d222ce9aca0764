import { judgeVersions } from '../../src/cli/doctor/version-checks';
import type { Version, Versions } from '../../src/cli/temporal/versions';

function found(current: string, ...versions: Partial<Version>[]): Versions {
  const whole = versions.map((one) => ({
    buildId: 'a',
    isDrained: false,
    isPolled: true,
    open: [],
    ...one,
    isCurrent: (one.buildId ?? 'a') === current,
  }));
  return { deployment: 'runbook', current, versions: whole, conflictToken: new Uint8Array() };
}

describe('the doctor', () => {
  test('is content with one version that is current', () => {
    expect(judgeVersions(found('a', { open: ['restore-1'] }))).toEqual([
      { level: 'ok', what: 'worker versions: new runs begin on a' },
    ]);
  });

  test('names the version that drains, and what it holds', () => {
    const findings = judgeVersions(found('b', { buildId: 'b' }, { open: ['restore-1', 'claim'] }));
    expect(findings.slice(1)).toEqual([
      { level: 'ok', what: 'worker versions: a drains, 2 open run(s): restore-1, claim' },
    ]);
  });

  test('warns of runs whose version no worker polls for, with the command that moves them', () => {
    const stranded = { open: ['restore-1'], isPolled: false };
    const [, finding] = judgeVersions(found('b', { buildId: 'b' }, stranded));
    expect(finding).toMatchObject({ level: 'warn', what: expect.stringContaining('restore-1') });
    expect(finding?.todo).toContain(
      `--query "TemporalWorkerDeploymentVersion = 'runbook:a' AND ExecutionStatus = 'Running'"`,
    );
    expect(finding?.todo).toContain('--versioning-override-build-id b');
  });

  test('fails where new runs begin on a version that no worker polls for', () => {
    const [finding] = judgeVersions(found('a', { isPolled: false }, { buildId: 'b' }));
    expect(finding).toMatchObject({ level: 'FAIL', todo: expect.stringContaining('use b') });
    const [alone] = judgeVersions(found('a', { isPolled: false }));
    expect(alone).toMatchObject({ level: 'FAIL', todo: expect.stringContaining('start a worker') });
  });

  test('warns of a worker that nothing is for', () => {
    const [, idle] = judgeVersions(found('b', { buildId: 'b' }, { buildId: '' }));
    expect(idle).toMatchObject({ level: 'warn', todo: expect.stringContaining('use unversioned') });
  });

  test('has nothing to say of a version that is gone', () => {
    const gone = { isPolled: false, isDrained: true };
    expect(judgeVersions(found('b', { buildId: 'b' }, gone))).toHaveLength(1);
  });
});
