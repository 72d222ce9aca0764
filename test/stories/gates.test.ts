import { WorkflowUpdateFailedError } from '@temporalio/client';
import { stageAfterLoss } from './crash';
import { control, eventually, setStage, type Run, type Stage } from './stage';
import { madeByRestores, restoredMachine } from './world-checks';

jest.setTimeout(120_000);

describe('a message to a run', () => {
  let stage: Stage;
  let run: Run;
  beforeAll(async () => {
    stage = await setStage();
    await (await stage.start('backup', { installation: 'prod' })).report();
    run = await stage.start('restore', { installation: 'prod', acknowledge: ['source-running'] });
    await run.gate('Approve the launch');
  });
  afterAll(() => stage.close());

  /** Sends the signal and gives what the journal says of it. */
  const refusalOf = async (signal: string, ...args: unknown[]): Promise<unknown> => {
    const count = async (): Promise<unknown[]> =>
      (await run.standing()).journal.filter(({ kind }) => kind === 'message');
    const { length } = await count();
    await run.handle.signal(signal, ...args);
    return eventually('a line in the journal', 20, async () => (await count())[length]);
  };

  const refusalAfterFlood = async (): Promise<string> => {
    await run.handle.signal('approve', { by: 'ana', gate: 'launch-9999' });
    return eventually('the last refusal', 20, async () => {
      const { note } = (await run.standing()).journal.at(-1) ?? {};
      return note?.includes('launch-9999') === true ? note : undefined;
    });
  };

  test.each([
    ['without by', 'approve', [{}], 'by: Invalid input'],
    ['without anything', 'approve', [], 'by: Invalid input'],
    ['with a null', 'approve', [null], 'by: Invalid input'],
    ['with text', 'approve', ['yes'], 'expected object'],
    ['with a list', 'approve', [[1, 2]], 'expected object'],
    ['with a foreign key', 'approve', [{ by: 'ana', gaet: 'x' }], 'gaet'],
    ['with a prototype', 'approve', [JSON.parse('{"__proto__":{"by":"ana"}}')], 'by: Invalid'],
    ['of huge text', 'approve', [{ by: 'a'.repeat(100_000) }], 'by: Too big'],
    ['that names no gate', 'approve', [{ by: 'ana' }], 'the gate must be named: "gate":"launch-'],
    ['for another gate', 'approve', [{ by: 'ana', gate: 'launch-zzzz' }], 'is not open; open is'],
    ['of another verb', 'retry', [{ by: 'ana' }], 'the gate must be named'],
    ['of a name that there is not', 'aprove', [{ by: 'ana' }], 'there is no signal of this name'],
    [
      'with escapes for a terminal',
      'approve',
      [{ by: '\u001b]52;c;eA==\u0007ana\n✓ Approve the launch approved by cto' }],
      'by: is one line without control characters',
    ],
    ['with a hostile key', 'approve', [{ by: 'ana', '\u001b[2Jx': 1 }], '\\u{1b}[2Jx'],
  ])('%s is refused, and the journal says what to send instead', async (_, signal, args, why) => {
    const refusal = await refusalOf(signal, ...args);
    expect(refusal).toMatchObject({ state: 'refused', title: `Signal ${signal}` });
    const { note } = refusal as { note: string };
    expect(note).toContain(why);
    expect(note).toMatch(
      /send instead: approve or reject with {"by":"YOUR NAME","gate":"launch-\w{4}"/,
    );
    expect(madeByRestores(stage)).toEqual([]);
  });

  test('that is an update is refused to its sender, and leaves no trace', async () => {
    const { journal } = await run.standing();
    const update = run.handle.executeUpdate('approve', {
      args: [{ by: 'ana', gate: 'launch-zzzz' }],
    });
    await expect(update).rejects.toThrow(WorkflowUpdateFailedError);
    expect((await run.standing()).journal).toHaveLength(journal.length);
  });

  test('of two hundred leaves the run alive and the journal bounded', async () => {
    await Promise.all(Array.from({ length: 200 }, () => run.handle.signal('approve', 'flood')));
    const { journal, status } = await run.standing();
    expect(status).toBe('waiting');
    const refused = journal.filter(({ kind }) => kind === 'message');
    expect(refused).toHaveLength(50);
    expect(refused[0]?.note).toMatch(/^\d+ refused before this are not shown; expected|^\d+ .*: /);
    // The last ones stay: what somebody sends after a flood is told.
    expect(await refusalAfterFlood()).toContain('gate launch-9999 is not open');
  });

  test('that is an update with the right gate opens it, and says so', async () => {
    const gate = await run.gate('Approve the launch');
    const said = await run.handle.executeUpdate('approve', {
      args: [{ by: 'ana', gate: gate.id }],
    });
    expect(said).toBe(`${gate.id}: approve by ana`);
    // Of two people who answer the same question the second one answers nothing.
    await run.handle.signal('approve', { by: 'ben', gate: gate.id });
    const { id } = await run.gate('Change the DNS record');
    expect(madeByRestores(stage)).toHaveLength(1);
    const late = (await run.standing()).journal.findLast(({ kind }) => kind === 'message');
    expect(late).toMatchObject({ title: 'Signal approve', by: 'ben', state: 'refused' });
    expect((await run.standing()).gate?.id).toBe(id);
    await run.answer('reject', await run.gate('Change the DNS record'));
    await expect(run.handle.result()).rejects.toThrow('failed');
  });

  test('has a description with an object to paste', async () => {
    const metadata = await run.handle.query('__temporal_workflow_metadata');
    const text = JSON.stringify(metadata);
    for (const verb of ['approve', 'reject', 'retry', 'skip', 'abort']) {
      expect(text).toContain(`"name":"${verb}"`);
    }
    expect(text).toContain('{\\"by\\":\\"ana\\"');
  });
});

describe('a step that fails', () => {
  const opened = stageAfterLoss({ limits: { attempts: 2 } });

  test('is asked about, cannot be skipped where that would harm, and goes on after retry', async () => {
    const stage = opened();
    const run = await stage.start('restore', { installation: 'prod' });
    await run.approveUntil('Change the DNS record');
    const [id = ''] = madeByRestores(stage);
    await control(stage.lab, `/machines/${id}/set`, { unitFails: 'replicated' });
    const gate = await run.approveUntil('failed: Restart Replicated');
    expect(gate.answers).toEqual(['retry', 'abort']);
    await run.answer('skip', gate, 'I know better');
    await eventually('the refusal', 20, async () =>
      (await run.standing()).journal.find(({ title }) => title === 'Signal skip'),
    );
    await control(stage.lab, `/machines/${id}/set`, { unitFails: false });
    await run.answer('retry', gate);
    await run.finish();
    restoredMachine(stage);
  });

  test('is skipped only with a reason, which stands in the report', async () => {
    const stage = opened();
    const run = await stage.start('restore', { installation: 'prod' });
    await run.approveUntil('Change the DNS record');
    const [id = ''] = madeByRestores(stage);
    await control(stage.lab, `/machines/${id}/set`, { nomadIsMount: true });
    const gate = await run.approveUntil('failed: 5. Remove /opt/nomad');
    await run.answer('skip', gate);
    await eventually('the refusal', 20, async () =>
      (await run.standing()).journal.find(({ note }) => note?.startsWith('skip needs a reason')),
    );
    await run.answer('skip', gate, 'it is a mount of ours, emptied by hand');
    await control(stage.lab, `/machines/${id}/set`, { nomadIsMount: false });
    const rest = await run.finish().catch((error: unknown) => error);
    const { journal } = await run.standing();
    expect(journal.find(({ title }) => title === '5. Remove /opt/nomad')?.state).toBe('skipped');
    expect(String(rest)).toContain('Nomad');
    await run.handle.terminate();
  });

  test('on a machine that somebody terminated launches exactly one in its place', async () => {
    const stage = opened();
    stage.lab.faults.add({ action: 'RunInstances', effect: 'instance-dies', times: 1 });
    const run = await stage.start('restore', { installation: 'prod' });
    const gate = await run.approveUntil('failed: Wait for its status checks');
    expect(gate.details).toContain('InstanceLost');
    await run.answer('retry', gate);
    await run.finish();
    const all = Object.values(stage.lab.region.state.instances).filter(
      ({ tags }) => tags['runbook:run'] === run.handle.workflowId,
    );
    expect(all.map(({ state }) => state).sort()).toEqual(['running', 'terminated']);
    restoredMachine(stage);
  });

  test('because AWS denies it waits for a person, and repeats nothing after the grant', async () => {
    const stage = opened();
    stage.lab.faults.deny(['RunInstances']);
    const run = await stage.start('restore', { installation: 'prod' });
    const gate = await run.approveUntil('failed: 1. Launch');
    expect(gate.details).toContain('AwsDenied');
    stage.lab.faults.deny([]);
    await run.answer('retry', gate);
    await run.finish();
    restoredMachine(stage);
  });

  test('because AWS has no capacity for a moment goes on by itself', async () => {
    const stage = opened();
    stage.lab.faults.add({
      action: 'RunInstances',
      effect: 'error',
      code: 'InsufficientInstanceCapacity',
      status: 500,
      times: 3,
    });
    const run = await stage.start('restore', { installation: 'prod' });
    await run.finish();
    restoredMachine(stage);
  });
});
