import { dialects } from '../../../src/machine/dialects/choose';
import { systems } from '../../../src/lab/machine/systems';
import { restartReplicatedBy } from '../../../src/machine/platform/init';
import { openStage, run, type Stage } from './session';
import { choice, installed, playProfile, profiles, type Subject } from './profiles';

describe.each([...profiles])(
  'on $system with Replicated $replicated, portable shell',
  (profile) => {
    let stage: Stage;
    afterEach(() => stage.end());
    const open = async (): Promise<Subject> => {
      stage = await openStage(installed(profile));
      const { client, machine, lab } = stage;
      return {
        run: (command) => run(client, command),
        inspect: () => machine.inspect(),
        skip: (seconds) => {
          lab.clock.skip(seconds);
        },
      };
    };

    playProfile(profile, open);

    it('is taken for silent while its daemon starts, not for one that lacks words', async () => {
      const subject = await open();
      await subject.run(restartReplicatedBy[systems[profile.system].init]);
      expect(await choice(subject)).toMatchObject({ kind: 'silent' });
      stage.lab.clock.skip(200);
      expect(await choice(subject)).toMatchObject({ dialect: dialects[profile.speaks] });
    });
  },
);

describe('the older command line', () => {
  let stage: Stage;
  afterEach(() => stage.end());

  it('that wants a login is told as what it wants', async () => {
    stage = await openStage({ init: 'upstart', system: 'ubuntu1404', replicatedVersion: '2.10.3' });
    stage.machine.set({ consoleWantsLogin: true });
    const { client } = stage;
    const asked = await choice({
      run: (command) => run(client, command),
      inspect: () => stage.machine.inspect(),
      skip: () => undefined,
    });
    expect(asked).toMatchObject({ kind: 'unknown' });
    expect(asked).toHaveProperty('said', expect.stringContaining('not logged in'));
    const status = await run(client, dialects.old.readAppStatus);
    expect(status).toMatchObject({ code: 77, stderr: expect.stringContaining('not logged in') });
  });

  it('never prints a secret item of the configuration with the one that is asked for', async () => {
    stage = await openStage({ init: 'upstart', system: 'ubuntu1404', replicatedVersion: '2.10.3' });
    const { stdout } = await run(stage.client, dialects.old.readItem('hostname'));
    expect(stdout.trim()).toBe('circleci.example.com');
    expect((await run(stage.client, dialects.old.readItem('no_such_item'))).stdout).toBe('');
  });

  it('is armed to start the app by itself in its own words', async () => {
    stage = await openStage({ init: 'upstart', system: 'ubuntu1404', replicatedVersion: '2.10.3' });
    const { readAppId, startWords } = dialects.old;
    const id = readAppId && (await run(stage.client, readAppId)).stdout.trim();
    expect(id).toBe('edd9471be0bc4ea04dfca94718ddf621');
    expect(startWords(id ?? '')).toEqual(['/usr/local/bin/replicated', 'app', id, 'start']);
  });
});
