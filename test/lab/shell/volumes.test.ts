/** What production sends about volumes, databases and marks, on machines of both shells. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelOf } from '../../../src/lab/appliance/model';
import { addDisk } from '../../../src/lab/machine/disks';
import { mountOn } from '../../../src/lab/machine/mounts';
import type { SimulatedMachine } from '../../../src/lab/shapes';
import type { Command } from '../../../src/machine/shell/commands';
import * as databases from '../../../src/machine/proof/databases';
import { markFile, parseMarks, readMarks, writeMark } from '../../../src/machine/proof/marks';
import * as commands from '../../../src/machine/volumes/commands';
import { appFolders } from '../../../src/machine/volumes/folders';
import * as look from '../../../src/machine/volumes/look';
import { describeReal } from './real-machine';
import { RealReach } from './real-reach';
import { openStage, run, type Answer } from './session';

interface Place {
  readonly machine: SimulatedMachine;
  run(command: Command): Promise<Answer>;
  close(): Promise<void> | void;
}

const openPortable = async (): Promise<Place> => {
  const stage = await openStage();
  const { machine, client } = stage;
  return { machine, run: (c) => run(client, c), close: () => stage.end() };
};
const openReal = async (): Promise<Place> => {
  const reach = await RealReach.open();
  const { machine } = reach;
  return { machine, run: (c) => reach.run(c), close: () => reach.close() };
};

const shells: readonly [string, jest.Describe, () => Promise<Place>][] = [
  ['portable', describe, openPortable],
  ['real', describeReal(), openReal],
];

const uuid = '5e1f0c1a-33b7-4f0e-8a53-0d8b6f3b1c77';
const order = {
  target: '/data/circle',
  source: `UUID=${uuid}`,
  fstype: 'ext4',
  options: 'noatime',
};
const mark = { run: "it's one", takenAt: '2026-11-30T03:00:00Z', instanceId: 'i-1' };

describe.each(shells)('on a machine of the %s shell', (_name, describeShell, open) => {
  describeShell('a volume of its own', () => {
    let place: Place;
    const said = async (command: Command): Promise<string> => {
      const { code, stdout, stderr } = await place.run(command);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return stdout;
    };
    const folders = async (): Promise<Map<string, string>> => {
      const found = look.parseFolders(await said(commands.readFolders(appFolders())));
      return new Map(found.map(({ path, sign }) => [path, sign]));
    };

    beforeAll(async () => {
      place = await open();
      place.machine.set({ nvme: true });
      const disk = { device: '/dev/sdf', uuid, label: 'circle data', holds: '/data/circle' };
      addDisk(modelOf(place.machine), disk);
    });
    afterAll(() => place.close());

    it('is missed while it is not mounted, though nothing says so', async () => {
      expect(await folders()).toEqual(
        new Map([
          ['/data/circle', ''],
          ['/var/lib/replicated', 'circle-config'],
          ['/var/lib/docker', ''],
          ['/opt/nomad', 'server'],
        ]),
      );
      expect(look.parseFileSystems(await said(commands.readFileSystems))).toContainEqual({
        ...{ device: '/dev/nvme1n1', uuid, label: 'circle data', fstype: 'ext4' },
      });
      const postgres = databases.parsePostgres((await place.run(databases.askPostgres)).stdout);
      expect(postgres).toEqual({ next: 562, databases: ['circle', 'postgres'] });
      const mongo = databases.parseMongo((await place.run(databases.askMongo)).stdout);
      expect(mongo).toEqual({ collections: 0 });
    });

    it('is mounted by its UUID, once', async () => {
      expect(await said(commands.mountVolume(order))).toBe('');
      expect((await place.run(commands.mountVolume(order))).code).toBe(73);
      expect(look.parseMountPairs(await said(commands.readMountTable))).toContainEqual({
        ...{ target: '/data/circle', source: '/dev/nvme1n1', fstype: 'ext4', uuid },
        ...{ options: 'rw,noatime', label: 'circle data' },
      });
      const seen = await folders();
      expect(seen.get('/data/circle/postgres')).toBe('9.5/data/PG_VERSION');
      expect(seen.get('/data/circle/mongo')).toBe('WiredTiger');
      expect(databases.parsePostgres(await said(databases.askPostgres))?.next).toBe(731204);
      expect(databases.parseMongo(await said(databases.askMongo))?.newest).toMatch(
        /^[0-9a-f]{24}$/,
      );
    });

    it('is refused by a UUID that no device has', async () => {
      const other = { ...order, target: '/opt/other', source: 'UUID=no-such' };
      const { code, stderr } = await place.run(commands.mountVolume(other));
      expect([code, stderr]).toEqual([32, "mount: can't find UUID=no-such.\n"]);
    });

    it('tells the disks that it lies on', async () => {
      const disks = look.parseDisks(await said(commands.readDisks(['/dev/nvme1n1', '/dev/none'])));
      expect(disks).toEqual([{ source: '/dev/nvme1n1', disk: '/dev/nvme1n1' }]);
      const root = look.parseDisks(await said(commands.readDisks(['/dev/nvme0n1p1'])));
      expect(root).toEqual([{ source: '/dev/nvme0n1p1', disk: '/dev/nvme0n1' }]);
      expect(await said(commands.readDockerRoot)).toBe('/var/lib/docker\n');
    });

    it('bears the mark of a backup, in whole files only', async () => {
      for (const target of ['/', '/data/circle'])
        expect(await said(writeMark(target, mark))).toBe('');
      expect((await place.run(writeMark('/nowhere', mark))).code).toBe(74);
      const found = parseMarks(await said(readMarks(['/', '/data/circle', '/nowhere'])));
      expect([...found]).toEqual([
        ['/', mark],
        ['/data/circle', mark],
      ]);
      const disk = join(place.machine.root, '../disks/sdf');
      const name = markFile('').slice(1);
      expect(JSON.parse(readFileSync(join(disk, name), 'utf8'))).toEqual(mark);
      expect(existsSync(join(place.machine.root, 'data/circle', name))).toBe(false);
      // A mark says nothing of what else is there.
      expect((await folders()).get('/data/circle')).not.toContain('runbook');
    });

    it('shows a folder of it elsewhere, as a bind mount', async () => {
      mkdirSync(join(place.machine.root, 'srv'), { recursive: true });
      const bind = { target: '/opt/mongo', source: '/data/circle/mongo', options: 'bind' };
      mkdirSync(join(place.machine.root, 'opt/mongo'));
      expect(mountOn(modelOf(place.machine), bind)).toBeUndefined();
      expect(look.parseMountPairs(await said(commands.readMountTable))).toContainEqual(
        expect.objectContaining({ target: '/opt/mongo', source: '/dev/nvme1n1[/mongo]', uuid }),
      );
    });

    it('has its lines in fstab read, without comments and swap', async () => {
      const lines = `# x\n\n/dev/sdg none swap sw 0 0\nUUID="${uuid}" /data/circle ext4 nofail 0 2\n`;
      writeFileSync(join(place.machine.root, 'etc/fstab'), lines);
      expect(look.parseFstab(await said(commands.readFstab))).toEqual([
        expect.objectContaining({ source: `UUID=${uuid}`, target: '/data/circle' }),
      ]);
    });
  });
});
