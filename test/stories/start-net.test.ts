/** An app that a backup has stopped comes up again, whatever becomes of the run and of the machine. */
import { eventually, setStage } from './stage';
import { machineOf, sourceId } from './world-checks';

jest.setTimeout(180_000);

test('also when the run is gone, and the machine is rebooted, which forgets timers', async () => {
  // Simulated seconds of the machine's own clock.
  const stage = await setStage({
    limits: { stoppedForImage: '1200 seconds', stopApp: '10 seconds' },
  });
  const app = () => machineOf(stage, sourceId).inspect()['app'] as { state: string };
  try {
    const barrier = stage.lab.barriers.hold('CreateImage');
    const run = await stage.start('backup', { installation: 'prod', consistency: 'stop-app' });
    await barrier.reached;
    expect(app().state).toBe('stopped');
    await run.handle.terminate('a story');
    await stage.killWorker();
    const machine = machineOf(stage, sourceId);
    machine.powerOff();
    machine.boot();
    expect(machine.inspect()['timers']).toEqual([]);
    barrier.release();
    await eventually('the app is up again', 120, () =>
      app().state === 'started' ? true : undefined,
    );

    await stage.startWorker();
    await eventually('the net has gone', 60, () =>
      stage.lab.journal.since(0).some(({ text }) => text === 'the app is started')
        ? true
        : undefined,
    );
    const next = await stage.start('backup', { installation: 'prod', consistency: 'stop-app' });
    const report = await next.report();
    expect(report.notes.join('\n')).toMatch(
      new RegExp(
        `${run.handle.workflowId} had left the app stopped; up again at .*: the machine started it`,
      ),
    );
  } finally {
    await stage.close();
  }
});
