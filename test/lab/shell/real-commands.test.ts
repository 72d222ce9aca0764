/** What production sends, run by the real bash and GNU's tools on machines of the lab. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { namesOf, parseContainers } from '../../../src/machine/docker/containers';
import { setTimeout } from 'node:timers/promises';
import type { MachineProfile } from '../../../src/lab/shapes';
import {
  lookForAddressFiles,
  parseAddressFiles,
} from '../../../src/machine/addresses/address-files';
import * as commands from '../../../src/machine/shell/commands';
import { deleteBuildForms, parseDeleteOutcomes } from '../../../src/machine/app/dev-console';
import { naming, parseSearch, searchForAddresses } from '../../../src/machine/stale/search';
import { liveAddress } from '../machine/small-lab';
import { describeReal } from './real-machine';
import { RealReach, sha256 } from './real-reach';
import { isElsewhere, seededMentions, seedStalePlaces, staleLines } from './stale-places';
const appStart = ['/usr/local/bin/replicatedctl', 'app', 'start'];

const describeOnSandbox = describeReal();

describeOnSandbox.each<Partial<MachineProfile>>([
  { distribution: 'debian', init: 'systemd' },
  { distribution: 'rhel', init: 'systemd' },
  { distribution: 'debian', init: 'upstart' },
])('A real machine: $distribution, $init', (profile) => {
  let to: RealReach;

  beforeAll(async () => {
    to = await RealReach.open(profile);
  });
  afterAll(() => to.close());

  it('tells what it is', async () => {
    const isRhel = profile.distribution === 'rhel';
    expect(await to.said(commands.readOsRelease)).toContain(isRhel ? 'ID="centos"' : 'ID=ubuntu');
    expect((await to.said(commands.readHostKeys)).split('\n')).toHaveLength(3);
    expect(await to.said(commands.readInit)).toBe(`${String(profile.init)}\n`);
    expect(await to.said(commands.readOwnAddresses)).toContain(liveAddress);
    expect(await to.said(commands.readReplicatedVersion)).toBe('2.38.6\n');
    expect(await to.said(commands.readMounts)).toContain('/ /dev/xvda1 ext4\n');
    expect(namesOf(parseContainers(await to.said(commands.readContainers)), 'app')).toContain(
      'nomad',
    );
    expect(await to.said(commands.findStorageSymlink)).toBe('/data/circle/storage-fileserver\n');
  });

  it('tells the app, its configuration and its daemon', async () => {
    expect(JSON.parse(await to.said(commands.readAppStatus))).toMatchObject([{ State: 'started' }]);
    expect(await to.said(commands.readItem('hostname'))).toBe('circleci.example.com\n');
    expect(await to.said(commands.readItem('storage_backend'))).toBe('storage_backend_s3\n');
    expect(await to.said(commands.readItem('allow_cluster'))).toBe('1\n');
    const resolved = await to.said(commands.resolveHostname('circleci.example.com'));
    expect(resolved).toMatch(/^203\.0\.113\.10 /);
    expect((await to.run(commands.resolveHostname('nowhere.example.com'))).code).toBe(2);
    expect(await to.said(commands.readUrlOverride)).toBe('');
    expect(await to.said(commands.readSystemStatus)).toContain('"Retraced": "ready"');
    expect(await to.said(commands.readLocalAddress)).toBe('10.0.1.5\n');
    expect(await to.said(commands.readOperatorEndpoint)).toBe('10.0.1.5:9879\n');
    expect(await to.said(commands.readNomadServers)).toContain('  true  ');
    expect(await to.said(commands.readNomadClients)).toContain('  ready\n');
  });

  it('answers on the ports of the running app', async () => {
    for (const url of Object.values(commands.healthUrls)) {
      expect(await to.said(commands.probe(url))).toBe('200\n');
    }
    expect(await to.said(commands.probe('http://localhost:1234/'))).toBe('000\n');
  });

  it('sets a hostname that resolves and refuses one that does not', async () => {
    to.lab.dns.set('ci.example.com', '203.0.113.11');
    expect((await to.run(commands.setHostname('ci.example.com'))).code).toBe(0);
    expect(await to.said(commands.readItem('hostname'))).toBe('ci.example.com\n');
    expect((await to.run(commands.setHostname('$(id).example.com'))).code).toBe(1);
    expect((await to.run(commands.setHostname('circleci.example.com'))).code).toBe(0);
  });

  it('reads address files, and tells one that is absent or a folder', async () => {
    const folder = profile.distribution === 'rhel' ? '/etc/sysconfig' : '/etc/default';
    const content = to.read(`${folder}/replicated`);
    const read = await to.said(commands.readFile(`${folder}/replicated`));
    expect(read).toBe(`${sha256(content)}\n${Buffer.from(content).toString('base64')}\n`);
    mkdirSync(to.path('/etc/a folder'), { recursive: true });
    expect(await to.said(commands.readFile('/etc/a folder'))).toBe('absent\n');
    expect(await to.said(commands.readFile('/etc/nothing'))).toBe('absent\n');
  });

  it('finds the address files where the installer puts them', async () => {
    const folder = profile.distribution === 'rhel' ? '/etc/sysconfig' : '/etc/default';
    const found = async () => parseAddressFiles(await to.said(lookForAddressFiles));
    const usual = [`${folder}/replicated`, `${folder}/replicated-operator`];
    expect((await found()).read).toEqual(usual);
    const unit = '/etc/systemd/system/replicated.service.d/place.conf';
    mkdirSync(dirname(to.path(unit)), { recursive: true });
    writeFileSync(to.path(unit), '[Service]\nEnvironmentFile=-/opt/replicated\n');
    mkdirSync(to.path('/opt'), { recursive: true });
    writeFileSync(to.path('/opt/replicated'), to.read(`${folder}/replicated`));
    const isRead = profile.init === 'systemd';
    expect((await found()).read[0]).toBe(isRead ? '/opt/replicated' : usual[0]);
    rmSync(to.path(unit));
  });

  it('finds whole old addresses wherever programs read them', async () => {
    seedStalePlaces(to.path('/'));
    const old = ['10.0.1.5', '203.0.113.10'];
    const { lines: all, more, isCut } = parseSearch(await to.said(searchForAddresses(old)));
    const lines = naming(all, old);
    expect([more, isCut]).toEqual([0, false]);
    const places = [...new Set(lines.map(({ path, line }) => `${path}:${String(line)}`))].sort();
    expect(places.filter(isElsewhere)).toEqual([...seededMentions, ...staleLines].sort());
  });

  it('deletes builds in the dev-console', async () => {
    to.lab.clock.sleepsSkip = true;
    const urls = [1201, 9].map((id) => `https://circleci.example.com/gh/acme/web/${String(id)}`);
    const answer = await to.run(commands.devConsole(deleteBuildForms(urls, 'abcdef01')));
    to.lab.clock.sleepsSkip = false;
    expect(answer.code).toBe(0);
    expect(parseDeleteOutcomes(answer.stdout, urls, 'abcdef01')).toMatchObject([
      { outcome: 'deleted' },
      { outcome: 'failed' },
    ]);
  });

  it('restarts Replicated', async () => {
    const { restartReplicatedBySystemd, restartReplicatedByUpstart } = commands;
    const isUpstart = profile.init === 'upstart';
    const restart = isUpstart ? restartReplicatedByUpstart : restartReplicatedBySystemd;
    expect((await to.run(restart)).code).toBe(0);
    expect((await to.run(commands.readSystemStatus)).code).toBe(1);
    to.lab.clock.skip(60);
    expect(await to.said(commands.readSystemStatus)).toContain('"Replicated": "ready"');
    to.machine.set({ unitFails: 'replicated-ui' });
    expect((await to.run(restart)).code).toBe(1);
    to.machine.set({ unitFails: false });
    expect((await to.run(restart)).code).toBe(0);
    to.lab.clock.skip(60);
  });

  it('stops the app, by force when it hangs', async () => {
    to.machine.set({ stopHangs: true });
    await to.run(commands.stopApp);
    to.lab.clock.skip(1000);
    expect(to.machine.inspect()['app']).toMatchObject({ transitioning: true });
    await to.run(commands.forceStopApp);
    to.lab.clock.skip(60);
    expect(to.machine.inspect()['app']).toMatchObject({ state: 'stopped', transitioning: false });
    to.machine.set({ stopHangs: false });
  });

  it('starts the app by a timer that can be disarmed and outlives the connection', async () => {
    const settle = (): Promise<void> => setTimeout(500);
    await to.run(commands.armStartTimer(600, appStart));
    await to.run(commands.disarmStartTimer);
    await settle();
    to.lab.clock.skip(700);
    await settle();
    expect(to.machine.inspect()['app']).toMatchObject({ desiredState: 'stopped' });
    expect((await to.run(commands.armStartTimer(600, appStart))).code).toBe(0);
    await settle();
    await to.reconnect(async () => {
      to.lab.clock.skip(700);
      await settle();
    });
    expect(to.machine.inspect()['app']).toMatchObject({ desiredState: 'started' });
    to.lab.clock.skip(300);
    await to.run(commands.startApp);
    expect(to.machine.inspect()['app']).toMatchObject({ state: 'started' });
  });
});
