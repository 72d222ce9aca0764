import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { SimulatedMachine } from '../../src/lab/shapes';
import { imageByHand, launch } from './by-hand';
import { control, setStage, type Run, type Stage } from './stage';
import { machineOf, madeByRestores, restoredMachine, sourceId } from './world-checks';

jest.setTimeout(120_000);

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const backUp = async (on: Stage): ReturnType<Run['report']> =>
  (await on.start('backup', { installation: 'prod' })).report();
const lose = (on: Stage): Promise<unknown> => control(on.lab, `/machines/${sourceId}/lose`);

/** Both address files of the machine. */
function filesOf({ root }: SimulatedMachine): string {
  return ['replicated', 'replicated-operator']
    .map((name) => readFileSync(join(root, 'etc/default', name), 'utf8'))
    .join('');
}

/** What a restore asks to be corrected in runbook.yaml, and nothing more. */
async function nameMachine(on: Stage, instance: string): Promise<void> {
  const path = on.lab.configPath;
  const config = parse(readFileSync(path, 'utf8')) as {
    installations: { prod: { servicesMachine: object; ssh: { hostKeys: string[] } } };
  };
  const { prod } = config.installations;
  prod.servicesMachine = { instance };
  prod.ssh.hostKeys = [];
  writeFileSync(path, stringify(config));
  await on.stopWorker();
  await on.startWorker();
}

test.each(['stopped', 'terminated'] as const)(
  'an image made by hand whose source is %s: the old public address is taken from its own files',
  async (state) => {
    stage = await setStage({ installation: { externalServices: false, launch } });
    const imageId = await imageByHand(stage);
    // As EC2 shows one that does not run: with a private address at the most.
    if (state === 'terminated') await lose(stage);
    const { [sourceId]: source } = stage.lab.region.state.instances;
    if (source) {
      source.state = state;
      source.autoAddress = undefined;
    }
    const run = await stage.start('restore', { installation: 'prod', image: imageId });
    const report = await run.finish();
    const [id] = madeByRestores(stage);
    const files = filesOf(machineOf(stage, id));
    expect(files).not.toMatch(/203\.0\.113\.10(?!\d)/);
    expect(files).toContain(`PUBLIC_ADDRESS=${machineOf(stage, id).publicAddress ?? '?'}`);
    expect(report.status).toBe('done');
    restoredMachine(stage);
  },
);

test('an image made by hand whose source has another public address by now: what its files carry is shown', async () => {
  stage = await setStage({ installation: { externalServices: false, launch } });
  const imageId = await imageByHand(stage);
  const { [sourceId]: source } = stage.lab.region.state.instances;
  if (source) source.autoAddress = '203.0.113.77';
  const acknowledge = ['source-running'];
  const run = await stage.start('restore', { installation: 'prod', image: imageId, acknowledge });
  const gate = await run.approveUntil('Confirm the old addresses');
  expect(gate.details).toContain('says **203.0.113.77**; ');
  expect(gate.details).toContain('carry **203.0.113.10**');
  await run.finish();
  const [id] = madeByRestores(stage);
  expect(filesOf(machineOf(stage, id))).not.toMatch(/203\.0\.113\.10(?!\d)/);
  restoredMachine(stage);
});

test('a boot script has written both files anew: old equals new there, and other traces tell the old one', async () => {
  stage = await setStage({ installation: { externalServices: false, launch } });
  const drain = 'etc/rsyslog.d/60-drain.conf';
  const { root } = machineOf(stage, sourceId);
  mkdirSync(join(root, 'etc/rsyslog.d'), { recursive: true });
  writeFileSync(join(root, drain), '*.* @@10.0.1.5:514\n');
  const imageId = await imageByHand(stage);
  await lose(stage);
  Reflect.deleteProperty(stage.lab.region.state.instances, sourceId);
  const run = await stage.start('restore', { installation: 'prod', image: imageId });
  const barrier = stage.lab.barriers.hold('RunInstances');
  await run.answer('approve', await run.approveUntil('Approve the launch'));
  await barrier.reached;
  const [id] = madeByRestores(stage);
  const machine = machineOf(stage, id);
  // What rc.local of some operators does at each boot.
  for (const name of ['replicated', 'replicated-operator']) {
    const path = join(machine.root, 'etc/default', name);
    const text = readFileSync(path, 'utf8')
      .replace(/\b10\.0\.1\.5\b/g, machine.privateAddress)
      .replace(/\b203\.0\.113\.10\b/g, machine.publicAddress ?? '');
    writeFileSync(path, text);
  }
  barrier.release();
  const gate = await run.approveUntil('Confirm the old addresses');
  expect(gate.details).toContain('**10.0.1.5**');
  expect(gate.details).toContain('The files name the machine itself, as a boot script may have');
  expect(gate.details).toContain('Nomad’s Raft peers');
  const mending = await run.approveUntil('Approve mending stale addresses');
  expect(mending.details).toContain(`/${drain}:1: a log drain`);
  const report = await run.finish();
  expect(readFileSync(join(machine.root, drain), 'utf8')).toContain(machine.privateAddress);
  expect(report.notes.join('\n')).toMatch(/Nomad clients?.*10\.0\.1\.5/);
  expect(machine.inspect()).toMatchObject({ app: { state: 'started' } });
});

test('a second restore under the public address, though runbook.yaml names that of the first machine', async () => {
  stage = await setStage({ installation: { hostname: '203.0.113.10' } });
  await control(stage.lab, `/machines/${sourceId}/set`, { hostname: '203.0.113.10' });
  await backUp(stage);
  await lose(stage);
  await (await stage.start('restore', { installation: 'prod' })).finish();
  const [first = ''] = madeByRestores(stage);
  const { publicAddress: between } = machineOf(stage, first);
  // The backup finds the new machine by its tags; nobody has corrected the hostname.
  await nameMachine(stage, first);
  await backUp(stage);
  await control(stage.lab, `/machines/${first}/lose`);
  const run = await stage.start('restore', { installation: 'prod' });
  const report = await run.finish();
  const second = madeByRestores(stage).find((id) => id !== first);
  const machine = machineOf(stage, second);
  expect(between).not.toBe(machine.publicAddress);
  expect(machine.inspect()['hostname']).toBe(machine.publicAddress);
  expect(
    report.journal.find(({ title }) => title === 'Check that the hostname resolves'),
  ).toMatchObject({
    note: `${machine.publicAddress ?? ''} is an address, which nobody looks up`,
  });
});
