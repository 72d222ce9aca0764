import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'ssh2';
import { plantedSecrets } from '../../../src/lab/machine/planted-secrets';
import { portableShell } from '../../../src/lab/shell/portable';
import type { MachineProfile, SimulatedMachine } from '../../../src/lab/shapes';
import * as commands from '../../../src/machine/commands';
import { deleteBuildForms, parseDeleteOutcomes } from '../../../src/machine/dev-console';
import { liveAddress, SmallLab } from '../machine/small-lab';
import { exec, Reach, run, type Answer } from './session';

let lab: SmallLab;
let reach: Reach;
let machine: SimulatedMachine;
let client: Client;

async function begin(profile: Partial<MachineProfile> = {}): Promise<void> {
  lab = new SmallLab();
  machine = lab.install(profile);
  reach = await Reach.open(lab, portableShell());
  const username = profile.distribution === 'rhel' ? 'centos' : 'ubuntu';
  client = await reach.to(liveAddress, { username });
}

afterEach(async () => {
  await reach.close();
  lab.remove();
});

const said = async (command: commands.Command): Promise<string> =>
  (await run(client, command)).stdout;
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 150));
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const addressFile = '/etc/default/replicated-operator';
const onDisk = (path: string): string => readFileSync(join(machine.root, path), 'utf8');

