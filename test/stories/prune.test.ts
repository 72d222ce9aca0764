/** Old backups go, and nothing else does: judged by the images and snapshots that are left. */
import {
  CreateImageCommand,
  CreateTagsCommand,
  DeleteTagsCommand,
  DeregisterImageCommand,
  DisableImageDeregistrationProtectionCommand,
  EC2Client,
  EnableImageDeregistrationProtectionCommand,
} from '@aws-sdk/client-ec2';
import { runbook, startRunbook } from './command-line';
import { headingsOf } from './headings';
import { eventually, linesOf, setStage, type Run, type Stage } from './stage';
import { madeByBackups, sourceId } from './world-checks';

jest.setTimeout(120_000);

describe('old backups', () => {
  let stage: Stage;
  let ec2: EC2Client;
  beforeAll(async () => {
    stage = await setStage({ installation: { keep: { last: 2 } } });
    const credentials = { accessKeyId: 'PERSON', secretAccessKey: 'opens-nothing' };
    ec2 = new EC2Client({ region: 'us-east-1', endpoint: stage.lab.ec2Url, credentials });
  });
  afterAll(async () => {
    ec2.destroy();
    await stage.close();
  });

  const backUp = async (more: object = {}): Promise<string> => {
    const run = await stage.start('backup', { installation: 'prod', ...more });
    return (await run.report()).imageId ?? '';
  };
  /** Ids of the images that are registered, in the order in which they were made. */
  const images = (): string[] =>
    madeByBackups(stage).filter(
      (id) => stage.lab.region.state.images[id]?.state !== 'deregistered',
    );
  const snapshotOf = (id: string): string => stage.lab.region.state.images[id]?.snapshotId ?? '';
  const snapshots = (): string[] => Object.keys(stage.lab.region.state.snapshots);
  const startPrune = (more: object = {}): Promise<Run> =>
    stage.start('prune', { installation: 'prod', ...more });
  const tag = async (id: string, Key: string, Value: string): Promise<void> => {
    await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key, Value }] }));
  };

  test('are told with the reason in a dry run, and stay', async () => {
    for (let made = 0; made < 5; made += 1) await backUp();
    const before = images();
    const report = await (await startPrune({ dryRun: true })).report();
    expect(report.notes.map((note) => note.replace(/ of \S+ /, ' '))).toEqual(
      [...before]
        .reverse()
        .map((id, index) =>
          index === 0
            ? `${id} kept because it is the newest usable one, last 2`
            : index === 1
              ? `${id} kept because last 2`
              : `${id} removed because no rule keeps it`,
        ),
    );
    expect(linesOf(report.journal)).toEqual(headingsOf('prune'));
    expect(images()).toEqual(before);
  });

  test('whose proof cannot be read do not count as proven, which is said', async () => {
    const [, proven = '', unreadable = ''] = images();
    await tag(proven, 'runbook:proven', '2026-01-01T00:00:00Z passed');
    await tag(unreadable, 'runbook:proven', 'lately passed');
    const { notes } = await (await startPrune({ dryRun: true })).report();
    const told = notes.map((note) => note.replace(/ of \S+ /, ' '));
    expect(told).toContain(`${proven} kept because it is the last one that a restore has proved`);
    expect(told).toContain(
      `${unreadable} removed because no rule keeps it, ` +
        'while its tag runbook:proven cannot be read and does not count',
    );
  });

  test('go after a person has approved them by name; held, proven and shared things stay', async () => {
    const [held = '', proven = '', shared = '', ...kept] = images();
    await tag(held, 'runbook:hold', 'before the upgrade');
    const sharedSnapshot = snapshotOf(shared);
    const copy = structuredClone(stage.lab.region.state.images[shared]);
    if (copy)
      stage.lab.region.state.images['ami-0fff'] = {
        ...copy,
        id: 'ami-0fff',
        name: 'by hand',
        description: '',
        tags: {},
      };

    const run = await startPrune();
    const gate = await run.gate('Approve removing old backups');
    expect(gate.details).toContain(shared);
    expect(gate.details).not.toContain(held);
    await run.answer('approve', gate);
    const report = await run.report();
    expect(report.summary).toContain(
      `the snapshot ${sharedSnapshot} stays: ami-0fff stands on it too`,
    );
    expect(images()).toEqual([held, proven, ...kept]);
    expect(snapshots()).toContain(sharedSnapshot);
    expect(linesOf(report.journal)).toEqual(headingsOf('prune'));
    Reflect.deleteProperty(stage.lab.region.state.images, 'ami-0fff');
  });

  test('whose removal was cut off are found again by the mark on their snapshots', async () => {
    const [held = '', proven = ''] = images();
    const left = Object.keys(stage.lab.region.state.snapshots).filter((id) =>
      Object.values(stage.lab.region.state.images).every(
        (image) => image.snapshotId !== id || image.state === 'deregistered',
      ),
    );
    expect(left).toHaveLength(1);
    const run = await startPrune();
    const gate = await run.gate('Approve removing old backups');
    expect(gate.details).toContain(`the snapshot **${left[0] ?? ''}**, left behind`);
    await run.answer('approve', gate);
    await run.report();
    expect(snapshots()).not.toContain(left[0]);
    expect(images()).toEqual(expect.arrayContaining([held, proven]));
  });

  test('go by themselves at the end of a backup that nobody watches', async () => {
    const before = images();
    const newest = await backUp({ unattended: true });
    // Held and proven ones, and the last two.
    expect(images()).toEqual([...before.slice(0, 2), before.at(-1), newest]);
    expect(snapshots()).toHaveLength(images().length);
  });

  test('whose worker dies between image and snapshots leave nothing for long', async () => {
    const victim = images().at(-2) ?? '';
    const snapshot = snapshotOf(victim);
    const barrier = stage.lab.barriers.hold('DeregisterImage');
    const run = await stage.start('backup', { installation: 'prod', unattended: true });
    await barrier.reached;
    await stage.killWorker();
    expect(stage.lab.region.state.snapshots[snapshot]?.tags['runbook:removing']).toContain(
      run.handle.workflowId,
    );
    barrier.release();
    await stage.startWorker();
    await run.report();
    const after = await startPrune();
    await after.answer('approve', await after.gate('Approve removing old backups'));
    await after.report();
    expect(images()).not.toContain(victim);
    expect(snapshots()).not.toContain(snapshot);
    expect(snapshots()).toHaveLength(images().length);
  });

  test('stay when a rule keeps them by the time that they were to go', async () => {
    await backUp();
    const before = images();
    const victim = before[2] ?? '';
    const run = await startPrune();
    const gate = await run.gate('Approve removing old backups');
    expect(gate.details).toContain(victim);
    await tag(victim, 'runbook:proven', '2026-02-01T00:00:00Z passed');
    await run.answer('approve', gate);
    expect((await run.report()).summary).toContain(`${victim} stays: it is the last one`);
    expect(images()).toEqual(before);
    await tag(victim, 'runbook:proven', '2025-02-01T00:00:00Z passed');
  });

  test('stay as soon as the run that removes them is cancelled', async () => {
    await backUp();
    const before = images();
    const barrier = stage.lab.barriers.hold('DeregisterImage');
    const run = await startPrune();
    await run.answer('approve', await run.gate('Approve removing old backups'));
    await barrier.reached;
    await run.handle.cancel();
    // The answer to the first heartbeat after that tells the activity.
    const heartbeat = async (): Promise<string> => {
      const { raw } = await run.handle.describe();
      return JSON.stringify(raw.pendingActivities?.[0]?.lastHeartbeatTime);
    };
    const first = await heartbeat();
    const later = async (): Promise<true | undefined> =>
      (await heartbeat()) === first ? undefined : true;
    await eventually('a heartbeat', 30, later);
    barrier.release();
    await expect(run.handle.result()).rejects.toThrow('cancelled');
    // Held, proven, and two more than the rules keep, of which the oldest was under way.
    expect(images()).toEqual(before.filter((_, index) => index !== 2));
  });

  test('that AWS does not let go stay, are told, and do not keep the others', async () => {
    for (let made = 0; made < 3; made += 1) await backUp();
    const run = await startPrune();
    const gate = await run.gate('Approve removing old backups');
    const victims = images().filter((id) => gate.details.includes(id));
    const [guarded = '', hollow = '', locked = ''] = victims;
    expect(victims.length).toBeGreaterThan(3);
    const lockedSnapshot = snapshotOf(locked);
    await ec2.send(new EnableImageDeregistrationProtectionCommand({ ImageId: guarded }));
    Reflect.deleteProperty(stage.lab.region.state.snapshots, snapshotOf(hollow));
    const fault = {
      action: 'DeleteSnapshot',
      effect: 'error',
      code: 'OperationNotPermitted',
    } as const;
    // The first is that of the image whose snapshot has vanished.
    stage.lab.faults.add({ ...fault, skip: 1, times: 1 });

    await run.answer('approve', gate);
    const { summary } = await run.report();
    expect(summary).toMatch(
      new RegExp(`${guarded} stays: AWS refused DeregisterImage in \\S+ OperationNotPermitted`),
    );
    expect(summary).toContain(`the snapshot ${lockedSnapshot} stays: AWS refused DeleteSnapshot`);
    expect(images().filter((id) => victims.includes(id))).toEqual([guarded]);
    const { tags } = stage.lab.region.state.images[guarded] ?? {};
    expect(tags?.['runbook:removing']).toContain(run.handle.workflowId);
    expect(snapshots()).toHaveLength(images().length + 1);

    const backup = await stage.start('backup', { installation: 'prod', unattended: true });
    expect((await backup.report()).notes.join()).toContain(`${guarded} stays: AWS refused`);
    await ec2.send(new DisableImageDeregistrationProtectionCommand({ ImageId: guarded }));
    await backUp({ unattended: true });
    expect(images()).not.toContain(guarded);
    expect(snapshots()).toHaveLength(images().length);
  });

  test('that are held just as a prune marks them stay', async () => {
    await backUp();
    const before = images();
    const barrier = stage.lab.barriers.hold('CreateTags');
    const run = await startPrune();
    const gate = await run.gate('Approve removing old backups');
    const [victim = ''] = before.filter((id) => gate.details.includes(id));
    await run.answer('approve', gate);
    await barrier.reached;
    const late = await runbook(stage.environment, 'hold', victim, '--reason', 'ana looks at it');
    expect(late).toMatchObject({ status: 1 });
    expect(late.err).toContain(`${victim} was not held: its removal has begun`);
    await tag(victim, 'runbook:hold', 'ana looks at it');
    barrier.release();
    expect((await run.report()).summary).toContain(`${victim} stays: it is held now: ana`);
    expect(images()).toEqual(before);
    const Tags = [{ Key: 'runbook:hold' }, { Key: 'runbook:removing' }];
    await ec2.send(new DeleteTagsCommand({ Resources: [victim], Tags }));

    const held = await runbook(stage.environment, 'hold', victim, '--reason', 'ana looks at it');
    expect(held).toMatchObject({ status: 0, err: '' });
    const tagged = stage.lab.barriers.hold('CreateTags');
    const hold = startRunbook(stage.environment, 'hold', victim, '--reason', 'and bob');
    await tagged.reached;
    await tag(victim, 'runbook:removing', '2026-11-24T03:00:00Z by prune-prod-7');
    tagged.release();
    const { err, status } = await hold.ended;
    expect(err).toContain('a prune had begun to remove it (2026-11-24T03:00:00Z by prune-prod-7)');
    expect(status).toBe(1);
  });

  test('stay while a restore is open, and an image made by hand always does', async () => {
    const made = await ec2.send(new CreateImageCommand({ InstanceId: sourceId, Name: 'mine' }));
    const acknowledge = ['source-running'];
    const restore = await stage.start('restore', { installation: 'prod', acknowledge });
    await restore.gate('Approve the launch');
    const refused = await startPrune();
    await expect(refused.handle.result()).rejects.toMatchObject({ cause: { type: 'RestoreOpen' } });
    await restore.handle.terminate();
    const { notes } = await (await startPrune({ dryRun: true })).report();
    expect(notes.join()).not.toContain(made.ImageId);
    await ec2.send(new DeregisterImageCommand({ ImageId: made.ImageId ?? '' }));
  });
});
