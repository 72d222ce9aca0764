/**
 * A run ends on the code that it began with: a second worker, whose workflows have another order, is
 * deployed beside the first while fifty runs wait for an answer.
 */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild, type Child } from '../../src/cli/children';
import { runbook } from './command-line';
import { eventually, setStage, type Run, type Stage } from './stage';

jest.setTimeout(600_000);

const repository = join(__dirname, '../..');
const type = 'cleanUpBuilds';
const request = {
  installation: 'prod',
  builds: ['https://circleci.example.com/gh/acme/web/1201'],
};

/** What `runbook versions` says of one build. */
interface Version {
  readonly buildId: string;
  readonly isCurrent: boolean;
  readonly isDrained: boolean;
  readonly open: readonly string[];
}

describe('a new version of the worker', () => {
  let stage: Stage;
  let second: Child | undefined;
  let builds: { first: string; second: string };
  let waiting: Run[];
  beforeAll(async () => {
    stage = await setStage({ moreEnvironment: () => ({ RUNBOOK_VERSIONS: 'pinned' }) });
  });
  afterAll(async () => {
    await second?.stop(2);
    await stage.close();
  });

  const versions = async (...args: string[]): Promise<{ versions: Version[]; current: string }> =>
    JSON.parse((await runbook(stage.environment, 'versions', ...args, '--json')).out) as never;
  const named = (log: () => string, pattern: RegExp): Promise<string> =>
    eventually('the line of the worker', 60, () => pattern.exec(log())?.[1]);

  /** The builds that have carried out workflow tasks of the run. */
  async function playedBy({ handle }: Run): Promise<string[]> {
    const { events } = await handle.fetchHistory();
    const ids = (events ?? []).flatMap(
      ({ workflowTaskCompletedEventAttributes: done }) =>
        done?.deploymentVersion?.buildId ?? (done ? ['without'] : []),
    );
    return [...new Set(ids)];
  }

  async function begin(): Promise<Run> {
    const run = await stage.start(type, request);
    await run.gate('Approve deleting the build records');
    return run;
  }

  async function answered(run: Run, answer: 'approve' | 'reject'): Promise<string> {
    const { gate } = await run.standing();
    if (!gate) throw new Error('no gate is open');
    await run.answer(answer, gate, 'a story');
    await run.handle.result().catch(() => undefined);
    return (await run.handle.describe()).status.name;
  }

  test('is current by itself where it is the first', async () => {
    const first = await named(stage.workerLog, /worker versions: (\S+) is current/);
    expect(first).toMatch(/^\d+\.\d+\.\d+-[0-9a-f]{10}$/);
    expect(await versions()).toMatchObject({ current: first });
    waiting = await Promise.all(Array.from({ length: 50 }, begin));
    builds = { first, second: '' };
  });

  test('begins nothing beside the first, until somebody says so', async () => {
    const worker = await startOther(stage);
    second = worker;
    const other = await named(() => worker.tail(), /This is (\S+): it ends/);
    expect(other).not.toBe(builds.first);
    builds.second = other;
    expect(await versions()).toMatchObject({ current: builds.first });
    await versions('use', other);
    expect(await versions()).toMatchObject({ current: other });
  });

  test('takes the new runs, and the fifty end on the one that they began with', async () => {
    const fresh = await begin();
    expect(await playedBy(fresh)).toEqual([builds.second]);
    const ends = await Promise.all(
      // The record can be deleted once; a rejection ends a run as well.
      waiting.map((run, index) => answered(run, index === 0 ? 'approve' : 'reject')),
    );
    expect(ends).toEqual(['COMPLETED', ...Array.from({ length: 49 }, () => 'FAILED')]);
    for (const run of waiting) expect(await playedBy(run)).toEqual([builds.first]);
    expect(stage.workerLog()).not.toContain('Nondeterminism');
    expect(second?.tail()).not.toContain('Nondeterminism');
    waiting = [fresh];
  });

  test('leaves the first drained', async () => {
    const found = await eventually('the first has drained', 180, async () => {
      const all = (await versions()).versions;
      return all.find(({ buildId, isDrained }) => buildId === builds.first && isDrained);
    });
    expect(found.open).toEqual([]);
  });

  test('is rolled back: new runs begin on the first, and the others end on the second', async () => {
    await versions('use', builds.first);
    const back = await begin();
    expect(await playedBy(back)).toEqual([builds.first]);
    expect(await answered(back, 'reject')).toBe('FAILED');
    const [fresh] = waiting;
    if (!fresh) throw new Error('nothing began on the second');
    expect(await answered(fresh, 'reject')).toBe('FAILED');
    expect(await playedBy(fresh)).toEqual([builds.second]);
  });
});

/** A worker as the next release may be: its workflow has a step more, at the beginning. */
async function startOther({ dir, environment }: Stage): Promise<Child> {
  const release = join(dir, 'next-release');
  mkdirSync(release);
  cpSync(join(repository, 'lib'), join(release, 'lib'), { recursive: true });
  cpSync(join(repository, 'package.json'), join(release, 'package.json'));
  symlinkSync(join(repository, 'node_modules'), join(release, 'node_modules'));
  const bundle = join(release, 'lib/workflow-bundle.js');
  const code = readFileSync(bundle, 'utf8');
  const step = "await run.step('Find the machine', acts.findMachine, { installation });";
  expect(code.split(step)).toHaveLength(2);
  writeFileSync(bundle, code.replace(step, `${step.replace('machine', 'machine early')} ${step}`));
  const args = [join(release, 'lib/worker.js')];
  const worker = startChild({ name: 'worker', command: process.execPath, args, env: environment });
  await eventually('the second worker is ready', 60, () => {
    if (worker.exit !== undefined) throw new Error(worker.tail());
    return worker.tail().includes('worker ready') ? true : undefined;
  });
  return worker;
}