describe('Every command of production on a machine of the portable shell', () => {
  beforeEach(() => begin());

  it('tells what the machine is', async () => {
    expect(await said(commands.readOsRelease)).toContain('VERSION_ID="16.04"');
    expect((await said(commands.readHostKeys)).split('\n')).toHaveLength(3);
    expect(await said(commands.readInit)).toBe('systemd\n');
    expect(await said(commands.readOwnAddresses)).toBe('10.0.1.5 172.17.0.1 \n');
    expect(await said(commands.readReplicatedVersion)).toBe('2.38.6\n');
    expect(await said(commands.readMounts)).toContain('/ /dev/xvda1 ext4\n');
    expect(await said(commands.readContainers)).toContain('\nnomad\n');
    expect(await said(commands.findStorageSymlink)).toBe('/data/circle/storage-fileserver\n');
  });

  it('tells the app and its configuration', async () => {
    expect(JSON.parse(await said(commands.readAppStatus))).toMatchObject([
      { State: 'started', DesiredState: 'started', IsTransitioning: false, Error: '' },
    ]);
    expect(await said(commands.readHostname)).toBe('circleci.example.com\n');
    expect(await said(commands.readStorageBackend)).toBe('storage_backend_s3\n');
    expect(await said(commands.readClusterMode)).toBe('0\n');
    expect(await said(commands.resolveHostname('circleci.example.com'))).toMatch(
      /^203\.0\.113\.10 /,
    );
    expect((await run(client, commands.resolveHostname('nowhere.example.com'))).code).toBe(2);
    expect(await said(commands.readUrlOverride)).toBe('');
    expect(await said(commands.readSystemStatus)).toContain('"Retraced": "ready"');
    expect(await said(commands.readLocalAddress)).toBe('10.0.1.5\n');
    expect(await said(commands.readOperatorEndpoint)).toBe('10.0.1.5:9879\n');
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
    expect(await said(commands.readHostname)).toBe('ci.example.com\n');
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
    await run(client, commands.armStartTimer(600));
    await run(client, commands.disarmStartTimer);
    lab.clock.skip(700);
    expect(machine.inspect()['app']).toMatchObject({ state: 'stopped' });
    await run(client, commands.armStartTimer(600));
    expect((await run(client, commands.armStartTimer(60))).code).toBe(0);
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

  it('names the files that mention an address as a whole word', async () => {
    writeFileSync(join(machine.root, 'etc/environment'), 'NO_PROXY=10.0.1.50\n');
    const mentions = await said(commands.findMentions(['10.0.1.5', '203.0.113.10']));
    expect(mentions.split('\n')).toEqual([
      '/etc/default/replicated',
      '/etc/default/replicated-operator',
      '/etc/hosts',
      '/etc/replicated.conf',
      '/var/lib/replicated/circle-config/no_proxy',
      '',
    ]);
  });

  it('runs nothing that this suite has forgotten', () => {
    const known = [
      'armStartTimer',
      'devConsole',
      'disarmStartTimer',
      'findMentions',
      'findStorageSymlink',
      'forceStopApp',
      'healthUrls',
      'markNomadRemoved',
      'probe',
      'readAppStatus',
      'readClusterMode',
      'readContainers',
      'readFile',
      'readHostKeys',
      'readHostname',
      'readInit',
      'readLocalAddress',
      'readMounts',
      'readNomadClients',
      'readNomadMark',
      'readNomadServers',
      'readOperatorEndpoint',
      'readOsRelease',
      'readOwnAddresses',
      'readReplicatedVersion',
      'readStorageBackend',
      'readSystemStatus',
      'readUrlOverride',
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

describe('Replacing a file', () => {
  beforeEach(() => begin());

  const replacement = (content: string): commands.Replacement => ({
    path: addressFile,
    expected: sha256(onDisk(addressFile)),
    wanted: sha256(content),
    keepAs: '/var/lib/circleci-server-runbook/kept/replicated-operator',
    content,
  });

  it('reads back what it wrote, keeps the mode and the first original', async () => {
    const original = onDisk(addressFile);
    const content = `${original.replaceAll('10.0.1.5', '10.0.9.77')}# ünïcode\r\nno newline`;
    const command = commands.replaceFile(replacement(content));
    expect(await run(client, command)).toMatchObject({ code: 0, stdout: 'changed\n' });
    expect(await run(client, command)).toMatchObject({ code: 0, stdout: 'unchanged\n' });
    const read = await said(commands.readFile(addressFile));
    expect(read).toBe(`${sha256(content)}\n${Buffer.from(content).toString('base64')}\n`);
    expect(onDisk(addressFile)).toBe(content);
    expect(statSync(join(machine.root, addressFile)).mode & 0o777).toBe(0o644);
    expect(onDisk('/var/lib/circleci-server-runbook/kept/replicated-operator')).toBe(original);
    expect(readdirSync(join(machine.root, 'etc/default')).sort()).toEqual([
      'replicated',
      'replicated-operator',
    ]);
  });

  const untouched = async (command: commands.Command): Promise<Answer> => {
    const original = onDisk(addressFile);
    const answer = await run(client, command);
    expect(onDisk(addressFile)).toBe(original);
    // The trap takes the temporary file away.
    expect(readdirSync(join(machine.root, 'etc/default'))).toHaveLength(2);
    return answer;
  };

  it('leaves the file alone when the content was cut short', async () => {
    const command = { ...commands.replaceFile(replacement('new content\n')), stdin: 'new' };
    expect(await untouched(command)).toMatchObject({ code: 65, stdout: 'content was cut short\n' });
  });

  it('leaves the file alone when somebody else has changed it', async () => {
    const command = commands.replaceFile({ ...replacement('new\n'), expected: sha256('other') });
    expect((await untouched(command)).code).toBe(66);
  });

  it('leaves the file alone when the disk is full', async () => {
    machine.set({ diskFull: true });
    const answer = await untouched(commands.replaceFile(replacement('new\n')));
    expect(answer.code).not.toBe(0);
    expect(answer.stderr).toMatch(/no space left on device/i);
  });

  it('waits for another run that holds the lock, and gives up in the end', async () => {
    const hold = 'exec 9>/var/lock/circleci-server-runbook.lock; flock 9; sleep 100';
    const holding = exec(client, hold);
    await pause();
    const replacing = run(client, commands.replaceFile(replacement('new\n')));
    await pause();
    lab.clock.skip(21);
    expect(await replacing).toMatchObject({ code: 75, stdout: 'another run holds the lock\n' });
    lab.clock.skip(100);
    expect((await holding).code).toBe(0);
    expect((await run(client, commands.replaceFile(replacement('new\n')))).stdout).toBe(
      'changed\n',
    );
  });

  it('tells an absent file, and a folder of its name, from a file', async () => {
    expect(await said(commands.readFile('/etc/default/nothing'))).toBe('absent\n');
    mkdirSync(join(machine.root, 'etc/sysconfig/replicated'), { recursive: true });
    expect(await said(commands.readFile('/etc/sysconfig/replicated'))).toBe('absent\n');
  });
});

describe('Removing /opt/nomad', () => {
  beforeEach(async () => {
    await begin();
    await run(client, commands.stopApp);
    lab.clock.skip(90);
  });

  it('removes it once, and is content when it is gone', async () => {
    expect(await run(client, commands.removeNomad)).toMatchObject({ code: 0, stdout: 'removed\n' });
    expect(readdirSync(join(machine.root, 'opt'))).toEqual([]);
    expect(await run(client, commands.removeNomad)).toMatchObject({ code: 0, stdout: 'absent\n' });
  });

  it('remembers the removal for one instance only', async () => {
    expect(await said(commands.readNomadMark('i-1'))).toBe('');
    expect((await run(client, commands.markNomadRemoved('i-1'))).code).toBe(0);
    expect(await said(commands.readNomadMark('i-1'))).toBe('removed\n');
    expect(await said(commands.readNomadMark('i-2'))).toBe('');
  });

  it('refuses while the container runs', async () => {
    await run(client, commands.startApp);
    lab.clock.skip(180);
    expect((await run(client, commands.removeNomad)).code).toBe(72);
  });

  it('refuses a mount point on it or below it', async () => {
    for (const nomadIsMount of [true, '/opt/nomad/alloc/1']) {
      machine.set({ nomadIsMount });
      expect((await run(client, commands.removeNomad)).code).toBe(71);
    }
    expect(existsSync(join(machine.root, 'opt/nomad/server/raft/raft.db'))).toBe(true);
  });

  it('refuses a symlink, wherever that leads', async () => {
    await run(client, commands.removeNomad);
    symlinkSync('/data', join(machine.root, 'opt/nomad'));
    expect((await run(client, commands.removeNomad)).code).toBe(70);
    expect(existsSync(join(machine.root, 'data/circle'))).toBe(true);
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
    await run(client, commands.armStartTimer(600));
    await run(client, commands.disarmStartTimer);
    lab.clock.skip(700);
    expect(machine.inspect()['app']).toMatchObject({ desiredState: 'stopped' });
    await run(client, commands.armStartTimer(600));
    client.end();
    await pause();
    lab.clock.skip(601);
    await pause();
    expect(machine.inspect()['app']).toMatchObject({ desiredState: 'started' });
  });
});

describe('A session on a machine', () => {
  beforeEach(() => begin());

  it('keeps streams, statuses and bytes as a shell would', async () => {
    expect(await exec(client, 'echo hé; echo no >&2; exit 3')).toEqual({
      code: 3,
      stdout: 'hé\n',
      stderr: 'no\n',
    });
    expect(await exec(client, 'cat', { stdin: 'zwölf\n' })).toMatchObject({ stdout: 'zwölf\n' });
    const bytes = Buffer.from([0, 1, 200, 255, 10]);
    const summed = await exec(client, 'sha256sum | cut -d" " -f1', { stdin: bytes });
    expect(summed.stdout.trim()).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('knows no circleci, which is an alias of interactive shells', async () => {
    expect(await exec(client, 'circleci dev-console')).toMatchObject({
      code: 127,
      stderr: 'bash: circleci: command not found\n',
    });
  });

  it('gives the wrapped commands a terminal only when there is one', async () => {
    const plain = await exec(client, 'replicatedctl app status');
    const onTerminal = await exec(client, 'replicatedctl app status', { pty: true });
    expect(plain.stdout).not.toContain('\r');
    expect(onTerminal.stdout).toContain('\r\n');
  });

  it('journals the line but never its input', async () => {
    await exec(client, 'cat >/dev/null', { stdin: plantedSecrets.daemonToken });
    expect(lab.texts('command')).toContain('cat >/dev/null');
    expect(JSON.stringify(lab.events)).not.toContain(plantedSecrets.daemonToken);
  });

  it('waits at a barrier after the effect and before the exit status', async () => {
    await exec(client, 'replicatedctl app stop');
    expect(lab.barriers).toEqual(['command:replicatedctl app stop', 'exec-end']);
  });

  it('loses a reply after the command has finished', async () => {
    machine.set({ loseReplies: 1 });
    expect((await exec(client, 'touch /tmp/done')).code).toBeUndefined();
    expect(existsSync(join(machine.root, 'tmp/done'))).toBe(true);
  });

  it('breaks with the power of the machine, and what ran is gone', async () => {
    const running = exec(client, 'sleep 50; touch /etc/never');
    await pause();
    machine.powerOff();
    expect((await running).code).toBeUndefined();
    lab.clock.skip(60);
    await pause();
    expect(existsSync(join(machine.root, 'etc/never'))).toBe(false);
  });

  it('asks for a password where sudo has no rights', async () => {
    machine.set({ sudoAsksPassword: true });
    expect(await exec(client, 'sudo -n true')).toMatchObject({
      code: 1,
      stderr: 'sudo: a password is required\n',
    });
  });
});

describe('The ways out of a machine', () => {
  beforeEach(() => begin());

  it.each([
    'cat /../../../../../../../../etc/machine-id',
    'ln -s /../../../../../../../etc /tmp/out; cat /tmp/out/machine-id',
    'python3 -c "print(1)"',
    'node -e 1',
    '/usr/bin/env -i /usr/bin/id -Z',
    'mount -o remount,rw /',
    'curl -s http://localhost:22/ http://127.0.0.1:6379/',
    'echo 1 >/proc/sys/kernel/sysrq',
    'exec 3<>/dev/tcp/127.0.0.1/22',
    'ssh localhost',
  ])('end inside: %s', async (line) => {
    const host = existsSync('/etc/machine-id')
      ? readFileSync('/etc/machine-id', 'utf8').trim()
      : 'none';
    const { stdout } = await exec(client, line);
    expect(stdout).not.toContain(host || 'none');
    expect(existsSync('/etc/never-outside')).toBe(false);
  });

  it('are closed for a symlink that an image brought along', async () => {
    symlinkSync('/etc/hostname', join(machine.root, 'tmp/link'));
    symlinkSync('/', join(machine.root, 'tmp/root'));
    const answer = await exec(
      client,
      'cat /tmp/link; ls /tmp/root/proc; echo x >/tmp/root/tmp/out-of-the-lab',
    );
    expect(answer.stdout).not.toContain(readFileSync('/etc/hostname', 'utf8').trim() || 'none');
    expect(existsSync('/tmp/out-of-the-lab')).toBe(false);
  });
});
