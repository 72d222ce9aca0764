import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { machineFactory } from '../../../src/lab/machine/factory';
import { runAppliance } from '../../../src/lab/appliance';
import { modelOf } from '../../../src/lab/appliance/model';
import type { SimulatedMachine } from '../../../src/lab/shapes';
import { parseConsoleHostKeys } from '../../../src/machine/login/host-keys';
import { liveAddress, SmallLab } from './small-lab';

let lab: SmallLab;
beforeEach(() => {
  lab = new SmallLab();
});
afterEach(() => {
  lab.remove();
});

const newAddress = '10.0.9.77';
const cloneId = 'i-0fedcba9876543210';
const run = (machine: SimulatedMachine, line: string) => runAppliance(machine, line.split(' '));
const app = (machine: SimulatedMachine): unknown => machine.inspect()['app'];

function rewrite(machine: SimulatedMachine): void {
  for (const name of ['replicated', 'replicated-operator']) {
    const path = join(machine.root, 'etc/default', name);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(liveAddress, newAddress));
  }
}

async function restartReplicated(machine: SimulatedMachine): Promise<void> {
  await run(machine, 'systemctl restart replicated replicated-ui replicated-operator');
  lab.clock.skip(30);
}

/** A clone that was booted and whose app is stopped. */
async function stoppedClone(): Promise<SimulatedMachine> {
  const clone = lab.clone(lab.install(), cloneId, newAddress);
  clone.boot();
  lab.clock.skip(60);
  await run(clone, 'replicatedctl app stop');
  lab.clock.skip(90);
  return clone;
}

describe('The app', () => {
  it('shows started while it is still starting, and its ready-agent says 503', async () => {
    const machine = lab.install();
    await run(machine, 'replicatedctl app stop');
    lab.clock.skip(90);
    await run(machine, 'replicatedctl app start');
    expect(app(machine)).toMatchObject({ state: 'started', transitioning: true });
    lab.clock.skip(175);
    const probe = 'curl -s -o /dev/null -w %{http_code} http://localhost:8099/';
    expect((await run(machine, probe)).stdout).toBe('503');
    lab.clock.skip(5);
    expect(app(machine)).toMatchObject({ state: 'started', transitioning: false, error: '' });
    expect((await run(machine, probe)).stdout).toBe('200');
  });

  it('stops over time: containers leave one by one and Nomad leaves last', async () => {
    const machine = lab.install();
    await run(machine, 'replicatedctl app stop');
    expect(app(machine)).toMatchObject({
      state: 'started',
      desiredState: 'stopped',
      transitioning: true,
    });
    const model = modelOf(machine);
    const counts = Array.from({ length: 8 }, () => {
      lab.clock.skip(11);
      return model.app.containers();
    });
    expect(counts.map((names) => names.length)).toEqual(
      counts.map((names) => names.length).sort((a, b) => b - a),
    );
    expect(new Set(counts.map((names) => names.length)).size).toBeGreaterThan(3);
    expect(counts.at(-1)).toEqual(['nomad']);
    lab.clock.skip(2);
    expect(model.app.containers()).toEqual([]);
    expect(app(machine)).toMatchObject({ state: 'stopped', transitioning: false });
  });

  it('fails to start while the daemon believes in another address', async () => {
    const clone = await stoppedClone();
    rewrite(clone);
    await run(clone, 'replicatedctl app start');
    lab.clock.skip(60);
    expect(app(clone)).toMatchObject({
      state: 'failed',
      error: expect.stringContaining(liveAddress),
    });
  });

  it('fails once for want of an image after an address change, and then starts', async () => {
    const clone = await stoppedClone();
    rewrite(clone);
    await restartReplicated(clone);
    rmSync(join(clone.root, 'opt/nomad'), { recursive: true });
    await run(clone, 'replicatedctl app start');
    lab.clock.skip(60);
    expect(app(clone)).toMatchObject({ error: 'Failure reported from operator: no such image' });
    await run(clone, 'replicatedctl app start');
    lab.clock.skip(180);
    expect(app(clone)).toMatchObject({ state: 'started', transitioning: false, error: '' });
    expect(clone.inspect()['nomad']).toEqual({
      present: true,
      peer: `${newAddress}:4647`,
      leader: true,
    });
  });

  it('starts on a foreign Raft, but Nomad then has no leader', async () => {
    const clone = await stoppedClone();
    rewrite(clone);
    await restartReplicated(clone);
    for (const wait of [60, 180]) {
      await run(clone, 'replicatedctl app start');
      lab.clock.skip(wait);
    }
    expect(app(clone)).toMatchObject({ state: 'started', transitioning: false });
    const members = await run(clone, 'docker exec nomad nomad server-members');
    expect(members).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('No cluster leader'),
    });
  });

  it('follows its traps', async () => {
    const machine = lab.install();
    await run(machine, 'replicatedctl app stop');
    lab.clock.skip(90);
    machine.set({ startFailsOnce: 'disk quota exceeded' });
    await run(machine, 'replicatedctl app start');
    lab.clock.skip(60);
    expect(app(machine)).toMatchObject({ state: 'failed', error: 'disk quota exceeded' });
    machine.set({ startHangs: true });
    await run(machine, 'replicatedctl app start');
    lab.clock.skip(5000);
    expect(app(machine)).toMatchObject({ state: 'started', transitioning: true });
  });
});

