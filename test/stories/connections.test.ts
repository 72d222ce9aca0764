/** Machines and workers that are cut off in the middle of a step. */
import { setTimeout as sleep } from 'node:timers/promises';
import { needs } from '../requirements';
import { attemptsOf, stageAfterLoss, stopsOf } from './crash';
import { control, type Run, type Stage } from './stage';
import { machineOf, madeByRestores, restoredMachine, strayFiles } from './world-checks';

jest.setTimeout(120_000);

/** A restore that waits at the gate before the hostname is checked, and its machine. */
async function atDnsGate(on: Stage): Promise<{ run: Run; id: string; goOn: () => Promise<void> }> {
  const run = await on.start('restore', { installation: 'prod' });
  const gate = await run.approveUntil('Change the DNS record');
  const [id = ''] = madeByRestores(on);
  const address = machineOf(on, id).publicAddress;
  const goOn = async (): Promise<void> => {
    await control(on.lab, '/dns', { name: 'circleci.example.com', address });
    await run.answer('approve', gate);
  };
  return { run, id, goOn };
}

const shells = needs('bwrap', 'sshd') ? (['portable', 'real'] as const) : (['portable'] as const);

describe.each(shells)('replies of the machine that are lost, %s shell', (shell) => {
  const opened = stageAfterLoss({ shell });

  test('are looked up', async () => {
    const stage = opened();
    const { run, id, goOn } = await atDnsGate(stage);
    // The look behind the gate loses as many as it has attempts, and the step after it one more.
    await control(stage.lab, `/machines/${id}/set`, { loseReplies: 5 });
    await goOn();
    await run.finish();
    const machine = restoredMachine(stage);
    expect(strayFiles(machine)).toEqual([]);
    const { errors } = (await attemptsOf(run, 'Check that the hostname resolves')) as {
      errors: string[];
    };
    expect(errors.join('\n')).toMatch(/attempt 1: Whether ".*" was done on the .* is unknown/);
  });
});

describe('a connection', () => {
  const opened = stageAfterLoss({
    limits: { attempts: 2 },
    installation: { launch: { sealed: false } },
  });

  test('that breaks while the app stops: the app is asked for its state', async () => {
    const stage = opened();
    const barrier = stage.lab.barriers.hold('command:replicatedctl app stop');
    const run = await stage.start('restore', { installation: 'prod' });
    await run.answer('approve', await run.gate('Approve the launch'));
    await barrier.reached;
    const [id = ''] = madeByRestores(stage);
    await control(stage.lab, `/machines/${id}/set`, { loseReplies: 1 });
    barrier.release();
    await run.finish();
    restoredMachine(stage);
    expect(await attemptsOf(run, '2. Stop the app')).toMatchObject({ state: 'done', attempts: 2 });
    expect(stopsOf(stage, id)).toHaveLength(1);
  });

  test('that is refused is asked about, and the run goes on when the machine is back', async () => {
    const stage = opened();
    const { run, id, goOn } = await atDnsGate(stage);
    await control(stage.lab, `/machines/${id}/set`, { sshDown: true });
    await goOn();
    const gate = await run.gate('failed: Check that the hostname resolves');
    expect(gate.details).toContain('MachineUnreachable');
    await control(stage.lab, `/machines/${id}/set`, { sshDown: false });
    await run.answer('retry', gate);
    await run.finish();
    restoredMachine(stage);
  });

  test('of a worker that is told to end in the middle of a step is used to its end', async () => {
    const stage = opened();
    const { run, id, goOn } = await atDnsGate(stage);
    // The seventh exec from here is the second file replaced.
    const barrier = stage.lab.barriers.hold('exec-end', 6);
    await goOn();
    await barrier.reached;
    const worker = stage.workers().at(-1);
    const began = performance.now();
    const stopping = stage.stopWorker();
    await sleep(500);
    barrier.release();
    await stopping;
    expect(worker?.exit).toBe('exit 0');
    expect(performance.now() - began).toBeLessThan(15_000);
    await stage.startWorker();
    await run.finish();
    const machine = restoredMachine(stage);
    expect(machine.instanceId).toBe(id);
    expect(strayFiles(machine)).toEqual([]);
    expect(await attemptsOf(run, '4. Update the IP addresses')).toMatchObject({ attempts: 1 });
  });
});
