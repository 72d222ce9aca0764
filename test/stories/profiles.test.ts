/** Older systems and releases of Replicated; and machines that no restore can work with. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../../src/contract/reports';
import { runbook } from './command-line';
import { playProfiles } from './profile-story';
import { setStage, type Stage } from './stage';
import { machineOf, sourceId } from './world-checks';

jest.setTimeout(120_000);

playProfiles('portable');

describe('a machine that no restore can work with', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ profile: 'ubuntu1404' });
  });
  afterAll(() => stage.close());

  test('fails its backup, which makes an image that no restore chooses', async () => {
    machineOf(stage, sourceId).set({ consoleWantsLogin: true });
    const failed = await endOf(stage, 'backup');
    expect(failed).toMatchObject({ status: 'failed', imageId: expect.stringMatching(/^ami-/) });
    expect(failed.summary).toMatch(/cannot be restored by this product: .*not logged in/);
    const refused = await endOf(stage, 'restore');
    expect(refused).toMatchObject({ status: 'failed' });
    expect(refused.summary).toMatch(/No usable backup of prod .*product cannot restore/);
  });

  /** What the doctor says of what the machine is. */
  const saidOfIt = async (): Promise<{ status: number | null; line: string | undefined }> => {
    const { status, out } = await runbook(stage.environment, 'doctor');
    return { status, line: out.split('\n').find((line) => line.includes('what the machine is')) };
  };

  test('is told so by the doctor, before any backup', async () => {
    const { status, line } = await saidOfIt();
    expect(line).toMatch(
      /^FAIL {2}prod: what the machine is: Ubuntu 14\.04.*, upstart, .*: it cannot be restored by this product: no command line of Replicated .*not logged in.* → docs\/operate\/machines\.md/,
    );
    expect(status).toBe(1);
  });

  test('is one whose system nobody knows, too: it is named, and nothing else is made of it', async () => {
    const machine = machineOf(stage, sourceId);
    machine.set({ consoleWantsLogin: false });
    const path = join(machine.root, 'etc/os-release');
    const before = readFileSync(path);
    writeFileSync(path, 'NAME="SLES"\nVERSION_ID="12.4"\nID="sles"\nPRETTY_NAME="SUSE 12 SP4"\n');
    const { status, line } = await saidOfIt();
    expect(line).toMatch(/^FAIL {2}.*cannot be restored by this product: it runs "SUSE 12 SP4"/);
    expect(status).toBe(1);
    expect((await endOf(stage, 'backup')).summary).toMatch(/it runs "SUSE 12 SP4"/);
    writeFileSync(path, before);
  });

  test('is restored once that is mended', async () => {
    expect(await saidOfIt()).toMatchObject({ line: expect.stringMatching(/^ok /), status: 0 });
    const backup = await (await stage.start('backup', { installation: 'prod' })).report();
    expect(backup).toMatchObject({ status: 'done', record: { platform: { cli: 'old' } } });
  });
});

test('an answer that nobody can read asks a person, long before the limit', async () => {
  const stage = await setStage({ limits: { stopApp: '10 minutes' } });
  try {
    const backup = await stage.start('backup', { installation: 'prod', consistency: 'stop-app' });
    await backup.report();
    machineOf(stage, sourceId).set({ appStatusOutput: '<html>502 Bad Gateway</html>' });
    const second = await stage.start('backup', { installation: 'prod', consistency: 'stop-app' });
    // The app is looked at again before anybody is asked: it must not stay stopped.
    const gate = await second.gate('the app');
    expect(gate.details).toMatch(/AnswerUnreadable[^]*502 Bad Gateway/);
    expect(machineOf(stage, sourceId).inspect()).toMatchObject({
      app: { desiredState: 'started' },
    });
    await second.answer('abort', gate);
  } finally {
    await stage.close();
  }
});

/** The report of a run that fails: it travels with the failure. */
async function endOf(stage: Stage, type: string): Promise<Report> {
  const run = await stage.start(type, { installation: 'prod' });
  await run.handle.result().catch(() => undefined);
  const { report } = await run.standing();
  if (report === undefined) throw new Error('it has no report');
  return report;
}
