/** Mounts that go away after they were compared; and data volumes of images made by hand. */
import { modelOf } from '../../src/lab/appliance/model';
import { mountOn, unmountOn } from '../../src/lab/machine/mounts';
import { imageByHand, launch } from './by-hand';
import { byDevice, byUuid, stageWithDataVolume, uuid } from './data-volume';
import { control, type Run, type Stage } from './stage';
import { machineOf, madeByRestores, restoredMachine, sourceId } from './world-checks';

jest.setTimeout(120_000);

const prod = { installation: 'prod' };
const stageWith = stageWithDataVolume();

const loseWithBackup = async (on: Stage): Promise<void> => {
  await (await on.start('backup', prod)).report();
  await control(on.lab, `/machines/${sourceId}/lose`);
};

const cloneOf = (on: Stage) => modelOf(machineOf(on, madeByRestores(on)[0]));

/** What happened to units and app of the clone. */
const eventsOf = (on: Stage): string[] =>
  on.lab.journal
    .since(0)
    .flatMap(({ machine, kind, text }) =>
      machine === madeByRestores(on)[0] && (kind === 'app' || kind === 'unit') ? [text] : [],
    );

/** The gate of the line opens for the mount; once it is back the restore comes to its end. */
async function missedAt(on: Stage, run: Run, title: string, atGate: () => void): Promise<void> {
  const gate = await run.approveUntil(`failed: ${title}`);
  atGate();
  expect(gate.details).toContain('**MountsDiffer**');
  expect(gate.details).toContain('/data/circle/postgres');
  expect(gate.details).toContain(`UUID=${uuid} /data/circle`);
  expect(gate.answers).toEqual(['retry', 'abort']);
  const wish = { source: `UUID=${uuid}`, target: '/data/circle', options: 'noatime' };
  expect(mountOn(cloneOf(on), wish)).toBeUndefined();
  await run.answer('retry', gate);
  await run.finish();
  restoredMachine(on);
}

test('a mount that goes away before the units start keeps them from starting', async () => {
  const on = await stageWith(byUuid);
  await loseWithBackup(on);
  const run = await on.start('restore', prod);
  await run.approveUntil('Change the DNS record');
  expect(unmountOn(cloneOf(on), '/data/circle')).toBe(true);
  await missedAt(on, run, 'Restart Replicated on its new addresses', () => {
    expect(eventsOf(on)).not.toContain('replicated started');
  });
});

test('a mount that goes away once Replicated runs keeps the app from being started', async () => {
  const on = await stageWith(byUuid, { hostname: 'ci.example.com' });
  await control(on.lab, '/dns', { name: 'ci.example.com', address: '203.0.113.10' });
  await loseWithBackup(on);
  const run = await on.start('restore', prod);
  await run.gate('Change the DNS record');
  const address = cloneOf(on).publicAddress;
  await control(on.lab, '/dns', { name: 'ci.example.com', address });
  await run.approveUntil('3. Change the GitHub OAuth application');
  expect(unmountOn(cloneOf(on), '/data/circle')).toBe(true);
  const before = eventsOf(on).length;
  await missedAt(on, run, '6. Restart the app', () => {
    expect(eventsOf(on).slice(before)).toEqual([]);
  });
});

test('a data volume of an image made by hand is missed by its line of fstab, and stops the restore', async () => {
  const on = await stageWith(byDevice, { externalServices: false, launch });
  const imageId = await imageByHand(on);
  await control(on.lab, `/machines/${sourceId}/lose`);
  const run = await on.start('restore', { ...prod, image: imageId });
  const gate = await run.approveUntil('failed: Compare the mounts');
  expect(gate.details).toContain('**MountsDiffer**');
  expect(gate.details).toContain(`/etc/fstab says \`${byDevice}\``);
  expect(gate.details).toContain(`\`sudo mount UUID=${uuid} /data/circle\``);
  expect(eventsOf(on)).not.toContain('replicated started');
  const wish = { source: `UUID=${uuid}`, target: '/data/circle', options: 'noatime' };
  expect(mountOn(cloneOf(on), wish)).toBeUndefined();
  await run.answer('retry', gate);
  const report = await run.finish();
  restoredMachine(on);
  // Nothing recorded what the databases held: they are asked all the same, and that is said.
  const checks = new Map(report.checks?.map(({ name, seen }) => [name, seen]));
  expect(checks.get('PostgreSQL')).toContain('nothing was recorded to compare with');
});

test('an image made by hand whose databases are nowhere starts no app over empty folders', async () => {
  const on = await stageWith('# the line was never written', { externalServices: false, launch });
  const imageId = await imageByHand(on);
  await control(on.lab, `/machines/${sourceId}/lose`);
  const run = await on.start('restore', { ...prod, image: imageId });
  const gate = await run.approveUntil('failed: Compare the mounts');
  expect(gate.details).toContain('/data/circle/postgres holds no database');
  expect(eventsOf(on)).not.toContain('replicated started');
  await run.answer('abort', gate);
  await expect(run.handle.result()).rejects.toMatchObject({ cause: { type: 'Aborted' } });
});
