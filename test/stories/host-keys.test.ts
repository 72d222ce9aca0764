import { control, setStage, storyOf, type Run, type Stage } from './stage';
import {
  machineOf,
  madeByBackups,
  madeByRestores,
  restoredMachine,
  sourceId,
} from './world-checks';

jest.setTimeout(120_000);

describe('a machine whose host key nothing confirms', () => {
  let stage: Stage;
  let poorImage: string | undefined;
  beforeAll(async () => {
    const limits = { ssh: '3 seconds', unattendedGate: '2 seconds' };
    stage = await setStage({ pinMachine: false, limits });
    await control(stage.lab, `/machines/${sourceId}/set`, { noConsoleKeys: true });
  });
  afterAll(() => stage.close());

  const commandsOn = (id: string): string[] =>
    stage.lab.journal
      .since(0)
      .flatMap(({ kind, machine, text }) => (kind === 'command' && machine === id ? [text] : []));

  test('is imaged all the same when nobody confirms it, and not asked anything', async () => {
    const run = await stage.start('backup', { installation: 'prod' });
    await run.gate('Confirm the host key');
    const { journal, record, notes, imageId } = await run.report();
    expect(madeByBackups(stage)).toEqual([imageId]);
    poorImage = imageId;
    expect(commandsOn(sourceId)).toEqual([]);
    expect(record).toMatchObject({ hostKeys: [], privateAddress: '10.0.1.5' });
    expect(notes).toEqual([
      'Not recorded: hostname, versions, distribution and host keys: no trusted host key',
      'Whether this image holds the databases is NOT known: too little could be seen. Find out, and say ' +
        'so with externalServices in runbook.yaml; a restore asks. Signs: nothing could be seen on the machine.',
    ]);
    expect(storyOf(journal)).toMatchInlineSnapshot(`
      [
        "Find the machine — done",
        "Look at the host key — done",
        "Confirm the host key — expired",
        "Read what a restore needs — not needed",
        "List the running builds — done",
        "Leave a mark on each volume — not needed",
        "Stop the app for the image — not needed",
        "Create the image — done",
        "Start the app again — not needed",
        "Wait for the image — done",
        "Verify the image — done",
        "Copy the image to other regions — not needed",
        "Plan what to keep — not needed",
        "Remove old backups — not needed",
        "Start making a new spare — not needed",
        "End: done — done",
      ]
    `);
  });

  test('is read once a person has compared its fingerprint', async () => {
    const run = await stage.start('backup', { installation: 'prod' });
    const gate = await run.gate('Confirm the host key');
    expect(gate.details).toMatch(/shows the host key \*\*ssh-ed25519 SHA256:[\w+/]{43}\*\*/);
    await run.answer('approve', gate);
    const { record, imageId, notes } = await run.report();
    expect(record).toMatchObject({ hostname: 'circleci.example.com', distribution: 'debian' });
    expect(record?.hostKeys).toContain(/ssh-ed25519 SHA256:[\w+/]{43}/.exec(gate.details)?.[0]);
    expect(notes).toEqual([]);
    // The story goes on from the poorer image: the newest must not hide it.
    const image = stage.lab.region.state.images[imageId ?? ''];
    expect(image?.state).toBe('available');
    if (image) image.state = 'deregistered';
  });

  test('is sent no command when a person rejects its key, and can be taken up later', async () => {
    await control(stage.lab, `/machines/${sourceId}/lose`);
    const first = await stage.start('restore', { installation: 'prod' });
    const gate = await keylessGate(stage, first);
    await first.answer('reject', gate, 'that is another fingerprint');
    await expect(first.handle.result()).rejects.toThrow();
    const [id = ''] = madeByRestores(stage);
    expect(commandsOn(id)).toEqual([]);
    const { report } = await first.standing();
    expect(report?.leftToDo.at(-1)).toContain(`"instance":"${id}"`);

    const again = await stage.start('restore', { installation: 'prod', instance: id });
    await again.answer('approve', await again.approveUntil('Confirm the host key'));
    await again.finish();
    expect(restoredMachine(stage).instanceId).toBe(id);
    expect(stage.lab.region.state.instances[id]?.imageId).toBe(poorImage);
    // A person has confirmed the key: it is known from now on.
    const tag = stage.lab.region.state.instances[id]?.tags['runbook:host-key'];
    expect(gate.details).toContain(`**${String(tag)}**`);
    expect(machineOf(stage, id).hostKeys).toHaveLength(2);
  });
});

/** Lets the restore launch its machine and takes the keys off its console before they are read. */
async function keylessGate(stage: Stage, run: Run) {
  const barrier = stage.lab.barriers.hold('RunInstances');
  await run.answer('approve', await run.approveUntil('Approve the launch'));
  await barrier.reached;
  const [id = ''] = madeByRestores(stage);
  await control(stage.lab, `/machines/${id}/set`, { noConsoleKeys: true });
  barrier.release();
  return run.gate('Confirm the host key');
}
