/** A machine is its mounts, too: no app over an empty database, and what came back is proven. */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelOf } from '../../src/lab/appliance/model';
import { disksOf } from '../../src/lab/machine/disks';
import { folderOn, mountOn } from '../../src/lab/machine/mounts';
import { seeded } from '../../src/lab/region/seed';
import { markFile } from '../../src/machine/proof/marks';
import { decodeRecord } from '../../src/machine/backups/record-tags';
import { headingsOf } from './headings';
import { byDevice, stageWithDataVolume, uuid } from './data-volume';
import { control, linesOf, type Run, type Stage } from './stage';
import { machineOf, madeByRestores, restoredMachine, sourceId } from './world-checks';

jest.setTimeout(120_000);

const prod = { installation: 'prod' };
const stageWith = stageWithDataVolume();

const backUp = async (on: Stage): ReturnType<Run['report']> =>
  (await on.start('backup', prod)).report();

const noteOf = (report: Awaited<ReturnType<Run['report']>>, title: string): string =>
  report.journal.findLast((entry) => entry.title === title)?.note ?? '';

/** What the app of a restored machine did: whether it was told to start, and over what. */
function eventsOf(on: Stage, id: string | undefined): string[] {
  return on.lab.journal
    .since(0)
    .filter((e) => e.machine === id && (e.kind === 'app' || e.kind === 'unit'))
    .map(({ text }) => text);
}

