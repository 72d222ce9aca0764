/** A restore of each system and each release of Replicated that the lab plays. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../../src/contract/reports';
import { systems, type SystemName } from '../../src/lab/machine/systems';
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
