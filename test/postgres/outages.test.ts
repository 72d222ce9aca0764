import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runChild } from '../../src/cli/children';
import type { OpenGate } from '../../src/contract/journal';
import { searchAttributeNames } from '../../src/contract/search-attributes';
import type { Barrier } from '../../src/lab/barriers';
import { root } from '../deploy/compose-file';
import { needs } from '../requirements';
import { headingsOf } from '../stories/headings';
import { control, eventually, linesOf, setStage, type Run, type Stage } from '../stories/stage';
import {
  expectSoundWorld,
  madeByRestores,
  restoredMachine,
  sourceId,
} from '../stories/world-checks';
import {
  findProgram,
  postgresProgram,
  provideProgram,
  temporalServer,
  temporalSqlTool,
} from './programs';
import { startStack, type Stack } from './stack';

const mustBuild = [temporalServer, temporalSqlTool].some((one) => findProgram(one) === undefined);
const isPossible = needs(
  postgresProgram('initdb'),
  postgresProgram('postgres'),
  ...(mustBuild ? ['go'] : []),
);

(isPossible ? describe : describe.skip)('on PostgreSQL and a Temporal server', () => {
  let stack: Stack;
  let stage: Stage;
  const endings: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    stack = await startStack();
    endings.unshift(() => stack.stop());
    stage = await setStage({}, stack.address);
    endings.unshift(() => stage.close());
  }, 900_000);
  afterAll(async () => {
    for (const end of endings) await end();
  });

  /** Each part of the stack, and how it is killed and comes back. */
  const parts = {
    PostgreSQL: { kill: () => stack.postgres.kill(), start: () => stack.postgres.start() },
    'the Temporal server': { kill: () => stack.killTemporal(), start: () => stack.startTemporal() },
    'the worker': { kill: () => stage.killWorker(), start: () => stage.startWorker() },
  };
  type Part = keyof typeof parts;

  test('schema and namespace are set up again without harm, as at each start', async () => {
    expect(await stack.runOnce('schema')).not.toMatch(/error/i);
    expect(await stack.runOnce('namespace')).toContain('namespace default is ready');
    const { workflowService, operatorService } = stage.client.connection;
    const { config } = await workflowService.describeNamespace({ namespace: 'default' });
    expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(90 * 86_400);
    const registered = await operatorService.listSearchAttributes({ namespace: 'default' });
    const names = Object.keys(registered.customAttributes);
    expect(names).toEqual(expect.arrayContaining([...searchAttributeNames]));
  });

  test('the server knows every setting of the dynamic configuration', async () => {
    const args = ['validate-dynamic-config', join(root, 'deploy/temporal/dynamic-config.yaml')];
    const command = await provideProgram(temporalServer);
    const { exit, said } = await runChild({ name: 'validation', command, args }, 30);
    expect([exit, said]).toEqual(['exit 0', args[1]]);
  });

  test("the worker's health check knows a worker that polls from one that does not", async () => {
    const check = (env: Readonly<Record<string, string>>): ReturnType<typeof runChild> => {
      const args = [join(root, 'deploy/worker/polls.mjs')];
      return runChild({ name: 'check', command: process.execPath, args, env }, 30);
    };
    const { environment } = stage;
    expect(await check(environment)).toEqual({ exit: 'exit 0', said: 'this worker polls' });
    const deaf = await check({ ...environment, RUNBOOK_TASK_QUEUE: 'nobody' });
    expect(deaf).toMatchObject({ exit: 'exit 1', said: expect.stringContaining('no poll') });
  });

  test('a backup is made', async () => {
    const backup = await stage.start('backup', { installation: 'prod' });
    const { status, journal } = await backup.report();
    expect(status).toBe('done');
    expect(linesOf(journal)).toEqual(headingsOf('backup'));
    expectSoundWorld(stage);
  });

  describe('a restore', () => {
    let run: Run;
    let gate: OpenGate;

    beforeAll(async () => {
      await control(stage.lab, `/machines/${sourceId}/lose`);
      run = await stage.start('restore', { installation: 'prod' });
      gate = await run.gate('Approve the launch');
    });

    test.each(Object.keys(parts) as Part[])(
      'that waits for an approval still waits for it after %s was killed',
      async (part) => {
        await parts[part].kill();
        await parts[part].start();
        expect(await run.gate('Approve the launch')).toEqual(gate);
        expect(madeByRestores(stage)).toEqual([]);
      },
    );

    test.each<[Part, string]>([
      ['the worker', 'RunInstances'],
      ['PostgreSQL', 'CreateTags'],
      ['the Temporal server', 'systemctl restart'],
    ])('goes on after %s was killed between %s and its answer', async (part, point) => {
      const barrier = stage.lab.barriers.hold(point.includes(' ') ? `command:${point}` : point);
      await approveUntilHeld(run, barrier);
      await parts[part].kill();
      // Longer than a heartbeat may be late: Temporal takes the attempt for lost.
      await sleep(6_000);
      await parts[part].start();
      barrier.release();
      expect(madeByRestores(stage)).toHaveLength(1);
    });

    test('ends as if nothing had happened: one machine, its app up', async () => {
      const report = await run.finish();
      expect(report.status).toBe('done');
      expect(restoredMachine(stage).instanceId).toBe(report.instanceId);
      expect(linesOf(report.journal)).toEqual(headingsOf('restore'));
      const launch = report.journal.find(({ title }) => title.startsWith('1.'));
      expect(launch).toMatchObject({ attempts: 2 });
    });
  });

  /** The operator's part, until the lab holds something at the barrier. */
  async function approveUntilHeld(run: Run, barrier: Barrier): Promise<void> {
    await eventually(`something is held at ${barrier.point}`, 90, async () => {
      if (barrier.state === 'reached') return true;
      const { gate, instanceId } = await run.standing();
      if (gate?.answers.includes('retry')) throw new Error(`${gate.title}: ${gate.details}`);
      if (gate?.title === 'Change the DNS record') {
        const address = stage.lab.region.machines.get(instanceId ?? '')?.publicAddress;
        await control(stage.lab, '/dns', { name: 'circleci.example.com', address });
      }
      if (gate !== undefined) await run.answer('approve', gate);
      return undefined;
    });
  }
});
