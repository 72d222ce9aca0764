/**
 * A restore of each system and each release of Replicated that the lab plays. Both ways of a boot of
 * the usual systems are in seal.test.ts.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../../src/contract/reports';
import type { LabOptions } from '../../src/lab/compose';
import type { SystemName } from '../../src/lab/machine/system-names';
import { systems } from '../../src/lab/machine/systems';
import { loseRestored, lostMachine } from './crash';
import { control, setStage, storyOf, type Stage } from './stage';
import { dialsOf, madeByRestores, restoredMachine } from './world-checks';

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

/** Plays them all in the shell. */
export function playProfiles(shell: NonNullable<LabOptions['shell']>): void {
  describe.each(places)('$profile with Replicated $replicated', ({ profile, replicated, by }) => {
    const { init, distribution, isOldUpstart = false } = systems[profile];
    // Elsewhere there is nothing that keeps a unit from starting before cloud-init has come.
    const isSealable = init === 'systemd' || (init === 'upstart' && !isOldUpstart);
    let stage: Stage;
    let backup: Report;

    beforeAll(async () => {
      stage = await setStage({ profile, replicated, shell });
      backup = await lostMachine(stage);
    });
    afterEach(() => loseRestored(stage));
    afterAll(() => stage.close());

    /** Restores it on a machine whose cloud-init is so. */
    const restored = async (cloudInit: string) => {
      const run = await stage.start('restore', { installation: 'prod' });
      const barrier = stage.lab.barriers.hold('RunInstances');
      await run.answer('approve', await run.gate('Approve the launch'));
      await barrier.reached;
      await control(stage.lab, `/machines/${madeByRestores(stage)[0] ?? ''}/set`, { cloudInit });
      barrier.release();
      const report = await run.finish();
      const machine = restoredMachine(stage);
      const folder =
        distribution === 'rhel' && init === 'systemd' ? 'etc/sysconfig' : 'etc/default';
      for (const name of ['replicated', 'replicated-operator']) {
        const text = readFileSync(join(machine.root, folder, name), 'utf8');
        expect(text).toContain(machine.privateAddress);
        expect(text).not.toMatch(/\b10\.0\.1\.5\b/);
      }
      // Wherever it acted with the addresses of the old machine, a person is told.
      const dials = dialsOf(stage, machine.instanceId);
      const strangers = dials.filter((line) => !line.endsWith('reaches this machine'));
      expect(report.notes.some((note) => note.includes('did not hold'))).toBe(strangers.length > 0);
      return { report, strangers };
    };

    test('the backup records what the machine is', () => {
      expect(backup.status).toBe('done');
      expect(backup.record).toMatchObject({
        replicatedVersion: replicated,
        platform: { init, docker: '18.09.9', server: '2.19.3' },
        unrecorded: [],
      });
      expect(backup.record?.platform?.cannot).toBeUndefined();
    });

    test('the app runs on the new machine, which carries its own addresses alone', async () => {
      const { report, strangers } = await restored('obeys');
      expect(report.status).toBe('done');
      if (isSealable) expect(strangers).toEqual([]);
      expectSpokenTo(report, by);
    });

    if (shell === 'portable' || init === 'systemd') return;
    test('and where cloud-init ignores its user data, which is told', async () => {
      const { report, strangers } = await restored('ignores');
      expect(report.status).toBe('done');
      expect(strangers).toEqual(['replicated-operator dials 10.0.1.5:9879: reaches nobody']);
      expect(storyOf(report.journal)).toContain('2. Stop the app — done');
      expectSpokenTo(report, by);
    });
  });
}

/** The journal says how Replicated was spoken to, where it is not as ever. */
function expectSpokenTo({ journal }: Report, by: RegExp | undefined): void {
  const notes = JSON.stringify(journal);
  if (by === undefined) expect(notes).not.toMatch(/, by `/);
  else expect(notes).toMatch(by);
  expect(storyOf(journal)).toContain('6. Restart the app — done');
}
