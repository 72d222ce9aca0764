/** Ownership, locking and atomicity of what production does to files, proved with the real tools. */
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import * as commands from '../../../src/machine/shell/commands';
import { quote } from '../../../src/machine/shell/quoting';
import { needs } from '../../requirements';
import { describeReal, eventually } from './real-machine';
import { killedBefore, RealReach, sha256 } from './real-reach';
import { exec, run, type Answer } from './session';

const describeOnSandbox = describeReal();

describeOnSandbox('Replacing a file for real', () => {
  const path = '/etc/default/replicated-operator';
  const kept = '/var/lib/circleci-server-runbook/kept/replicated-operator';
  let to: RealReach;
  let original: string;

  beforeEach(async () => {
    to = await RealReach.open();
    original = to.read(path);
  });
  afterEach(() => to.close());

  const replacing = (content: string): commands.Command =>
    commands.replaceFile({
      path,
      expected: sha256(original),
      wanted: sha256(content),
      keepAs: kept,
      content,
    });
  const neighbours = (): string[] => readdirSync(to.path('/etc/default')).sort();

  it('keeps owner, group and mode, and the first original', async () => {
    chownSync(to.path(path), 1234, 4321);
    chmodSync(to.path(path), 0o640);
    const content = '# ünïcode\r\nno newline';
    expect(await to.run(replacing(content))).toMatchObject({ code: 0, stdout: 'changed\n' });
    expect(await to.run(replacing(content))).toMatchObject({ code: 0, stdout: 'unchanged\n' });
    for (const file of [path, kept]) {
      const { uid, gid, mode } = statSync(to.path(file));
      expect([uid, gid, mode & 0o7777]).toEqual([1234, 4321, 0o640]);
    }
    expect([to.read(path), to.read(kept)]).toEqual([content, original]);
    expect(neighbours()).toEqual(['replicated', 'replicated-operator']);
  });

  it('replaces the file behind a symlink and leaves the link', async () => {
    renameSync(to.path(path), to.path('/opt/elsewhere'));
    symlinkSync('/opt/elsewhere', to.path(path));
    expect((await to.run(replacing('new\n'))).stdout).toBe('changed\n');
    expect(lstatSync(to.path(path)).isSymbolicLink()).toBe(true);
    expect(to.read('/opt/elsewhere')).toBe('new\n');
  });

  it('changes nothing when the content is cut short or the file is another one', async () => {
    const short = await to.run({ ...replacing('new content\n'), stdin: 'new' });
    expect(short).toMatchObject({ code: 65, stdout: 'content was cut short\n' });
    expect(to.read(path)).toBe(original);
    writeFileSync(to.path(path), 'somebody was here\n');
    expect((await to.run(replacing('new\n'))).code).toBe(66);
    expect(to.read(path)).toBe('somebody was here\n');
    expect(neighbours()).toEqual(['replicated', 'replicated-operator']);
  });

  it('lets one of two runs win, never both', async () => {
    const [first, second] = [await to.another(), await to.another()];
    const contents = ['first\n'.repeat(2000), 'second\n'.repeat(2000)];
    for (let round = 0; round < 4; round += 1) {
      writeFileSync(to.path(path), original);
      const answers = await Promise.all(
        [first, second].map((each, index) => run(each, replacing(contents[index] ?? ''))),
      );
      const winner = answers.findIndex(({ code }) => code === 0);
      expect(answers.map(({ code }) => code).sort()).toEqual([0, 66]);
      expect(to.read(path)).toBe(contents[winner]);
    }
  });

  it('waits for the run that holds the lock, and gives up in the end', async () => {
    const [holder, other] = [await to.another(), await to.another()];
    const lock = '/var/lock/circleci-server-runbook.lock';
    const hold = (seconds: number): Promise<Answer> =>
      exec(
        holder,
        `exec 9>${lock}; flock 9; touch /opt/held; /usr/bin/sleep ${String(seconds)}; rm /opt/held`,
      );
    const held = (): Promise<void> => eventually(() => existsSync(to.path('/opt/held')));
    const long = hold(3);
    await held();
    const { script, ...rest } = replacing('new\n');
    const impatient = { ...rest, script: script.replace('flock -w 20', 'flock -w 1') };
    expect((await run(other, impatient)).code).toBe(75);
    expect(to.read(path)).toBe(original);
    await long;
    const short = hold(1);
    await held();
    expect((await run(other, replacing('new\n'))).stdout).toBe('changed\n');
    expect(existsSync(to.path('/opt/held'))).toBe(false);
    await short;
  });

  it('leaves the old file or the new one, at whichever step it is killed', async () => {
    const content = `${original}# changed\n`;
    const seen: string[] = [];
    for (let step = 1; ; step += 1) {
      writeFileSync(to.path(path), original);
      const { code } = await to.run(killedBefore(replacing(content), step));
      const now = to.read(path);
      expect([original, content]).toContain(now);
      seen.push(now === content ? 'new' : 'old');
      if (code === 0) {
        break;
      }
      expect(code).toBe(137);
      const again = await to.run(replacing(content));
      expect(again).toMatchObject({ code: 0 });
      expect([to.read(path), to.read(kept)]).toEqual([content, original]);
    }
    // Old up to one step and new from there on.
    expect(seen.length).toBeGreaterThan(15);
    expect(seen.join(' ')).toMatch(/^(old )+(new ?)+$/);
  });

  const itTraces = needs('strace') ? it : it.skip;
  itTraces('opens the file only to read it, and renames once', async () => {
    const { script, ...rest } = replacing('new\n');
    const strace = `strace -f -qq -e trace=%file -o /opt/trace bash -c ${quote(script)}`;
    const traced = await to.run({ ...rest, script: `${strace} runbook "$@"` });
    expect(traced).toMatchObject({ code: 0, stdout: 'changed\n' });
    const lines = to.read('/opt/trace').split('\n');
    const uses = lines.filter((line) => line.includes(`"${path}"`) && !line.includes('= -1 '));
    expect(
      uses.filter((line) =>
        / (rename|link|unlink|truncate|creat|chmod|chown)\w*\(|O_WRONLY|O_RDWR/.test(line),
      ),
    ).toEqual([expect.stringMatching(/rename(at2?)?\(.*replicated-operator"(, 0)?\) += 0$/)]);
    expect(uses.length).toBeGreaterThan(1);
  });
});

describeOnSandbox('Removing /opt/nomad for real', () => {
  let to: RealReach;

  beforeEach(async () => {
    to = await RealReach.open();
    await to.stopApp();
  });
  afterEach(() => to.close());

  const list = (folder: string): string[] =>
    readdirSync(to.path(folder), { recursive: true }).map(String).sort();

  it('removes it once, and is content when it is gone', async () => {
    expect(await to.run(commands.removeNomad)).toMatchObject({ code: 0, stdout: 'removed\n' });
    expect(list('/opt')).toEqual([]);
    expect(await to.run(commands.removeNomad)).toMatchObject({ code: 0, stdout: 'absent\n' });
  });

  it('refuses a symlink, a mount point and a running container', async () => {
    to.machine.set({ nomadIsMount: '/opt/nomad/alloc/1' });
    expect((await to.run(commands.removeNomad)).code).toBe(71);
    to.machine.set({ nomadIsMount: false });
    await to.run(commands.startApp);
    to.lab.clock.skip(300);
    expect((await to.run(commands.removeNomad)).code).toBe(72);
    await to.stopApp();
    renameSync(to.path('/opt/nomad'), to.path('/data/nomad'));
    symlinkSync('/data/nomad', to.path('/opt/nomad'));
    expect((await to.run(commands.removeNomad)).code).toBe(70);
    expect(list('/data/nomad')).not.toEqual([]);
  });

  it('is not kept back by a container of somebody else that is called nomad', async () => {
    to.machine.set({ foreignContainers: ['nomad', 'cadvisor'] });
    expect((await to.run(commands.removeNomad)).code).toBe(0);
  });

  it('leaves it whole or gone, at whichever step it is killed', async () => {
    const whole = list('/opt/nomad');
    expect(whole.length).toBeGreaterThan(2);
    for (let step = 1; ; step += 1) {
      const { code } = await to.run(killedBefore(commands.removeNomad, step));
      if (existsSync(to.path('/opt/nomad'))) {
        expect(list('/opt/nomad')).toEqual(whole);
      }
      if (code === 0) {
        break;
      }
      expect(code).toBe(137);
    }
    expect((await to.run(commands.removeNomad)).code).toBe(0);
    expect(list('/opt')).toEqual([]);
  });
});