describe('data on a volume that fstab names by its device', () => {
  it('are missed after a restore on another type, and mounted by UUID when a person approves', async () => {
    const on = await stageWith(byDevice);
    const backup = await backUp(on);
    expect(linesOf(backup.journal)).toEqual(headingsOf('backup'));
    expect(noteOf(backup, 'Verify the image')).toContain('holds 1 volume(s) besides the root');
    expect(backup.notes.join('\n')).toContain(`by its device, /dev/xvdf`);
    const record = decodeRecord(on.lab.region.state.images[backup.imageId ?? '']?.tags ?? {});
    expect(record?.volumes?.mounts).toContainEqual({
      ...{ target: '/data/circle', source: '/dev/xvdf', fstype: 'ext4', uuid, label: 'circle' },
      ...{ options: 'rw,noatime', fstab: byDevice, devices: ['/dev/sdf'] },
    });
    expect(record?.volumes?.folders).toContainEqual({
      ...{ path: '/data/circle/postgres', on: '/data/circle', sign: '9.5/data/PG_VERSION' },
    });
    expect(record?.marks).toEqual(['/', '/data/circle']);

    await control(on.lab, `/machines/${sourceId}/lose`);
    const run = await on.start('restore', prod);
    const gate = await run.approveUntil('Mount the missing volumes');
    expect(gate.details).toContain('/data/circle/postgres');
    expect(gate.details).toContain('/dev/nvme2n1 has that file system now');
    const command = `sudo mount -t ext4 -o noatime UUID=${uuid} /data/circle`;
    expect(gate.details).toContain(`- \`${command}\``);
    const [id] = madeByRestores(on);
    const machine = modelOf(machineOf(on, id));
    expect(disksOf(machine).map(({ name, device }) => [device, name])).toEqual([
      ['/dev/sdf', '/dev/nvme2n1'],
      ['/dev/sdg', '/dev/nvme1n1'],
    ]);
    expect(eventsOf(on, id)).not.toContain('the app is told to start');

    const report = await run.finish();
    expect(linesOf(report.journal)).toEqual(headingsOf('restore'));
    expect(noteOf(report, 'Mount the volumes')).toBe(`mounted: UUID=${uuid} at /data/circle`);
    expect(report.notes.join('\n')).toContain(`put \`UUID=${uuid} /data/circle ext4`);
    expect(folderOn(machine, '/data/circle')).toContain('/disks/sdf');
    const checks = new Map(report.checks?.map(({ name, seen }) => [name, seen]));
    expect(checks.get('PostgreSQL')).toMatch(/next transaction 731204, .* at the backup 731204/);
    expect(checks.get('MongoDB')).toMatch(/^answers, newest build 20\d\d-.* at the backup 20\d\d-/);
    expect(checks.get('point in time')).toBe(
      `${record?.takenAt ?? '?'} (${record?.run ?? '?'}) on /, /data/circle`,
    );
    expect(noteOf(report, 'Verify the app')).toContain(
      `what came back is of ${record?.takenAt ?? '?'}`,
    );
    restoredMachine(on);
  });

  it('that came back older than the backup fail the checks, each by what it says itself', async () => {
    const on = await stageWith(byDevice);
    await backUp(on);
    await control(on.lab, `/machines/${sourceId}/lose`);
    const run = await on.start('restore', prod);
    const gate = await run.approveUntil('Mount the missing volumes');
    const [id] = madeByRestores(on);
    const [disk] = disksOf(modelOf(machineOf(on, id)));
    const older = { run: 'backup-0', takenAt: '2026-01-01T00:00:00Z', instanceId: sourceId };
    writeFileSync(
      join(disk?.folder ?? '', 'postgres/9.5/data/base/1'),
      'conductor_production\nnext transaction 700000\n',
    );
    writeFileSync(join(disk?.folder ?? '', markFile('').slice(1)), JSON.stringify(older));
    await run.answer('approve', gate);
    const failed = await run.approveUntil('failed: Verify the app');
    expect(failed.details).toMatch(/PostgreSQL says .*700000.*OLDER than the backup/);
    expect(failed.details).toContain('/data/circle bears the mark of 2026-01-01T00:00:00Z');
    expect(failed.details).not.toContain('MongoDB says');
    await run.answer('abort', failed);
    await expect(run.handle.result()).rejects.toMatchObject({ cause: { type: 'Aborted' } });
  });

  it('that nobody can mount stop the restore, until the device is there', async () => {
    const on = await stageWith(byDevice);
    const backup = await backUp(on);
    const image = on.lab.region.state.images[backup.imageId ?? ''];
    const folder = on.lab.region.imageFolder(image?.id ?? '');
    // A copy of the image that was registered without the volume (NoDevice).
    if (image) image.more = image.more.filter(({ device }) => device !== '/dev/sdf');
    await control(on.lab, `/machines/${sourceId}/lose`);
    const run = await on.start('restore', prod);
    const gate = await run.approveUntil('failed: Compare the mounts');
    expect(gate.details).toContain('**MountsDiffer**');
    expect(gate.details).toContain("the image may lack the volume (EC2's /dev/sdf)");
    expect(gate.answers).toEqual(['retry', 'abort']);
    const [id] = madeByRestores(on);
    expect(eventsOf(on, id)).not.toContain('the app is told to start');
    // A person attaches a volume made from its snapshot, and mounts it by hand.
    const machine = modelOf(machineOf(on, id));
    const disks = join(machine.root, '../disks');
    for (const name of ['sdf', 'sdf.json']) {
      cpSync(join(folder, 'disks', name), join(disks, name), { recursive: true });
    }
    const wish = { source: `UUID=${uuid}`, target: '/data/circle', options: 'noatime' };
    expect(mountOn(machine, wish)).toBeUndefined();
    await run.answer('retry', gate);
    const report = await run.finish();
    expect(noteOf(report, 'Compare the mounts')).toContain('recorded mounts are as they were');
    restoredMachine(on);
  });

  it('are the verdict of a drill that nobody watches, and a gate of one that somebody does', async () => {
    const drill = { subnet: seeded.subnets[1], quarantineSecurityGroup: seeded.quarantineGroup };
    const on = await stageWith(byDevice, { drill });
    const { imageId } = await backUp(on);
    const alone = await on.start('drill', { ...prod, unattended: true });
    await expect(alone.report()).rejects.toMatchObject({ cause: { type: 'MountsDiffer' } });
    const proven = on.lab.region.state.images[imageId ?? '']?.tags['runbook:proven'];
    expect(proven).toMatch(/ failed/);

    const watched = await on.start('drill', prod);
    const gate = await watched.approveUntil('Mount the missing volumes');
    expect(gate.details).toContain(`UUID=${uuid} /data/circle`);
    const report = await watched.finish();
    expect(report.verdict).toEqual({ outcome: 'passed', why: '' });
  });
});

test('a volume of data that the image does not hold fails its verification', async () => {
  const on = await stageWith(byDevice);
  const { volumes } = on.lab.region.state;
  for (const [id, volume] of Object.entries(volumes)) {
    // As EC2 sees it, the volume was never there: instance storage.
    if (volume.device === '/dev/sdf') Reflect.deleteProperty(volumes, id);
  }
  const run = await on.start('backup', prod);
  const gate = await run.gate('failed: Verify the image');
  expect(gate.details).toMatch(/the image does NOT hold \/data\/circle .*instance storage/);
  await run.answer('abort', gate);
  await expect(run.handle.result()).rejects.toMatchObject({ cause: { type: 'Aborted' } });
});
