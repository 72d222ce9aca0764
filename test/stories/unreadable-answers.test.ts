/** What a machine says in a shape that nobody knows is shown to a person, and nothing is guessed. */
import { lostMachine } from './crash';
import { control, setStage, type Run, type Stage } from './stage';
import { madeByRestores } from './world-checks';

jest.setTimeout(120_000);

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

/** A restore whose machine answers so from its boot on. */
async function restoreWith(on: Stage, values: object): Promise<Run> {
  await lostMachine(on);
  const barrier = on.lab.barriers.hold('RunInstances');
  const run = await on.start('restore', { installation: 'prod' });
  await run.answer('approve', await run.approveUntil('Approve the launch'));
  await barrier.reached;
  const [id = ''] = madeByRestores(on);
  await control(on.lab, `/machines/${id}/set`, values);
  barrier.release();
  return run;
}

test('a machine whose hostname knows no -I is asked by ip', async () => {
  stage = await setStage();
  const run = await restoreWith(stage, { commandFails: ['hostname -I'] });
  const report = await run.finish();
  expect(report.checks?.every(({ ok }) => ok)).toBe(true);
});

test('one that says no address at all is told by what it said, before the wait is over', async () => {
  stage = await setStage({ limits: { ssh: '15 seconds' } });
  const run = await restoreWith(stage, { commandFails: ['hostname -I', 'ip -o'] });
  const gate = await run.approveUntil('failed: Wait for the machine to answer');
  expect(gate.details).toMatch(
    /AnswerUnreadable\*\* `hostname -I`, and then `ip addr`, has answered.*It said: hostname: simulated/,
  );
  await run.answer('abort', gate);
});
