import { namesOf, parseContainers } from '../../../src/machine/docker/containers';
import type { Client } from 'ssh2';
import type { MachineProfile, SimulatedMachine } from '../../../src/lab/shapes';
import * as commands from '../../../src/machine/shell/commands';
import { deleteBuildForms, parseDeleteOutcomes } from '../../../src/machine/app/dev-console';
import type { SmallLab } from '../machine/small-lab';
import { exec, openStage, pause, run, type Stage } from './session';
const appStart = ['/usr/local/bin/replicatedctl', 'app', 'start'];

let lab: SmallLab;
let machine: SimulatedMachine;
let client: Client;
let stage: Stage;
const begin = async (profile: Partial<MachineProfile> = {}): Promise<void> => {
  stage = await openStage(profile);
  ({ lab, machine, client } = stage);
};
afterEach(() => stage.end());

const said = async (command: commands.Command): Promise<string> =>
  (await run(client, command)).stdout;

describe('Every command of production on a machine of the portable shell', () => {
  beforeEach(() => begin());

  it('tells what the machine is', async () => {
    expect(await said(commands.readOsRelease)).toContain('VERSION_ID="16.04"');
    expect((await said(commands.readHostKeys)).split('\n')).toHaveLength(3);
    expect(await said(commands.readInit)).toBe('systemd\n');
    expect(await said(commands.readOwnAddresses)).toBe('10.0.1.5 172.17.0.1 \n');
    expect(await said(commands.readReplicatedVersion)).toBe('2.38.6\n');
    expect(await said(commands.readMounts)).toContain('/ /dev/xvda1 ext4\n');
    expect(namesOf(parseContainers(await said(commands.readContainers)), 'app')).toContain('nomad');
    expect(await said(commands.findStorageSymlink)).toBe('/data/circle/storage-fileserver\n');
  });

  it('tells the app and its configuration', async () => {
    expect(JSON.parse(await said(commands.readAppStatus))).toMatchObject([
      { State: 'started', DesiredState: 'started', IsTransitioning: false, Error: '' },
    ]);
    expect(await said(commands.readItem('hostname'))).toBe('circleci.example.com\n');
    expect(await said(commands.readItem('storage_backend'))).toBe('storage_backend_s3\n');
    expect(await said(commands.readItem('allow_cluster'))).toBe('1\n');
    expect(await said(commands.resolveHostname('circleci.example.com'))).toMatch(
      /^203\.0\.113\.10 /,
    );
    expect((await run(client, commands.resolveHostname('nowhere.example.com'))).code).toBe(2);
    expect(await said(commands.lookUpAny('circleci.example.com'))).toMatch(/^203\.0\.113\.10 /);
    expect(await said(commands.lookUpAny('10.0.1.57'))).toMatch(/^10\.0\.1\.57 /);
    expect(await said(commands.lookUpAny('nowhere.example.com'))).toBe('');
    expect(await said(commands.readUrlOverride)).toBe('');
    expect(await said(commands.readSystemStatus)).toContain('"Retraced": "ready"');
    expect(await said(commands.readLocalAddress)).toBe('10.0.1.5\n');
    expect(await said(commands.readOperatorEndpoint)).toBe('10.0.1.5:9879\n');
    expect(await said(commands.readOperatorPublicAddress)).toBe('203.0.113.10\n');
    expect(await said(commands.readNomadServers)).toContain('  true  ');
    expect(await said(commands.readNomadClients)).toContain('  ready\n');
  });

  it('stops the app, by force when it hangs, and starts it', async () => {
    machine.set({ stopHangs: true });
    await run(client, commands.stopApp);
    lab.clock.skip(1000);
    expect(machine.inspect()['app']).toMatchObject({ transitioning: true });
    await run(client, commands.forceStopApp);
    lab.clock.skip(20);
    expect(machine.inspect()['app']).toMatchObject({ state: 'stopped', transitioning: false });
    await run(client, commands.startApp);
    expect(machine.inspect()['app']).toMatchObject({ state: 'started', transitioning: true });
    lab.clock.skip(180);
    expect(machine.inspect()['app']).toMatchObject({ state: 'started', transitioning: false });
  });

  it('sets a hostname that resolves and refuses one that does not', async () => {
    lab.dns.set('ci.example.com', '203.0.113.11');
    expect((await run(client, commands.setHostname('ci.example.com'))).code).toBe(0);
    expect(await said(commands.readItem('hostname'))).toBe('ci.example.com\n');
    const refused = await run(client, commands.setHostname('$(id).example.com'));
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('no such host') });
  });

  it('restarts Replicated, which then takes some seconds', async () => {
    expect((await run(client, commands.restartReplicatedBySystemd)).code).toBe(0);
    expect((await run(client, commands.readSystemStatus)).code).toBe(1);
    lab.clock.skip(6);
    expect(await said(commands.readSystemStatus)).toContain('initializing');
    lab.clock.skip(20);
    expect(await said(commands.readSystemStatus)).not.toContain('initializing');
  });

  it('starts the app by a timer that can be disarmed and set anew', async () => {
    await run(client, commands.stopApp);
    lab.clock.skip(90);
    expect(await said(commands.readStartTimer)).toBe('inactive\n');
    await run(client, commands.armStartTimer(600, appStart));
    expect(await said(commands.readStartTimer)).toBe('active\n');
    await run(client, commands.disarmStartTimer);
    lab.clock.skip(700);
    expect(machine.inspect()['app']).toMatchObject({ state: 'stopped' });
    await run(client, commands.armStartTimer(600, appStart));
    expect((await run(client, commands.armStartTimer(60, appStart))).code).toBe(0);
    lab.clock.skip(61);
    expect(machine.inspect()['app']).toMatchObject({ desiredState: 'started' });
  });

  it('answers on the ports of a running app', async () => {
    for (const url of Object.values(commands.healthUrls)) {
      expect(await said(commands.probe(url))).toBe('200\n');
    }
    expect(await said(commands.probe('http://localhost:1234/'))).toBe('000\n');
    expect(await said(commands.probe('http://127.0.0.53:80/'))).toBe('000\n');
  });

  it('deletes builds in the dev-console, each with its own outcome', async () => {
    lab.clock.sleepsSkip = true;
    const urls = [
      'https://circleci.example.com/gh/acme/web/1201',
      'https://circleci.example.com/gh/acme/web/9',
    ];
    const nonce = 'abcdef0123456789';
    const answer = await run(client, commands.devConsole(deleteBuildForms(urls, nonce)));
    expect(answer.code).toBe(0);
    expect(answer.stdout).toMatch(/REPL-y[\s\S]*user=> [\s\S]*Bye for now!\n$/);
    expect(parseDeleteOutcomes(answer.stdout, urls, nonce)).toMatchObject([
      { outcome: 'deleted', said: 'nil' },
      { outcome: 'failed', said: expect.stringContaining('build not found') },
    ]);
    expect(JSON.stringify(machine.inspect()['builds'])).not.toContain('web/1201');
  });

  it('runs nothing that this suite has forgotten', () => {
    const known = [
      'armStartTimer',
      'devConsole',
      'disarmStartTimer',
      'findStorageSymlink',
      'forceStopApp',
      'healthUrls',
      'lookUpAny',
      'markNomadRemoved',
      'probe',
      'readAppStatus',
      'readContainers',
      'readFile',
      'readHostKeys',
      'readHostnameBefore',
      'readInit',
      'readItem',
      'readLocalAddress',
      'readMounts',
      'readNomadClients',
      'readNomadMark',
      'readNomadServers',
      'readOperatorEndpoint',
      'readOperatorPublicAddress',
      'readOsRelease',
      'readOwnAddresses',
      'readReplicatedVersion',
      'readStartTimer',
      'readSystemStatus',
      'readUrlOverride',
      'rememberHostname',
      'removeNomad',
      'replaceFile',
      'resolveHostname',
      'restartReplicatedBySystemd',
      'restartReplicatedByUpstart',
      'setHostname',
      'startApp',
      'stateFolder',
      'stopApp',
    ];
    expect(Object.keys(commands).sort()).toEqual(known);
  });
});

