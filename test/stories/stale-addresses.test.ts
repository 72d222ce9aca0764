/** A machine that names its old addresses in more places than Replicated's two files. */
import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { headingsOf } from './headings';
import { control, eventually, linesOf, setStage, type Run, type Stage } from './stage';
import { machineOf, madeByRestores, restoredMachine, sourceId } from './world-checks';

jest.setTimeout(120_000);

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const drain = '/etc/rsyslog.d/60-drain.conf';

/** Puts files onto the live machine, backs it up and loses it. */
async function loseWith(on: Stage, files: Readonly<Record<string, string>>): Promise<void> {
  const { root } = machineOf(on, sourceId);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  await (await on.start('backup', { installation: 'prod' })).report();
  await control(on.lab, `/machines/${sourceId}/lose`);
}

const restore = (on: Stage, more: object = {}): Promise<Run> =>
  on.start('restore', { installation: 'prod', ...more });

function read(on: Stage, path: string): string {
  return readFileSync(join(machineOf(on, madeByRestores(on)[0]).root, path), 'utf8');
}

test('are shown as a difference and mended once a person approves, before the units start', async () => {
  stage = await setStage();
  await loseWith(stage, {
    [drain]: 'token=hunter2 *.* @@10.0.1.5:514\n# was 203.0.113.10\n',
    '/etc/cron.d/push': '* * * * * root curl -u ops:hunter2 http://203.0.113.10/\n',
    '/etc/rc.local': '#!/bin/sh\nsed -i "s/X/$(hostname -I)/" /etc/default/replicated\n',
  });
  const run = await restore(stage);
  const gate = await run.approveUntil('Approve mending stale addresses');
  const machine = machineOf(stage, madeByRestores(stage)[0]);
  const { privateAddress, publicAddress = '' } = machine;
  expect(gate.details).toContain(`${drain}:1: a log drain; sends data to the old machine`);
  expect(gate.details).toContain(`--- ${drain}`);
  expect(gate.details).toContain('*.* @@10.0.1.5:514');
  expect(gate.details).toContain(`*.* @@${privateAddress}:514`);
  expect(gate.details).toContain('sudo sed -E -i.before-restore');
  expect(gate.details).not.toContain('hunter2');
  expect(read(stage, drain)).toContain('10.0.1.5');
  // A person changes one of them while the gate is open: it is shown again.
  chmodSync(join(machine.root, drain), 0o640);
  writeFileSync(join(machine.root, drain), '*.* @@10.0.1.5:515\n');
  await run.answer('approve', gate);
  const again = await run.approveUntil('Approve mending stale addresses');
  expect(again.id).not.toBe(gate.id);
  expect(again.details).toContain('@@10.0.1.5:515');
  expect(again.details).not.toContain('/etc/cron.d/push');
  expect(read(stage, drain)).toBe('*.* @@10.0.1.5:515\n');
  const report = await run.finish();
  restoredMachine(stage);
  expect(read(stage, drain)).toBe(`*.* @@${privateAddress}:515\n`);
  expect(read(stage, '/etc/cron.d/push')).toContain(`http://${publicAddress}/`);
  expect(statSync(join(machine.root, drain)).mode & 0o777).toBe(0o640);
  const kept = join('var/lib/circleci-server-runbook', machine.instanceId, drain);
  expect(read(stage, kept)).toBe('*.* @@10.0.1.5:515\n');
  const notes = report.notes.join('\n');
  expect(notes).toContain(`Old addresses were mended in ${drain}.`);
  expect(notes).toContain(`For ${drain}: \`sudo service rsyslog restart\``);
  expect(notes).toContain('/etc/rc.local:2 is a script that may write the address files anew');
  expect(JSON.stringify(report)).not.toContain('hunter2');
  expect(linesOf(report.journal)).toEqual(headingsOf('restore'));
});

const daemon = '/etc/docker/daemon.json';
const logging = (address: string): string =>
  `{\n  "log-driver": "fluentd",\n  "log-opts": { "fluentd-address": "${address}:24224" }\n}\n`;

test('of Docker’s log driver are mended, and Docker is restarted, before Replicated starts', async () => {
  stage = await setStage();
  await loseWith(stage, { [daemon]: logging('10.0.1.5') });
  const run = await restore(stage);
  const gate = await run.approveUntil('Approve mending stale addresses');
  expect(gate.details).toContain(
    `${daemon}:3: Docker’s daemon (log driver); keeps containers from starting`,
  );
  await run.answer('approve', gate);
  const report = await run.finish();
  const machine = restoredMachine(stage);
  expect(read(stage, daemon)).toBe(logging(machine.privateAddress));
  const units = stage.lab.journal
    .since(0)
    .filter(({ kind, machine: id }) => kind === 'unit' && id === machine.instanceId)
    .map(({ text }) => text);
  const restarted = units.indexOf('docker restarts: every container ends');
  expect(restarted).toBeGreaterThanOrEqual(0);
  expect(units.indexOf('replicated started')).toBeGreaterThan(restarted);
  expect(report.journal.find(({ title }) => title === 'Mend stale addresses')?.note).toContain(
    'Docker was restarted',
  );
});

