import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTemporal, type DevServer } from '../../src/cli/temporal/dev-server';
import { findTemporalCli } from '../../src/cli/temporal/find-cli';
import { lostMachine } from './crash';
import { setStage, type Run, type Stage } from './stage';
import { madeByRestores, restoredMachine } from './world-checks';

jest.setTimeout(120_000);

describe('a Temporal server killed and started again on its database file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-server-'));
  const files = { dbFile: join(folder, 'temporal.db'), logFile: join(folder, 'temporal.log') };
  let server: DevServer;
  let stage: Stage;

  const startAt = async (port?: number): Promise<DevServer> =>
    startTemporal({ cliPath: await findTemporalCli(), ...files, ...(port ? { port } : {}) });

  const killAndRestart = async (): Promise<void> => {
    const port = Number(server.address.split(':')[1]);
    process.kill(server.pid, 'SIGKILL');
    await server.ended;
    server = await startAt(port);
  };

  beforeAll(async () => {
    server = await startAt();
    stage = await setStage({ installation: { launch: { sealed: false } } }, server.address);
    await lostMachine(stage);
  });
  afterAll(async () => {
    await stage.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  let run: Run;

  test('while a gate is open: the same gate still waits, and its answer counts', async () => {
    run = await stage.start('restore', { installation: 'prod' });
    const gate = await run.gate('Approve the launch');
    await killAndRestart();
    expect(await run.gate('Approve the launch')).toEqual(gate);
    const barrier = stage.lab.barriers.hold('RunInstances');
    await run.answer('approve', gate);
    await barrier.reached;
    barrier.release();
  });

  test('while a step is under way: the step goes on, and nothing is done twice', async () => {
    const barrier = stage.lab.barriers.hold('command:replicatedctl app stop');
    await barrier.reached;
    await killAndRestart();
    barrier.release();
    const report = await run.finish();
    expect(report.instanceId).toBe(restoredMachine(stage).instanceId);
    expect(madeByRestores(stage)).toHaveLength(1);
    const entries = stage.lab.journal.since(0);
    expect(entries.filter(({ text }) => text === 'the app is told to stop')).toHaveLength(1);
    expect(entries.filter(({ text }) => text.startsWith('RunInstances'))).toHaveLength(1);
  });
});
