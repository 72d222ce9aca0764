/** Copies in quarantine where the machines obey their user data and commands in a real shell. */
import { needs } from '../requirements';
import { seeded } from '../../src/lab/region/seed';
import { control, setStage, type Stage } from './stage';
import { machineOf, sourceId } from './world-checks';

jest.setTimeout(120_000);

const describeReal = needs('bwrap', 'sshd') ? describe : describe.skip;

describeReal('in the real shell', () => {
  let stage: Stage;
  beforeAll(async () => {
    const quarantine = {
      subnet: seeded.subnets[1],
      quarantineSecurityGroup: seeded.quarantineGroup,
    };
    const securityGroups = [seeded.servicesGroup];
    const spare = { ...quarantine, region: seeded.region, securityGroups };
    const installation = { drill: quarantine, spare };
    stage = await setStage({ shell: 'real', installation });
    await (await stage.start('backup', { installation: 'prod' })).report();
  });
  afterAll(() => stage.close());

  /** What the machine of a kind dialled, and what its app did. */
  const soundsOf = (kind: string) => {
    const made = Object.values(stage.lab.region.state.instances).find(
      ({ tags }) => tags['runbook:kind'] === kind,
    );
    const events = stage.lab.journal.since(0).filter(({ machine }) => machine === made?.id);
    const dials = events.filter((event) => event.kind === 'dial').map(({ text }) => text);
    const starts = events.filter(({ text }) => text.startsWith('the app is started'));
    return { made, dials, starts: starts.length };
  };

  test('a drill proves the backup, dials nobody else and leaves nothing', async () => {
    const run = await stage.start('drill', { installation: 'prod', unattended: true });
    expect((await run.report()).verdict).toEqual({ outcome: 'passed', why: '' });
    const { made, dials, starts } = soundsOf('drill');
    expect(made?.state).toBe('terminated');
    expect(starts).toBeGreaterThan(0);
    expect(dials.filter((text) => !text.includes(made?.privateAddress ?? '?'))).toEqual([]);
  });

  test('a spare is silent until it is taken over, and then runs on its own address', async () => {
    await (await stage.start('refreshSpare', { installation: 'prod' })).report();
    const { made, ...silent } = soundsOf('spare');
    expect(silent).toEqual({ dials: [], starts: 0 });
    await control(stage.lab, `/machines/${sourceId}/lose`);
    const run = await stage.start('restore', { installation: 'prod', from: 'spare' });
    const report = await run.finish();
    expect(report.instanceId).toBe(made?.id);
    const machine = machineOf(stage, made?.id);
    expect(machine.inspect()).toMatchObject({
      app: { state: 'started', transitioning: false },
      localAddress: machine.privateAddress,
      operatorDials: machine.privateAddress,
    });
  });
});
