/** A restore of each system and each release of Replicated that the lab plays. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../../src/contract/reports';
import type { SystemName } from '../../src/lab/machine/system-names';
import { systems } from '../../src/lab/machine/systems';
import { control, setStage, storyOf, type Stage } from './stage';
import { machineOf, sourceId } from './world-checks';

jest.setTimeout(120_000);

interface Place {
  readonly profile: SystemName;
  readonly replicated: string;
  /** How the journal says that Replicated is spoken to. */
  readonly by: RegExp | undefined;
}

const places: Place[] = [
  { profile: 'ubuntu1604', replicated: '2.20.1', by: /replicatedctl app status inspect/ },
  { profile: 'ubuntu1404', replicated: '2.10.3', by: /replicated app ID/ },
  { profile: 'centos7', replicated: '2.38.6', by: undefined },
  { profile: 'centos6', replicated: '2.10.3', by: /replicated app ID/ },
  { profile: 'amazon1', replicated: '2.25.2', by: /replicatedctl app status inspect/ },
  { profile: 'amazon2', replicated: '2.26.0', by: undefined },
  { profile: 'debian7', replicated: '2.20.1', by: /replicatedctl app status inspect/ },
];

describe.each(places)('$profile with Replicated $replicated', ({ profile, replicated, by }) => {
  let stage: Stage;
  let backup: Report;
  let restore: Report;

  beforeAll(async () => {
    stage = await setStage({ profile, replicated });
    backup = await (await stage.start('backup', { installation: 'prod' })).report();
    await control(stage.lab, `/machines/${sourceId}/lose`);
    restore = await (await stage.start('restore', { installation: 'prod' })).finish();
  });
  afterAll(() => stage.close());

  test('the backup records what the machine is', () => {
    expect(backup.status).toBe('done');
    const { init } = systems[profile];
    expect(backup.record).toMatchObject({
      replicatedVersion: replicated,
      platform: { init, docker: '18.09.9', server: '2.19.3' },
      unrecorded: [],
    });
    expect(backup.record?.platform?.cannot).toBeUndefined();
  });

  test('the app runs on the new machine, which carries its own addresses alone', () => {
    expect(restore.status).toBe('done');
    const machine = machineOf(stage, restore.instanceId);
    expect(machine.inspect()).toMatchObject({ app: { state: 'started', transitioning: false } });
    const { init, distribution } = systems[profile];
    const folder = distribution === 'rhel' && init === 'systemd' ? 'etc/sysconfig' : 'etc/default';
    for (const name of ['replicated', 'replicated-operator']) {
      const text = readFileSync(join(machine.root, folder, name), 'utf8');
      expect(text).toContain(machine.privateAddress);
      expect(text).not.toMatch(/\b10\.0\.1\.5\b/);
    }
  });

  test('the journal says how Replicated was spoken to, where it is not as ever', () => {
    const notes = JSON.stringify(restore.journal);
    if (by === undefined) expect(notes).not.toMatch(/, by `/);
    else expect(notes).toMatch(by);
    expect(storyOf(restore.journal)).toContain('6. Restart the app — done');
  });
});

describe('a machine that no restore can work with', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ profile: 'ubuntu1404' });
  });
  afterAll(() => stage.close());

  test('fails its backup, which makes an image that no restore chooses', async () => {
    machineOf(stage, sourceId).set({ consoleWantsLogin: true });
    const failed = await endOf(stage, 'backup');
    expect(failed).toMatchObject({ status: 'failed', imageId: expect.stringMatching(/^ami-/) });
    expect(failed.summary).toMatch(/cannot be restored by this product: .*not logged in/);
    const refused = await endOf(stage, 'restore');
    expect(refused).toMatchObject({ status: 'failed' });
    expect(refused.summary).toMatch(/No usable backup of prod .*product cannot restore/);
  });

  test('is restored once that is mended', async () => {
    machineOf(stage, sourceId).set({ consoleWantsLogin: false });
    const backup = await (await stage.start('backup', { installation: 'prod' })).report();
    expect(backup).toMatchObject({ status: 'done', record: { platform: { cli: 'old' } } });
  });
});

test('an answer that nobody can read asks a person, long before the limit', async () => {
  const stage = await setStage({ limits: { stopApp: '10 minutes' } });
  try {
    const backup = await stage.start('backup', { installation: 'prod', consistency: 'stop-app' });
    await backup.report();
    machineOf(stage, sourceId).set({ appStatusOutput: '<html>502 Bad Gateway</html>' });
    const second = await stage.start('backup', { installation: 'prod', consistency: 'stop-app' });
    // The app is looked at again before anybody is asked: it must not stay stopped.
    const gate = await second.gate('the app');
    expect(gate.details).toMatch(/AnswerUnreadable[^]*502 Bad Gateway/);
    expect(machineOf(stage, sourceId).inspect()).toMatchObject({
      app: { desiredState: 'started' },
    });
    await second.answer('abort', gate);
  } finally {
    await stage.close();
  }
});

/** The report of a run that fails: it travels with the failure. */
async function endOf(stage: Stage, type: string): Promise<Report> {
  const run = await stage.start(type, { installation: 'prod' });
  await run.handle.result().catch(() => undefined);
  const { report } = await run.standing();
  if (report === undefined) throw new Error('it has no report');
  return report;
}
