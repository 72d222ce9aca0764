/**
 * Workers that are frozen with a command on its way, and thaw when all is done: what they have sent
 * arrives late, what they would send next is late, and neither changes anything.
 */
import type { LabOptions } from '../../src/lab/compose';
import { needs } from '../requirements';
import type { Child } from '../../src/cli/children';
import { loseRestored, lostMachine } from './crash';
import { eventually, setStage, type Run, type Stage } from './stage';
import { restoredMachine } from './world-checks';

jest.setTimeout(240_000);

const shells: LabOptions['shell'][] = needs('bwrap', 'sshd') ? ['portable', 'real'] : ['portable'];

// Its open polls take attempts with it, and on a busy machine others are lost besides.
const limits = { attempts: 10 };

/** Freezes the worker when this command of it has arrived and not begun; another worker goes on. */
function freezeAt(stage: Stage, text: string): () => Promise<Child> {
  const barrier = stage.lab.barriers.hold('exec', 0, text);
  return async () => {
    await barrier.reached;
    const frozen = stage.workers().at(-1);
    if (frozen === undefined) throw new Error('there is no worker');
    process.kill(frozen.pid, 'SIGSTOP');
    await stage.startWorker();
    return frozen;
  };
}

/** Lets the command and the worker go on, and waits until the worker has seen that it is late. */
async function thaw(stage: Stage, frozen: Child): Promise<void> {
  stage.lab.barriers.releaseAll();
  process.kill(frozen.pid, 'SIGCONT');
  // It is refused by machine or Temporal; or its connection did not outlive the freeze, and its
  // attempt is nobody's any more. Whatever it says, the world tells what it did.
  const ended = /Superseded|late:|ConnectionLost|Activity not found|Activity (failed|cancelled)/i;
  await eventually('the thawed worker has seen that it is late', 20, () =>
    ended.test(frozen.tail()) ? true : undefined,
  ).catch(() => undefined);
  process.kill(frozen.pid, 'SIGKILL');
  await frozen.ended;
}

/** All that was done to machines and in AWS so far, and what the machines are now. */
function worldOf({ lab }: Stage): unknown {
  const effects = lab.journal
    .since(0)
    .filter(({ kind }) => ['app', 'unit', 'boot', 'dial'].includes(kind))
    .map(({ text, machine }) => `${machine ?? ''} ${text}`);
  const machines = [...lab.region.machines.values()].map((one) => one.inspect()['app']);
  return { effects, machines, instances: structuredClone(lab.region.state.instances) };
}

describe.each(shells)('a worker that is frozen, %s shell', (shell) => {
  let stage: Stage;
  afterEach(() => stage.close());

  /** Freezes at the command, lets another worker finish, thaws: the world stays as it was. */
  async function finishWithout(run: Run, text: string): Promise<void> {
    const freeze = freezeAt(stage, text);
    const finished = run.finish();
    const frozen = await Promise.race([freeze(), finished.then(() => undefined)]);
    if (frozen === undefined) throw new Error(`no command had "${text}"`);
    await finished;
    const before = worldOf(stage);
    await thaw(stage, frozen);
    expect(worldOf(stage)).toEqual(before);
  }

  // The real shell runs what matters most there; test/zombies freezes every activity.
  const points: [string, string, Readonly<Record<string, unknown>>][] = [
    ['2. Stop the app', 'app stop', { launch: { sealed: false } }],
    ['4. Update the IP addresses', 'mv -T "$new" "$file"', {}],
    ['5. Remove /opt/nomad', 'mv -T /opt/nomad', {}],
    ['Restart Replicated on its new addresses', 'systemctl restart', {}],
    ['6. Restart the app', 'app start', { launch: { sealed: false } }],
  ];
  test.each(points.slice(0, shell === 'real' ? 2 : undefined))(
    'at "%s" of a restore undoes nothing',
    async (_title, text, installation) => {
      stage = await setStage({ shell, installation, limits });
      await lostMachine(stage);
      const run = await stage.start('restore', { installation: 'prod' });
      await finishWithout(run, text);
      restoredMachine(stage);
      await loseRestored(stage);
    },
  );

  test('at the stop of a backup arms nothing anew, and leaves the app running', async () => {
    stage = await setStage({ shell, limits });
    const request = { installation: 'prod', consistency: 'stop-app' };
    const run = await stage.start('backup', request);
    await finishWithout(run, 'app stop');
    const [machine] = [...stage.lab.region.machines.values()];
    expect(machine?.inspect()['app']).toMatchObject({ state: 'started' });
  });
});
