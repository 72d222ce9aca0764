/** A clone is silent until its addresses are right; and what is done where it is not. */
import type { JournalEntry } from '../../src/contract/journal';
import type { Report } from '../../src/contract/reports';
import type { LabOptions } from '../../src/lab/compose';
import { needs } from '../requirements';
import { lostMachine } from './crash';
import { headingsOf } from './headings';
import { documentsOrder, otherHostname } from './journals';
import { control, eventually, linesOf, setStage, storyOf, type Run, type Stage } from './stage';
import { dialsOf, machineOf, madeByRestores, restoredMachine, sourceId } from './world-checks';

jest.setTimeout(180_000);

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const hostname = 'circleci.example.com';
const set = (on: Stage, id: string, values: object): Promise<unknown> =>
  control(on.lab, `/machines/${id}/set`, values);

/** The machine of the run, from the moment on in which it is launched and has not booted. */
async function launched(on: Stage, run: Run, values: object = {}): Promise<string> {
  const barrier = on.lab.barriers.hold('RunInstances');
  await run.answer('approve', await run.approveUntil('Approve the launch'));
  await barrier.reached;
  const [id = ''] = madeByRestores(on);
  await set(on, id, values);
  barrier.release();
  return id;
}

/** From instruction 2 to 6. */
function middleOf({ journal }: Report): string[] {
  const story = storyOf(journal);
  const at = (title: string): number => story.findIndex((line) => line.startsWith(title));
  return story.slice(at('2. Stop the app'), at('Verify the app'));
}

const lineOf = ({ journal }: Report, title: string, index = 0): JournalEntry | undefined =>
  journal.filter((entry) => entry.title === title)[index];

const saidBy = (on: Stage, id: string, kind: string): string[] =>
  on.lab.journal
    .since(0)
    .flatMap((event) => (event.kind === kind && event.machine === id ? event.text : []));

/** Somebody switches it off and on. */
function rebooted(on: Stage, id: string): void {
  const machine = machineOf(on, id);
  machine.powerOff();
  machine.boot();
}

describe('a hostname that changes', () => {
  test('is set once Replicated runs, and the app that it started by itself is started anew', async () => {
    stage = await setStage({ installation: { hostname: 'ci.example.com' } });
    await control(stage.lab, '/dns', { name: 'ci.example.com', address: '203.0.113.10' });
    await lostMachine(stage);
    const run = await stage.start('restore', { installation: 'prod' });
    const id = await launched(stage, run, { refuseChanges: 3 });
    const address = machineOf(stage, id).publicAddress;
    await control(stage.lab, '/dns', { name: 'ci.example.com', address });
    const gate = await run.approveUntil('3. Change the GitHub OAuth application');
    expect(gate.details).toContain(`The hostname changed from ${hostname} to **ci.example.com**`);
    // While a person thinks, no app runs under the old name.
    expect(machineOf(stage, id).inspect()).toMatchObject({ app: { state: 'stopped' } });
    const report = await run.finish();
    expect(restoredMachine(stage).inspect()).toMatchObject({ serves: 'ci.example.com' });
    expect(middleOf(report)).toEqual(otherHostname);
    expect(linesOf(report.journal)).toEqual(headingsOf('restore'));
    expect(lineOf(report, '3. Fix the hostname')?.note).toMatch(
      /it was circleci\.example\.com; Replicated takes a hostname only while it runs/,
    );
    expect(lineOf(report, '2. Stop the app', 1)?.note).toMatch(
      /the app was starting and took no stop at first, \d+ time/,
    );
    expect(saidBy(stage, id, 'command').filter((line) => line.includes('--force'))).toEqual([]);
    expect(dialsOf(stage, id).filter((line) => !line.endsWith('reaches this machine'))).toEqual([]);
  });

  test('although the record says otherwise is found when it is confirmed', async () => {
    stage = await setStage();
    await (await stage.start('backup', { installation: 'prod' })).report();
    // After the record was taken: the image is of a machine that bears another name.
    await control(stage.lab, `/machines/${sourceId}/lose`);
    const run = await stage.start('restore', { installation: 'prod' });
    const id = await launched(stage, run, { hostname: 'old.example.com' });
    const gate = await run.approveUntil('3. Change the GitHub OAuth application');
    expect(gate.details).toContain('The hostname changed from old.example.com');
    const report = await run.finish();
    expect(restoredMachine(stage).inspect()).toMatchObject({ serves: hostname, hostname });
    expect(lineOf(report, '3. Fix the hostname')).toMatchObject({ state: 'not needed' });
    expect(lineOf(report, '3. Fix the hostname', 1)).toMatchObject({ state: 'done' });
    const afterwards = saidBy(stage, id, 'app').slice(-3);
    expect(afterwards).toEqual([
      'the app is stopped',
      'the app is told to start',
      'the app is started',
    ]);
  });
});

