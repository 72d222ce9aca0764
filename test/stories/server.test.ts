import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/cli/children';
import { startTemporal } from '../../src/cli/temporal/dev-server';
import { control, eventually, setStage } from './stage';
import { restoredMachine, sourceId } from './world-checks';

jest.setTimeout(120_000);

test('a Temporal server that is killed and restarted on its database loses nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-server-'));
  const place = {
    cliPath: process.env['STORIES_TEMPORAL_CLI'] ?? 'temporal',
    dbFile: join(folder, 'temporal.db'),
    logFile: join(folder, 'temporal.log'),
    port: await freePort(),
    uiPort: await freePort(),
  };
  let server = await startTemporal(place);
  const crash = async (): Promise<void> => {
    process.kill(server.pid, 'SIGKILL');
    await server.ended;
    server = await startTemporal(place);
  };
  const stage = await setStage({}, server.address);
  try {
    await (await stage.start('backup', { installation: 'prod' })).report();
    await control(stage.lab, `/machines/${sourceId}/lose`);
    const run = await stage.start('restore', { installation: 'prod' });
    const gate = await run.gate('Approve the launch');

    await crash();
    expect((await run.gate('Approve the launch')).id).toBe(gate.id);
    const barrier = stage.lab.barriers.hold('RunInstances');
    await run.answer('approve', gate);
    await barrier.reached;

    await crash();
    barrier.release();
    const report = await eventually('the end', 90, () => run.finish());
    expect(report.status).toBe('done');
    restoredMachine(stage);
  } finally {
    await stage.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
