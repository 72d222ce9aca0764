/** Which folder of objects a restore takes for the right one, and what it says of it. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { judge, isWanted } from '../../../src/activities/parts/app/mounted-objects';
import { requireUnshared } from '../../../src/activities/parts/app/quarantine';
import { restoreObjects } from '../../../src/activities/object-storage/restore-objects';
import { runRestic } from '../../../src/activities/parts/app/run-restic';
import type { Remote } from '../../../src/activities/frame/on-machine';
import type { Machine } from '../../../src/contract/plan';
import { together } from '../../../src/machine/shell/batch';
import { readAppStatus, readContainers, type Command } from '../../../src/machine/shell/commands';
import type { FolderPlace, ObjectFolder } from '../../../src/machine/storage/object-storage';
import * as storage from '../../../src/machine/storage/storage-commands';
import type { World } from '../../../src/world';

const path = '/data/objects';
const disk: ObjectFolder = { kind: 'disk', path };
const machine: Machine = {
  installation: 'prod',
  region: 'us-east-1',
  instanceId: 'i-1',
  privateAddress: '10.0.1.57',
  hostKeys: [],
};

const at = (resolved: string, on: FolderPlace['on'] = 'root'): FolderPlace => ({
  on,
  resolved,
  mount: { target: '/', source: '/dev/xvda1', fstype: 'ext4', options: 'rw' },
});

/** A machine that answers the commands in this order. */
function answering(...answers: readonly string[]): Remote {
  const left = [...answers];
  const read = (): Promise<string> => Promise.resolve(left.shift() ?? 'no more answers');
  const notAsked = (): Promise<never> => Promise.reject(new Error('not asked'));
  return { read, run: notAsked, runAll: notAsked, outputOf: (_, { stdout }) => stdout };
}

test('without tags, a folder behind a symlink is judged by what is in it', async () => {
  expect(isWanted({}, disk, at('/mnt/else'))).toBe(true);
  expect(isWanted({}, disk, at('/mnt/else', 'nfs'))).toBe(false);
  const recorded = { kind: 'disk', path, on: 'root' } as const;
  expect(isWanted({ recorded }, disk, at('/mnt/else'))).toBe(false);
  expect(isWanted({ recorded }, disk, at(path))).toBe(true);
  const input = { machine, objects: disk, acknowledged: false, canBeFilled: false };
  await expect(judge(input, answering('', ''), at('/mnt/else'))).rejects.toMatchObject({
    type: 'ObjectsEmpty',
  });
  expect(await judge(input, answering('one', ''), at('/mnt/else'))).toEqual({
    isEmpty: false,
    seen: '',
  });
});

test('another storage that a person lets pass is not called the one that was backed up', async () => {
  const recorded = { kind: 'disk', path, on: 'root', marker: 'prod 1' } as const;
  const input = { machine, objects: disk, recorded, acknowledged: true, canBeFilled: false };
  const seen = async (...answers: readonly string[]): Promise<string> =>
    (await judge(input, answering(...answers), at(path))).seen;
  expect(await seen('one', 'staging 7')).toContain('NOT the one that was backed up');
  expect(await seen('one', 'prod 1')).toBe(', the one that was backed up');
});

describe('a machine whose app is to be tried', () => {
  const root = '/ /dev/xvda1 ext4 rw';

  test('has mounted nothing that the live machine works on', async () => {
    await expect(requireUnshared(answering(root), machine)).resolves.toBeUndefined();
    // An answer that shows no mount at all does not say that nothing is shared.
    await expect(requireUnshared(answering('no mounts here'), machine)).rejects.toMatchObject({
      type: 'AnswerUnreadable',
    });
    const shared = answering(`${root}\n${path} files.example.com:/objects nfs4 rw`);
    await expect(requireUnshared(shared, machine)).rejects.toMatchObject({
      type: 'QuarantineBroken',
      message: expect.stringContaining('has mounted files.example.com:/objects at'),
    });
  });
});

describe('the end of restic', () => {
  const order = { repository: '/r', passwordFile: '/p', folder: '/f', lock: '/l' };
  const limits = { image: 0.2, poll: 0.01 };
  const world = { installation: () => ({ limits }) } as unknown as World;
  const follow = (remote: Remote, mayLackFiles: boolean): ReturnType<typeof runRestic> =>
    new MockActivityEnvironment().run(() =>
      runRestic(world, {
        ...{ machine, remote, order, mayLackFiles, what: 'backup' },
        ...{ start: storage.startResticRestore(order, 'abc'), say: () => undefined },
      }),
    );

  test('with status 3 lacks files, where that is allowed', async () => {
    expect(await follow(answering('3', '3\n'), true)).toEqual({ lacksFiles: true });
    await expect(follow(answering('started', '3\n'), false)).rejects.toMatchObject({
      type: 'ResticFailed',
    });
  });

  test("is awaited from another run's before this one's begins", async () => {
    expect(await follow(answering('busy', 'busy', 'started', '0\n'), false)).toEqual({
      lacksFiles: false,
    });
    await expect(
      follow({ ...answering(), read: () => Promise.resolve('busy') }, false),
    ).rejects.toThrow('the restic of another run works on the machine');
  });
});

describe('restic is not begun', () => {
  const restic = { repository: '/r', passwordFile: '/p' };
  const recorded = {
    kind: 'disk',
    path,
    on: 'root',
    leadsTo: '/mnt/objects',
    restic: { repository: '/r', snapshot: 'abcdef0123' },
  } as const;
  const stopped = '[{"State":"stopped","DesiredState":"stopped","IsTransitioning":false}]';
  const running = '[{"State":"started","DesiredState":"started","IsTransitioning":false}]';

  /** What came of it on a machine whose app and folder are so. */
  async function fill(app: string, resolved: string): Promise<unknown> {
    const asked: string[] = [];
    const answer = (command: Command): string => {
      if (command.script === readAppStatus.script) return app;
      if (command.script === storage.followPath('').script) return resolved;
      if (command.script === storage.readMountTable.script) return '/ /dev/xvda1 ext4 rw';
      return '';
    };
    const run = (command: Command): Promise<object> => {
      asked.push(command.script, ...command.args);
      const looks = [readAppStatus, readContainers];
      const [mark = ''] = command.args;
      const isTogether = command.script === together(looks, mark).script;
      const stdout = isTogether
        ? looks.map((look) => `${mark} begins\n${answer(look)}\n${mark} ends 0\n`).join('')
        : answer(command);
      return Promise.resolve({ exitCode: 0, stdout, stderr: '' });
    };
    const world = {
      installation: () => ({ ssh: { address: 'private', port: 22, user: 'u' } }),
      ssh: { connect: () => Promise.resolve({ run, close: () => undefined }) },
    } as unknown as World;
    const input = { machine, region: 'us-east-1', objects: disk, restic, recorded, id: '1' };
    const error: unknown = await restoreObjects(world)(input, () => undefined).catch(
      (problem: unknown) => problem,
    );
    expect(asked).not.toContain(
      storage.startResticRestore({ ...restic, folder: '', lock: '' }, '').script,
    );
    return error;
  }

  test.each([
    ['while the app runs', running, '/mnt/objects', { type: 'AppNotStopped' }],
    ['where nothing is', stopped, '', { type: 'ObjectsNotMounted' }],
    ['where the folder is another', stopped, path, { type: 'ObjectsNotMounted' }],
    // All is well but that restic is not installed.
    ['before its own checks', stopped, '/mnt/objects', { type: 'ResticFailed' }],
  ])('%s', async (_, app, resolved, failure) => {
    expect(await fill(app, resolved)).toMatchObject(failure);
  });
});
