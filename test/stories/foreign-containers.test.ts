/** People run containers of their own beside the app: they are told, and nothing waits for them. */
import { seeded } from '../../src/lab/region/seed';
import { control, setStage, type Stage } from './stage';
import { sourceId } from './world-checks';

jest.setTimeout(180_000);

// On a silent copy no container of Replicated runs whose labels would tell that labels are used.
const foreign = ['cadvisor', 'redis-of-the-ops-team', 'statsd', 'circleci-exporter'];

describe('a machine with a monitoring agent of its own', () => {
  let stage: Stage;
  beforeAll(async () => {
    const subnet = seeded.subnets[1];
    const quarantineSecurityGroup = seeded.quarantineGroup;
    stage = await setStage({ installation: { drill: { subnet, quarantineSecurityGroup } } });
    await control(stage.lab, `/machines/${sourceId}/set`, { foreignContainers: foreign });
    await (await stage.start('backup', { installation: 'prod' })).report();
  });
  afterAll(() => stage.close());

  const told = ({ journal }: { journal: readonly { title: string; note?: string }[] }) =>
    journal.filter(({ note }) => note?.includes(foreign.join(', '))).map(({ title }) => title);

  test('has silent copies, and its drill proves the backup', async () => {
    const run = await stage.start('drill', { installation: 'prod', unattended: true });
    const report = await run.report();
    expect(report.verdict).toMatchObject({ outcome: 'passed' });
    expect(told(report)).toContain('Prove the quarantine');
  });

  test('is stopped while the agent runs on, not by force, and the agent is in the journal', async () => {
    await control(stage.lab, `/machines/${sourceId}/lose`);
    const run = await stage.start('restore', { installation: 'prod' });
    const report = await run.finish();
    expect(told(report)).toContain('2. Stop the app');
    const commands = stage.lab.journal
      .since(0)
      .filter(({ kind, machine }) => kind === 'command' && machine === report.instanceId);
    expect(commands).not.toEqual([]);
    expect(commands.filter(({ text }) => text.includes('app stop --force'))).toEqual([]);
  });
});