describe('A machine of the RHEL family', () => {
  beforeEach(() => begin({ distribution: 'rhel' }));

  it('keeps its addresses in /etc/sysconfig and /usr/local/bin off the PATH', async () => {
    expect(await said(commands.readOsRelease)).toContain('ID="centos"');
    expect(await said(commands.readFile('/etc/sysconfig/replicated'))).not.toBe('absent\n');
    expect((await exec(client, 'sudo -n replicatedctl app status')).code).toBe(127);
    expect((await run(client, commands.readAppStatus)).code).toBe(0);
  });
});

describe('A machine of the Upstart era', () => {
  beforeEach(() => begin({ init: 'upstart' }));

  it('has no systemd', async () => {
    expect(await said(commands.readInit)).toBe('upstart\n');
    expect((await exec(client, 'command -v systemd-run || systemctl')).code).toBe(127);
  });

  it('restarts Replicated job by job and tells one that does not start', async () => {
    expect((await run(client, commands.restartReplicatedByUpstart)).code).toBe(0);
    lab.clock.skip(20);
    machine.set({ unitFails: 'replicated-ui' });
    expect((await run(client, commands.restartReplicatedByUpstart)).code).toBe(1);
    expect(machine.inspect()['units']).toMatchObject({
      replicated: { state: 'active' },
      'replicated-ui': { state: 'failed' },
      'replicated-operator': { state: 'active' },
    });
  });

  it('starts the app by a sleeper that the connection does not hold up', async () => {
    await run(client, commands.stopApp);
    lab.clock.skip(90);
    await run(client, commands.armStartTimer(600, appStart));
    await run(client, commands.disarmStartTimer);
    lab.clock.skip(700);
    expect(machine.inspect()['app']).toMatchObject({ desiredState: 'stopped' });
    await run(client, commands.armStartTimer(600, appStart));
    client.end();
    await pause();
    lab.clock.skip(601);
    await pause();
    expect(machine.inspect()['app']).toMatchObject({ desiredState: 'started' });
  });
});
