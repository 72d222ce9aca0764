import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'ssh2';
import type { MachineProfile, SimulatedMachine } from '../../../src/lab/shapes';
import * as commands from '../../../src/machine/shell/commands';
import type { SmallLab } from '../machine/small-lab';
import { exec, openStage, pause, run, type Answer, type Stage } from './session';

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
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const addressFile = '/etc/default/replicated-operator';
const onDisk = (path: string): string => readFileSync(join(machine.root, path), 'utf8');

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

  it('is not kept back by a container of somebody else that is called nomad', async () => {
    machine.set({ foreignContainers: ['nomad', 'cadvisor'] });
    expect((await run(client, commands.removeNomad)).code).toBe(0);
  });

  it('goes by the name where no container has a label', async () => {
    machine.set({ foreignContainers: ['cadvisor'], withoutLabels: true });
    await run(client, commands.startApp);
    lab.clock.skip(180);
    expect(await run(client, commands.removeNomad)).toMatchObject({
      code: 72,
      stdout: 'nomad runs\n',
    });
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
