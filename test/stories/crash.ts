/** A machine that is lost, and a worker that dies at the worst moment. */
import type { Report } from '../../src/contract/reports';
import type { LabOptions } from '../../src/lab/compose';
import { control, setStage, type Run, type Stage } from './stage';
import { madeByRestores, sourceId } from './world-checks';

/**
 * Sets one stage for a group of stories: there is a backup, and its machine is lost. `prepare` does
 * something to that machine before.
 */
export function stageAfterLoss(
  options: Partial<LabOptions> = {},
  prepare: (stage: Stage) => void = () => undefined,
): () => Stage {
  let stage: Stage | undefined;
  const opened = (): Stage => {
    if (stage === undefined) throw new Error('the stage is not set');
    return stage;
  };
  beforeAll(async () => {
    stage = await setStage(options);
    prepare(stage);
    await lostMachine(stage);
  });
  // Each story finds the world as the first did: nothing of the installation lives.
  afterEach(() => loseRestored(opened()));
  afterAll(() => stage?.close());
  return opened;
}

/** Loses every machine that restores have made. */
export async function loseRestored(stage: Stage): Promise<void> {
  for (const id of madeByRestores(stage)) await control(stage.lab, `/machines/${id}/lose`);
}

/** Backs the machine up and loses it; gives the report of the backup. */
export async function lostMachine(stage: Stage): Promise<Report> {
  const report = await (await stage.start('backup', { installation: 'prod' })).report();
  await control(stage.lab, `/machines/${sourceId}/lose`);
  return report;
}

/** Kills the worker with its effect done and its reply held back, then goes on with a new one. */
export async function crashAt(
  stage: Stage,
  point: string,
  { skip = 0, text = '' }: { readonly skip?: number; readonly text?: string } = {},
): Promise<() => Promise<void>> {
  const barrier = stage.lab.barriers.hold(point, skip, text);
  return async () => {
    await barrier.reached;
    await stage.killWorker();
    barrier.release();
    await stage.startWorker();
  };
}

/** The story of the attempts of one line of the journal. */
export async function attemptsOf(run: Run, title: string): Promise<unknown> {
  const { journal } = await run.report();
  const { state, attempts, errors } = journal.find((entry) => entry.title === title) ?? {};
  return { state, attempts, errors };
}

/** Each time that the app of the machine was told to stop. */
export function stopsOf({ lab }: Stage, machineId: string): unknown[] {
  return lab.journal
    .since(0)
    .filter(({ text, machine }) => machine === machineId && text === 'the app is told to stop');
}

export const second = {
  state: 'done',
  attempts: 2,
  errors: ['attempt 1: no word from the worker (stopped or cut off)'],
};
