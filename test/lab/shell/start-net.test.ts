/** The net under an app that a backup has stopped, on machines of every init system, in both shells. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineProfile } from '../../../src/lab/shapes';
import { readStartTimer, type Command } from '../../../src/machine/shell/commands';
import { dialects } from '../../../src/machine/dialects/choose';
import type { DialectName } from '../../../src/machine/dialects/dialect';
import {
  armStartNet,
  disarmStartNet,
  parseStartNet,
  readStartNet,
} from '../../../src/machine/app/start-net';
import { shells, type Place } from './both-shells';

const systems: readonly [Partial<MachineProfile>, DialectName][] = [
  [{ distribution: 'debian', init: 'systemd' }, 'status'],
  [{ distribution: 'rhel', init: 'systemd' }, 'status'],
  [{ distribution: 'debian', init: 'upstart', replicatedVersion: '2.10.3' }, 'old'],
  [{ distribution: 'debian', init: 'sysv', replicatedVersion: '2.20.1' }, 'inspect'],
];
const cron = 'etc/cron.d/circleci-server-runbook';

describe.each(shells)('on a machine of the %s shell', (_name, describeShell, open) => {
  describeShell('the net under a stopped app', () => {
    let place: Place;
    afterEach(() => place.close());

    const netted = () => {
      const { instanceId } = place.machine;
      return { instanceId, privateAddress: '10.0.1.5' };
    };
    const said = async (command: Command): Promise<string> => {
      const { code, stdout, stderr } = await place.run(command);
      if (code !== 0) throw new Error(`${String(code)}: ${stderr}`);
      return stdout;
    };
    const seen = async () => parseStartNet(await said(readStartNet(netted().instanceId)));
    const folder = () => `/var/lib/circleci-server-runbook/${netted().instanceId}/start-app`;
    /** As cron runs it. */
    const minute = (): Promise<string> =>
      said({ script: '/bin/bash "$1/run"', args: [folder()], timeoutSeconds: 30 });
    const app = () => place.machine.inspect()['app'];

    /** Arms it and takes cron away: the minutes pass when a test says so. Gives cron's line. */
    async function armed(name: DialectName, seconds = 60): Promise<string> {
      const dialect = dialects[name];
      const id = dialect.readAppId ? (await said(dialect.readAppId)).trim() : '';
      const words = { status: dialect.readAppStatus.script, start: dialect.startWords(id) };
      await said(armStartNet(netted(), { seconds, by: 'backup/prod 1', words }));
      const path = join(place.root, cron);
      const line = readFileSync(path, 'utf8');
      rmSync(path);
      await place.run(dialect.stopApp);
      place.skip(200);
      expect(app()).toMatchObject({ state: 'stopped' });
      return line;
    }

    test.each(systems)('tries until the app is up, and leaves word: %j', async (profile, name) => {
      place = await open(profile);
      expect(await armed(name)).toBe(`* * * * * root /bin/bash ${folder()}/run >/dev/null 2>&1\n`);
      expect(await seen()).toEqual({ armedBy: 'backup/prod_1' });

      await minute();
      expect(app()).toMatchObject({ state: 'stopped' });
      // The first try of the start does nothing: the daemon is not up, or refuses.
      place.machine.set({ commandFails: ['replicatedctl app start', 'replicated app'] });
      await minute();
      place.machine.set({ commandFails: null });
      expect(app()).toMatchObject({ state: 'stopped' });
      await minute();
      place.skip(200);
      expect(app()).toMatchObject({ state: 'started' });
      await minute();

      const { armedBy, fired } = await seen();
      expect(armedBy).toBeUndefined();
      expect(fired).toMatch(
        /^backup\/prod_1 had left the app stopped; up again at \S+Z: the machine started it by itself, try [23]$/,
      );
      // A person who stops it now is obeyed.
      await place.run(dialects[name].stopApp);
      place.skip(200);
      await minute();
      expect(app()).toMatchObject({ state: 'stopped' });
    });

    test('is told from a timer that fired, which systemd 219 keeps as active (elapsed)', async () => {
      place = await open({ distribution: 'rhel', init: 'systemd' });
      const unit = 'runbook-start-app';
      const timer = ['--unit', unit].join('=');
      await said({
        script: `systemd-run ${timer} --on-active=60 /usr/local/bin/replicatedctl app start`,
        args: [],
        timeoutSeconds: 10,
      });
      expect(await said(readStartTimer)).toBe('active\n');
      place.skip(61);
      const isActive = {
        script: `systemctl is-active ${unit}.timer`,
        args: [],
        timeoutSeconds: 10,
      };
      expect(await said(isActive)).toBe('active\n');
      expect(await said(readStartTimer)).toBe('inactive\n');
    });

    test('does nothing on a machine that was made of the image, and goes', async () => {
      place = await open();
      await armed('status');
      // As the image brings it to another instance.
      writeFileSync(join(place.root, 'var/lib/cloud/data/instance-id'), 'i-0another\n');
      for (let run = 0; run < 4; run += 1) await minute();
      expect(app()).toMatchObject({ state: 'stopped' });
      expect(await seen()).toEqual({});
    });

    test('does nothing on another address either', async () => {
      place = await open();
      await said(
        armStartNet(
          { ...netted(), privateAddress: '10.0.1.55' },
          { seconds: 1, by: 'x', words: { status: 'exit 1', start: ['touch', '/tmp/started'] } },
        ),
      );
      for (let run = 0; run < 4; run += 1) await minute();
      expect(existsSync(join(place.root, 'tmp/started'))).toBe(false);
    });

    test('goes when it is disarmed, and so does its word', async () => {
      place = await open();
      await armed('status');
      writeFileSync(join(place.root, cron), 'as it was\n');
      await said(disarmStartNet(netted().instanceId));
      expect(await seen()).toEqual({});
      expect(existsSync(join(place.root, cron))).toBe(false);
      await minute();
      await minute();
      expect(app()).toMatchObject({ state: 'stopped' });
    });
  });
});
