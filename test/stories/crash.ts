/** A worker that dies at the worst moment. */
import { control, type Run, type Stage } from './stage';
import { sourceId } from './world-checks';

/** Kills the worker with its effect done and its reply held back, then goes on with a new one. */
export async function crashAt(stage: Stage, point: string, skip = 0): Promise<() => Promise<void>> {
  const barrier = stage.lab.barriers.hold(point, skip);
  return async () => {
    await barrier.reached;
    await stage.killWorker();
    barrier.release();
    await stage.startWorker();
  };
}

export async function lostMachine(stage: Stage): Promise<void> {
  await (await stage.start('backup', { installation: 'prod' })).report();
  await control(stage.lab, `/machines/${sourceId}/lose`);
}

/** The story of the attempts of one line of the journal. */
export async function attemptsOf(run: Run, title: string): Promise<unknown> {
  const { journal } = await run.report();
  const { state, attempts, errors } = journal.find((entry) => entry.title === title) ?? {};
  return { state, attempts, errors };
}

export const second = {
  state: 'done',
  attempts: 2,
  errors: ['attempt 1: no word from the worker (stopped or cut off)'],
};
