/** A stale address in its configuration keeps Docker itself from starting on the new machine. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LabOptions } from '../../src/lab/compose';
import { needs } from '../requirements';
import { control, setStage, type Run, type Stage } from './stage';
import { dialsOf, machineOf, madeByRestores, restoredMachine, sourceId } from './world-checks';

jest.setTimeout(180_000);

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const daemon = '/etc/docker/daemon.json';
const listening = (address: string): string =>
  `{\n  "hosts": ["unix:///var/run/docker.sock", "tcp://${address}:2375"]\n}\n`;

/** Loses a machine whose Docker listens at its own address, and begins its restore. */
async function restoreOf(on: Stage, path: string, text: string, set: object = {}): Promise<Run> {
  const { root } = machineOf(on, sourceId);
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  await control(on.lab, `/machines/${sourceId}/set`, set);
  await (await on.start('backup', { installation: 'prod' })).report();
  await control(on.lab, `/machines/${sourceId}/lose`);
  return on.start('restore', { installation: 'prod' });
}

const unitsOf = (on: Stage, id: string): string[] =>
  on.lab.journal
    .since(0)
    .flatMap(({ kind, machine, text }) => (kind === 'unit' && machine === id ? text : []));

const noteOf = async (run: Run, title: string): Promise<string | undefined> =>
  (await run.standing()).journal.find((entry) => entry.title === title)?.note;

type Row = [where: Partial<LabOptions>, path: string, text: (address: string) => string];
const options = (address: string): string => `DOCKER_OPTS="-H tcp://${address}:2375"\n`;
const rows: Row[] = [
  [{ shell: 'portable' }, daemon, listening],
  [{ shell: 'portable', init: 'upstart' }, '/etc/default/docker', options],
  ...(needs('bwrap', 'sshd') ? [[{ shell: 'real' }, daemon, listening] satisfies Row] : []),
];

test.each(rows)(
  'on a silent machine (%j) is mended, and Docker started, before anything needs it',
  async (where, path, text) => {
    stage = await setStage(where);
    const run = await restoreOf(stage, path, text('10.0.1.5'));
    const gate = await run.approveUntil('Approve mending stale addresses');
    const [id = ''] = madeByRestores(stage);
    const { privateAddress, root } = machineOf(stage, id);
    const [first, ...others] = unitsOf(stage, id);
    expect(first).toBe(
      'docker did not start: failed to load listeners: listen tcp 10.0.1.5:2375: ' +
        'bind: cannot assign requested address',
    );
    expect(others.filter((line) => !/is (skipped|not started)/.test(line))).toEqual([]);
    expect(await noteOf(run, '2. Stop the app')).toMatch(
      /it has not started: .*Docker does not answer \(Cannot connect to the Docker daemon/,
    );
    await run.answer('approve', gate);
    const report = await run.finish();
    restoredMachine(stage);
    expect(readFileSync(join(root, path), 'utf8')).toBe(text(privateAddress));
    expect(report.checks?.every(({ ok }) => ok)).toBe(true);
    const said = unitsOf(stage, id);
    const restarted = said.indexOf('docker restarts: every container ends');
    expect(restarted).toBeGreaterThan(0);
    expect(said.indexOf('replicated started')).toBeGreaterThan(restarted);
    expect(dialsOf(stage, id).filter((line) => !line.endsWith('reaches this machine'))).toEqual([]);
  },
);

test('that stays is told before the seal is opened, and a mend by hand is taken up', async () => {
  stage = await setStage();
  const run = await restoreOf(stage, daemon, listening('10.0.1.5'));
  await run.answer('reject', await run.approveUntil('Approve mending stale addresses'));
  const gate = await run.approveUntil('failed: Restart Replicated');
  expect(gate.details).toMatch(/DockerNotReady.*does not answer.*journalctl -u docker/s);
  const { root, privateAddress } = machineOf(stage, madeByRestores(stage)[0]);
  // Nothing may start by itself while a person mends it.
  expect(readFileSync(join(root, 'run/circleci-server-runbook/quarantine'), 'utf8')).toBe('');
  writeFileSync(join(root, daemon), listening(privateAddress));
  await run.answer('retry', gate);
  const report = await run.finish();
  expect(report.checks?.every(({ ok }) => ok)).toBe(true);
  expect(
    report.journal.findLast(({ title }) => title.startsWith('Restart Replicated'))?.note,
  ).toMatch(/^Docker was started; /);
});

test('where nothing keeps the machine silent is told as what it is', async () => {
  stage = await setStage();
  const run = await restoreOf(stage, daemon, listening('10.0.1.5'), { cloudInit: 'ignores' });
  const gate = await run.approveUntil('failed: 2. Stop the app');
  expect(gate.details).toMatch(
    /DockerNotReady\*\* Docker does not answer on the machine.*Cannot connect to the Docker daemon/s,
  );
  await run.answer('abort', gate);
});

test('with containers that it left behind is not taken for silence', async () => {
  stage = await setStage();
  const barrier = stage.lab.barriers.hold('RunInstances');
  const run = await restoreOf(stage, daemon, listening('10.0.1.5'));
  await run.answer('approve', await run.approveUntil('Approve the launch'));
  await barrier.reached;
  const [id = ''] = madeByRestores(stage);
  await control(stage.lab, `/machines/${id}/set`, { leftBehind: ['5f'.repeat(32)] });
  barrier.release();
  const gate = await run.approveUntil('failed: 2. Stop the app');
  expect(gate.details).toContain('left behind by it: 5f5f5f5f5f5f');
  await run.answer('abort', gate);
});