const portable: Partial<LabOptions>[] = [{ shell: 'portable' }, { init: 'upstart' }];
const places = needs('bwrap', 'sshd') ? [...portable, { shell: 'real' } as const] : portable;
const clones = places.flatMap((place) => [
  { cloudInit: 'absent', place },
  { cloudInit: 'ignores', place },
]);

describe.each(clones)('a clone whose seal does not hold (%j)', ({ cloudInit, place }) => {
  test('is seen, told, and stopped once it takes a stop, not by force', async () => {
    stage = await setStage({ limits: { poll: '0.3 seconds' }, ...place });
    await set(stage, sourceId, { cloudInit });
    await lostMachine(stage);
    const run = await stage.start('restore', { installation: 'prod' });
    const id = await launched(stage, run, { refuseChanges: 3 });
    const report = await run.finish();
    const machine = restoredMachine(stage);
    // It acted with the old addresses first, and only then with its own.
    expect(dialsOf(stage, id)).toEqual([
      'replicated-operator dials 10.0.1.5:9879: reaches nobody',
      `replicated-operator dials ${machine.privateAddress}:9879: reaches this machine`,
    ]);
    expect(middleOf(report)).toEqual(documentsOrder);
    const note = lineOf(report, '2. Stop the app')?.note ?? '';
    expect(note).toContain('the seal did not hold (its units may start; unit replicated');
    expect(note).toMatch(/the app was starting and took no stop at first, \d+ time\(s\), with/);
    expect(saidBy(stage, id, 'app').some((text) => text.startsWith('app stop is refused'))).toBe(
      true,
    );
    expect(saidBy(stage, id, 'command').filter((line) => line.includes('--force'))).toEqual([]);
    expect(report.notes.join('\n')).toContain(`The seal of ${id} did not hold`);
  });
});

test('a seal that held in part is closed again, and told', async () => {
  stage = await setStage();
  await lostMachine(stage);
  const run = await stage.start('restore', { installation: 'prod' });
  const id = await launched(stage, run);
  const machine = machineOf(stage, id);
  const barrier = stage.lab.barriers.hold('exec-end');
  await barrier.reached;
  const dropIns = '/run/systemd/system/replicated-operator.service.d';
  await machine.surroundings.runScript(
    machine,
    `rm -f ${dropIns}/*.conf\nsystemctl start replicated-operator`,
  );
  barrier.release();
  const report = await run.finish();
  restoredMachine(stage);
  expect(lineOf(report, '2. Stop the app')).toMatchObject({ state: 'done' });
  expect(lineOf(report, '2. Stop the app')?.note).toContain(
    'the seal did not hold in part (its units are kept from starting; unit replicated-operator,',
  );
  expect(report.notes.join('\n')).toContain('may have dialled 10.0.1.5');
  expect(saidBy(stage, id, 'app').slice(0, 1)).not.toContain('the app is told to stop');
  expect(linesOf(report.journal)).toEqual(headingsOf('restore'));
});