test('of Docker’s log driver are not mended before Docker answers again, however often it is asked', async () => {
  stage = await setStage({ limits: { replicated: '2 seconds' } });
  await loseWith(stage, { [daemon]: logging('10.0.1.5') });
  const run = await restore(stage);
  const gate = await run.approveUntil('Approve mending stale addresses');
  const machine = machineOf(stage, madeByRestores(stage)[0]);
  machine.set({ commandFails: 'docker ps' });
  await run.answer('approve', gate);
  const mending = 'failed: Mend stale addresses';
  const failed = await run.gate(mending);
  expect(failed.details).toContain('**DockerNotReady**');
  expect(failed.details).toContain('Look at `journalctl -u docker` there');
  await run.answer('retry', failed);
  const again = await eventually('it is asked anew', 60, async () => {
    const next = await run.gate(mending);
    return next.id === failed.id ? undefined : next;
  });
  expect(again.details).toContain('**DockerNotReady**');
  machine.set({ commandFails: null });
  await run.answer('retry', again);
  const note = await eventually('it is mended', 60, async () => {
    const { journal } = await run.standing();
    return journal.find(({ title, state }) => title === 'Mend stale addresses' && state === 'done')
      ?.note;
  });
  expect(note).toContain('Docker was restarted');
  expect(read(stage, daemon)).toBe(logging(machine.privateAddress));
  await run.handle.terminate();
});

test('of Docker’s log driver that stay keep Replicated from starting', async () => {
  stage = await setStage();
  await loseWith(stage, { [daemon]: logging('10.0.1.5') });
  const run = await restore(stage);
  await run.answer('reject', await run.approveUntil('Approve mending stale addresses'));
  const failed = await run.approveUntil('failed: Restart Replicated');
  await run.answer('abort', failed);
  await expect(run.report()).rejects.toThrow();
  expect((await run.standing()).report?.notes.join('\n')).toContain(
    `${daemon}:3 names an old address: Docker’s daemon (log driver); keeps containers from starting`,
  );
});

test('that a person does not want mended stay, and the report names each', async () => {
  stage = await setStage();
  const text = 'host 10.0.1.5\n';
  await loseWith(stage, { '/etc/telegraf/telegraf.conf': text });
  const run = await restore(stage);
  await run.answer('reject', await run.approveUntil('Approve mending stale addresses'));
  const report = await run.finish();
  restoredMachine(stage);
  expect(report.status).toBe('done');
  expect(read(stage, '/etc/telegraf/telegraf.conf')).toBe(text);
  expect(report.notes).toContain(
    '/etc/telegraf/telegraf.conf:1 names an old address: a monitoring agent; ' +
      'sends data to the old machine, or asks it',
  );
  expect(linesOf(report.journal)).toEqual(headingsOf('restore'));
});

test('a third address that Replicated needs stops instruction 4, and only until it is right', async () => {
  stage = await setStage();
  const { root } = machineOf(stage, sourceId);
  const operator = readFileSync(join(root, 'etc/default/replicated-operator'), 'utf8');
  await loseWith(stage, {
    '/etc/default/replicated-operator': operator.replace('=10.0.1.5:9879', '=10.0.0.9:9879'),
  });
  const run = await restore(stage);
  const gate = await run.approveUntil('failed: 4. Update the IP addresses');
  expect(gate.details).toMatch(
    /AddressForeign.*replicated-operator:2 gives 10\.0\.0\.9 as DAEMON_ENDPOINT/,
  );
  expect(read(stage, 'etc/default/replicated')).toContain('PRIVATE_ADDRESS=10.0.1.5\n');
  const path = join(
    machineOf(stage, madeByRestores(stage)[0]).root,
    'etc/default/replicated-operator',
  );
  // Docker's bridge is the machine itself.
  writeFileSync(path, readFileSync(path, 'utf8').replace('10.0.0.9', '172.17.0.1'));
  await run.answer('retry', gate);
  const report = await run.finish();
  expect(report.checks?.every(({ ok }) => ok)).toBe(true);
  expect(read(stage, 'etc/default/replicated-operator')).toContain('=172.17.0.1:9879');
});

test('the address files of a systemd machine that stand in the other folder are found', async () => {
  stage = await setStage({ profile: 'rhel' });
  const { root } = machineOf(stage, sourceId);
  for (const name of ['replicated', 'replicated-operator']) {
    mkdirSync(join(root, 'etc/default'), { recursive: true });
    renameSync(join(root, 'etc/sysconfig', name), join(root, 'etc/default', name));
    mkdirSync(join(root, 'etc/sysconfig', name));
  }
  await loseWith(stage, {});
  await (await restore(stage)).finish();
  const machine = restoredMachine(stage);
  expect(read(stage, 'etc/default/replicated')).toContain(machine.privateAddress);
});
