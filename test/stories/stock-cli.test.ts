import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Standing } from '../../src/contract/reports';
import { control, eventually, setStage, type Stage } from './stage';
import { madeByRestores, machineOf, restoredMachine, sourceId } from './world-checks';

jest.setTimeout(120_000);

const run = promisify(execFile);
const workflowId = 'restore-with-the-stock-cli';
const ofRestore = ['--workflow-id', workflowId];

describe("with nothing but Temporal's own CLI", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
    await temporal('workflow', 'execute', ...start('backup', 'backup-with-the-stock-cli'));
    await control(stage.lab, `/machines/${sourceId}/lose`);
  });
  afterAll(() => stage.close());

  async function temporal(...args: string[]): Promise<string> {
    const cli = process.env['STORIES_TEMPORAL_CLI'] ?? 'temporal';
    const env = { ...process.env, TEMPORAL_ADDRESS: stage.environment['TEMPORAL_ADDRESS'] };
    return (await run(cli, args, { env })).stdout;
  }

  function start(type: string, id: string): string[] {
    const queue = ['--task-queue', stage.taskQueue, '--workflow-id', id];
    return ['--type', type, ...queue, '--input', '{"installation":"prod"}'];
  }

  async function standing(): Promise<Standing> {
    const json = ['--output', 'json'];
    const said = await temporal('workflow', 'query', ...ofRestore, '--type', 'standing', ...json);
    const { queryResult } = JSON.parse(said) as { queryResult: [Standing] };
    return queryResult[0];
  }

  /** The gate of that title, and the object that its own example says to send. */
  async function gate(title: string): Promise<{ id: string; input: string }> {
    return eventually(`the gate "${title}"`, 60, async () => {
      const { gate: open } = await standing();
      if (open?.title !== title) return undefined;
      const json = /\{.*\}/.exec(open.example)?.[0] ?? '';
      return { id: open.id, input: json.replace('YOUR NAME', 'ana') };
    });
  }

  const signal = (input: string): Promise<string> =>
    temporal('workflow', 'signal', ...ofRestore, '--name', 'approve', '--input', input);
  const update = (input: string): Promise<string> =>
    temporal('workflow', 'update', 'execute', ...ofRestore, '--name', 'approve', '--input', input);

  test('a person starts a restore, reads where it stands, and lets it launch by a signal', async () => {
    await temporal('workflow', 'start', ...start('restore', workflowId));
    const { id, input } = await gate('Approve the launch');

    // What the UI shows on the page User Metadata.
    const page = await temporal('workflow', 'metadata', ...ofRestore);
    expect(page).toContain('**restore of prod: waiting**');
    expect(page).toContain('| ✅ | Plan the restore | from ami-');
    expect(page).toContain(id);
    expect(madeByRestores(stage)).toEqual([]);

    await signal('{"by":"ana"}');
    await eventually('the refusal of an approval that names no gate', 20, async () => {
      const { journal } = await standing();
      return journal.some(({ state, note }) => state === 'refused' && note?.includes(id))
        ? true
        : undefined;
    });
    expect(madeByRestores(stage)).toEqual([]);
    await signal(input);
    await gate('Change the DNS record');
    expect(madeByRestores(stage)).toHaveLength(1);
  });

  test('a program answers by an update: a wrong one is refused to it, a right one is taken', async () => {
    const { id, input } = await gate('Change the DNS record');
    const wrong = update('{"by":"a program","gate":"dns-0000"}');
    await expect(wrong).rejects.toMatchObject({
      stderr: expect.stringContaining(`gate dns-0000 is not open; open is ${id}`) as string,
    });

    const { publicAddress } = machineOf(stage, madeByRestores(stage)[0]);
    await control(stage.lab, '/dns', { name: 'circleci.example.com', address: publicAddress });
    expect(await update(input)).toContain(`${id}: approve by ana`);
  });

  test('the run completes, and the app is up on the new machine', async () => {
    const result = await temporal('workflow', 'result', ...ofRestore, '--output', 'json');
    const { instanceId } = restoredMachine(stage);
    expect(JSON.parse(result)).toMatchObject({
      status: 'COMPLETED',
      result: { status: 'done', instanceId },
    });
    expect(await temporal('workflow', 'metadata', ...ofRestore)).toContain(
      `circleci.example.com runs on ${instanceId}, restored from`,
    );
  });
});
