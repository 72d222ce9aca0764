import {
  deploymentOf,
  nameOf,
  readWorkerVersions,
  takesOver,
  type VersionService,
} from '../../src/contract/worker-versions';

const now = (): number => Math.floor(Date.now() / 1000);

/** A Temporal with these polls, as seconds ago by build id. */
function temporal(
  polls: readonly (readonly [buildId: string | undefined, secondsAgo: number])[],
  described: () => Awaited<ReturnType<VersionService['describeWorkerDeployment']>>,
): VersionService {
  return {
    describeWorkerDeployment: async () => described(),
    describeTaskQueue: () =>
      Promise.resolve({
        pollers: polls.map(([buildId, ago]) => ({
          lastAccessTime: { seconds: String(now() - ago) },
          deploymentOptions: buildId === undefined ? null : { buildId },
        })),
      }),
  };
}

const place = { namespace: 'default', taskQueue: 'runbook' };
const routed = (buildId: string | undefined, ...builds: [string, number][]) => ({
  conflictToken: new Uint8Array([1]),
  workerDeploymentInfo: {
    versionSummaries: builds.map(([id, status]) => ({
      deploymentVersion: { buildId: id },
      status,
    })),
    routingConfig: { currentDeploymentVersion: buildId === undefined ? null : { buildId } },
  },
});

describe('the versions of the workers', () => {
  test('are read with who polls, who is current and who has drained', async () => {
    const service = temporal(
      [
        ['b', 3],
        ['a', 65],
        ['z', 80],
      ],
      () => routed('b', ['b', 2], ['a', 5], ['z', 4]),
    );
    expect(await readWorkerVersions(service, place)).toEqual({
      deployment: 'runbook',
      current: 'b',
      builds: ['b', 'a', 'z'],
      drained: new Set(['a']),
      polled: new Set(['b', 'a']),
      conflictToken: new Uint8Array([1]),
    });
  });

  test('are none before the first worker with one', async () => {
    const service = temporal([[undefined, 1]], () => {
      throw Object.assign(new Error('Worker Deployment not found'), { code: 5 });
    });
    const found = await readWorkerVersions(service, place);
    expect(found).toMatchObject({ current: '', builds: [], polled: new Set(['']) });
  });

  test('are not taken for none when Temporal does not answer', async () => {
    const service = temporal([], () => {
      throw Object.assign(new Error('unavailable'), { code: 14 });
    });
    await expect(readWorkerVersions(service, place)).rejects.toThrow('unavailable');
  });
});

describe('a worker', () => {
  test.each([
    ['takes the place at the first start', 'a', '', ['a'], true],
    ['leaves it to workers without a version that still poll', 'a', '', ['', 'a'], false],
    ['does nothing where it is current', 'a', 'a', ['a'], false],
    ['does nothing where it is current and alone for the moment', 'a', 'a', [], false],
    ['leaves it to a version that lives', 'b', 'a', ['a', 'b'], false],
    ['takes it from a version that nobody polls for', 'b', 'a', ['b'], true],
    ['takes it without a version, too', '', 'a', [''], true],
  ])('%s', (_what, mine, current, polled, expected) => {
    expect(takesOver(mine, { current, polled: new Set(polled) })).toBe(expected);
  });

  test('is of a deployment whose name Temporal takes', () => {
    expect(deploymentOf('acme.runbook:prod')).toBe('acme-runbook-prod');
    expect(nameOf('')).toBe('workers without a version');
  });
});