describe('The units', () => {
  it('keep their addresses until they are started again', async () => {
    const machine = lab.install();
    rewrite(machine);
    expect((await run(machine, 'docker exec replicated printenv LOCAL_ADDRESS')).stdout).toBe(
      `${liveAddress}\n`,
    );
    await restartReplicated(machine);
    expect(machine.inspect()['localAddress']).toBe(newAddress);
    expect(machine.inspect()['operatorDials']).toBe(newAddress);
  });

  it('do not start without their file', async () => {
    const machine = lab.install();
    rmSync(join(machine.root, 'etc/default/replicated'));
    const answer = await run(machine, 'systemctl restart replicated replicated-operator');
    expect(answer).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('replicated.service'),
    });
    expect(await run(machine, 'systemctl is-active replicated')).toMatchObject({
      stdout: 'failed\n',
      exitCode: 3,
    });
    expect(await run(machine, 'replicatedctl app status')).toMatchObject({
      exitCode: 1,
      stderr: 'Error: No such container: replicated\n',
    });
  });

  it('stay off when they are masked', async () => {
    const clone = lab.clone(lab.install(), cloneId, newAddress);
    clone.boot();
    for (const unit of ['replicated', 'replicated-ui', 'replicated-operator']) {
      await run(clone, `systemctl mask ${unit}`);
    }
    lab.clock.skip(600);
    expect(clone.inspect()['containers']).toEqual([]);
    expect(lab.texts('dial')).toEqual([]);
  });
});

describe('A machine that boots from an image', () => {
  it('dials the live machine whose addresses it still carries', () => {
    const live = lab.install();
    const clone = lab.clone(live, cloneId, newAddress);
    clone.boot();
    lab.clock.skip(31);
    expect(lab.texts('dial')).toEqual([
      `replicated-operator dials ${liveAddress}:9879: reaches ${live.instanceId}`,
    ]);
  });

  it('starts the app by itself, a second production', () => {
    const live = lab.install();
    const clone = lab.clone(live, cloneId, newAddress);
    clone.boot();
    lab.clock.skip(60);
    expect(app(clone)).toMatchObject({ state: 'starting', transitioning: true });
    lab.clock.skip(400);
    expect(app(clone)).toMatchObject({ state: 'started', transitioning: false });
    expect(lab.texts('app')).toContain(
      `the app starts by itself: a second production beside ${live.instanceId}`,
    );
  });

  it('does not start an app that was stopped when it was imaged', async () => {
    const live = lab.install();
    await run(live, 'replicatedctl app stop');
    const clone = lab.clone(live, cloneId, newAddress);
    clone.boot();
    lab.clock.skip(1000);
    expect(app(clone)).toMatchObject({ state: 'stopped', desiredState: 'stopped' });
  });

  it('answers after a while, with new host keys that its console shows', () => {
    const live = lab.install();
    const clone = lab.clone(live, cloneId, newAddress);
    expect(clone.consoleOutput).toBe('');
    clone.boot();
    expect(clone.answers).toBe(false);
    expect(parseConsoleHostKeys(clone.consoleOutput)).toEqual([]);
    lab.clock.skip(40);
    expect(clone.answers).toBe(true);
    expect(parseConsoleHostKeys(clone.consoleOutput)).toEqual(clone.hostKeys);
    expect(clone.consoleOutput).toContain('-----BEGIN SSH HOST KEY FINGERPRINTS-----');
    expect(clone.hostKeys).not.toEqual(live.hostKeys);
  });

  it('keeps its keys over a reboot', () => {
    const live = lab.install();
    const { hostKeys } = live;
    live.powerOff();
    expect(live.inspect()).toMatchObject({ poweredOn: false, containers: [] });
    live.boot();
    expect(live.hostKeys).toEqual(hostKeys);
  });

  it('shows no keys where the console has none', () => {
    const live = lab.install();
    live.set({ noConsoleKeys: true });
    expect(parseConsoleHostKeys(live.consoleOutput)).toEqual([]);
  });

  it('has the files of that instant and none of those in memory', () => {
    const live = lab.install();
    writeFileSync(join(live.root, 'run/flag'), '');
    const clone = lab.clone(live, cloneId, newAddress);
    writeFileSync(join(live.root, 'etc/environment'), 'LATER=1\n');
    expect(existsSync(join(clone.root, 'run/flag'))).toBe(false);
    expect(readFileSync(join(clone.root, 'etc/environment'), 'utf8')).not.toContain('LATER');
  });
});

describe('A lab that is started again', () => {
  it('goes on with what was under way', async () => {
    const machine = lab.install();
    await run(machine, 'replicatedctl app stop');
    await run(
      machine,
      'systemd-run --unit=later --on-active=300 /usr/local/bin/replicatedctl app start',
    );
    machine.set({ sshDown: true });
    const copy = new SmallLab();
    copy.clock.skip(30);
    const again = machineFactory.reopen({
      ...lab.place(machine.instanceId, liveAddress),
      surroundings: copy.surroundings,
    });
    expect(again.answers).toBe(false);
    expect(app(again)).toMatchObject({ desiredState: 'stopped', transitioning: true });
    copy.clock.skip(60);
    expect(app(again)).toMatchObject({ state: 'stopped', transitioning: false });
    copy.clock.skip(211);
    expect(app(again)).toMatchObject({ desiredState: 'started' });
    copy.remove();
  });
});

describe('Setting a machine', () => {
  it('takes facts and traps, and takes traps off', () => {
    const machine = lab.install();
    machine.set({ hostname: '203.0.113.10', stopHangs: true, serviceUnhealthy: ['cron'] });
    expect(machine.inspect()).toMatchObject({
      hostname: '203.0.113.10',
      traps: { stopHangs: true, serviceUnhealthy: ['cron'] },
    });
    machine.set({ stopHangs: false, serviceUnhealthy: null });
    expect(machine.inspect()['traps']).toEqual({});
  });

  it('throws for a key that does not exist', () => {
    expect(() => {
      lab.install().set({ stopHang: true });
    }).toThrow(/stopHang/);
  });
});