test('with launch.sealed false everything is done in the order of the document', async () => {
  stage = await setStage({ installation: { launch: { sealed: false } } });
  await lostMachine(stage);
  const run = await stage.start('restore', { installation: 'prod' });
  expect((await run.gate('Approve the launch')).details).toContain('launch.sealed is false');
  const report = await run.finish();
  restoredMachine(stage);
  expect(linesOf(report.journal)).toEqual(headingsOf('restore'));
  expect(lineOf(report, '2. Stop the app')).toMatchObject({ state: 'done' });
  expect(report.notes.join('\n')).not.toContain('did not hold');
  const [first] = dialsOf(stage, report.instanceId);
  expect(first).toBe('replicated-operator dials 10.0.1.5:9879: reaches nobody');
});

test('a stop that was taken and does not end is forced', async () => {
  stage = await setStage({ installation: { launch: { sealed: false } } });
  await lostMachine(stage);
  const run = await stage.start('restore', { installation: 'prod' });
  const id = await launched(stage, run, { stopHangs: true });
  const report = await run.finish();
  restoredMachine(stage);
  expect(lineOf(report, '2. Stop the app')?.note).toContain('stopped by force');
  expect(saidBy(stage, id, 'app')).toContain('the app is told to stop by force');
});

describe('a machine that is left in the middle', () => {
  test('stays sealed over a reboot, and is taken up the sealed way', async () => {
    stage = await setStage();
    await lostMachine(stage);
    const first = await stage.start('restore', { installation: 'prod' });
    const id = await launched(stage, first);
    await first.answer('reject', await first.approveUntil('Change the DNS record'), 'tomorrow');
    await first.report().catch(() => undefined);
    rebooted(stage, id);
    await eventually('it has booted again', 20, () => {
      const boots = saidBy(stage ?? raise(), id, 'boot');
      return boots.filter((text) => text.startsWith('user data ended')).length > 1
        ? true
        : undefined;
    });
    const again = await stage.start('restore', { installation: 'prod', instance: id });
    const report = await again.finish();
    const { privateAddress } = restoredMachine(stage);
    expect(lineOf(report, '2. Stop the app')?.note).toContain('it has not started');
    expect(dialsOf(stage, id)).toEqual([
      `replicated-operator dials ${privateAddress}:9879: reaches this machine`,
    ]);
  });

  test('between the opening of its seal and the start of its units is started', async () => {
    stage = await setStage({ limits: { ssh: '5 seconds' } });
    await lostMachine(stage);
    const first = await stage.start('restore', { installation: 'prod' });
    const id = await launched(stage, first, { unitFails: true });
    await first.answer('abort', await first.approveUntil('failed: Restart Replicated'), 'tomorrow');
    await first.report().catch(() => undefined);
    await set(stage, id, { unitFails: false });
    const again = await stage.start('restore', { installation: 'prod', instance: id });
    const report = await again.finish();
    restoredMachine(stage);
    expect(lineOf(report, '2. Stop the app')?.note).toContain(
      'its units were let start and have not been started',
    );
  });

  test('after its seal was opened is not sealed again', async () => {
    stage = await setStage();
    await lostMachine(stage);
    const first = await stage.start('restore', { installation: 'prod' });
    const id = await launched(stage, first, { startFails: 'manifest unknown' });
    await first.answer('abort', await first.approveUntil('failed: 6. Restart the app'), 'tomorrow');
    await first.report().catch(() => undefined);
    await set(stage, id, { startFails: false });
    rebooted(stage, id);
    await eventually('its units run', 30, () => {
      const { units } = machineOf(stage ?? raise(), id).inspect() as {
        units: Record<string, { state: string }>;
      };
      return units['replicated-operator']?.state === 'active' ? true : undefined;
    });
    const again = await stage.start('restore', { installation: 'prod', instance: id });
    const report = await again.finish();
    restoredMachine(stage);
    expect(lineOf(report, '2. Stop the app')?.note).toContain('past it');
    expect(report.notes.join('\n')).not.toContain('did not hold');
  });
});

function raise(): never {
  throw new Error('the stage is not set');
}
