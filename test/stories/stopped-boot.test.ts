/** A machine that lacks a device of its fstab stops half-way through its boot: only its console tells. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabOptions } from '../../src/lab/compose';
import { control, setStage, type Stage } from './stage';
import { machineOf, madeByRestores, restoredMachine, sourceId } from './world-checks';

jest.setTimeout(120_000);

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const systems: Partial<LabOptions>[] = [{}, { init: 'upstart' }];

test.each(systems)(
  'is told as what it is, with what to do, and taken up once mended (%j)',
  async (system) => {
    stage = await setStage(system);
    const { root } = machineOf(stage, sourceId);
    const fstab = (options: string): string => `/dev/xvdq /srv/builds ext4 ${options} 0 2\n`;
    mkdirSync(join(root, 'srv/builds'), { recursive: true });
    writeFileSync(join(root, 'etc/fstab'), fstab('defaults'));
    await (await stage.start('backup', { installation: 'prod' })).report();
    await control(stage.lab, `/machines/${sourceId}/lose`);
    const run = await stage.start('restore', { installation: 'prod' });
    const gate = await run.approveUntil('failed: ');
    expect(gate.title).toContain('status checks');
    expect(gate.details).toMatch(
      /BootStopped\*\* .*\/etc\/fstab without `nofail` lacks its device/,
    );
    expect(gate.details).toContain('/srv/builds');
    // A person mends the line on the root volume, and starts the machine again.
    const machine = machineOf(stage, madeByRestores(stage)[0]);
    writeFileSync(join(machine.root, 'etc/fstab'), fstab('defaults,nofail'));
    machine.powerOff();
    machine.boot();
    await run.answer('retry', gate);
    await run.finish();
    restoredMachine(stage);
  },
);
