/** What production sends about the object storage, on machines of both shells. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../../../src/machine/shell/commands';
import { dialects } from '../../../src/machine/dialects/choose';
import * as storage from '../../../src/machine/storage/storage-commands';
import { needs } from '../../requirements';
import type { SmallLab } from '../machine/small-lab';
import { describeReal } from './real-machine';
import { RealReach } from './real-reach';
import { openStage, run, type Answer } from './session';

const target = '/data/circle/storage-fileserver';
const source = 'files.example.com:/objects';

interface Place {
  readonly lab: SmallLab;
  readonly root: string;
  run(command: Command): Promise<Answer>;
  close(): Promise<void> | void;
}

const openPortable = async (): Promise<Place> => {
  const stage = await openStage();
  const { lab, machine, client } = stage;
  return { lab, root: machine.root, run: (c) => run(client, c), close: () => stage.end() };
};
const openReal = async (): Promise<Place> => {
  const reach = await RealReach.open();
  const { lab, machine } = reach;
  return { lab, root: machine.root, run: (c) => reach.run(c), close: () => reach.close() };
};

const shells: readonly [string, jest.Describe, () => Promise<Place>][] = [
  ['portable', describe, openPortable],
  ['real', describeReal(), openReal],
];

describe.each(shells)('on a machine of the %s shell', (_name, describeShell, open) => {
  describeShell('an NFS export', () => {
    let place: Place;
    let folder: string;
    const said = async (command: Command): Promise<string> => (await place.run(command)).stdout;

    beforeAll(async () => {
      place = await open();
      folder = join(place.lab.folder, 'exports/objects');
      mkdirSync(folder, { recursive: true });
      place.lab.exports.set(source, folder);
    });
    afterAll(() => place.close());

    it('is seen once it is mounted, over what lay there, and by its own options', async () => {
      writeFileSync(join(place.root, target, 'beneath'), '');
      expect(await said(storage.readAnyEntry(target))).toBe('beneath\n');
      const order = { target, source, options: 'hard,nfsvers=4.1' };
      expect(await place.run(storage.mountExport(order))).toMatchObject({ code: 0 });
      expect(await said(storage.readMountTable)).toContain(
        `${target} ${source} nfs4 rw,hard,nfsvers=4.1,clientaddr=10.0.1.5,addr=10.0.3.4\n`,
      );
      expect(await said(storage.readAnyEntry(target))).toBe('');
      expect(await said(storage.followPath(target))).toBe(`${target}\n`);
      rmSync(join(place.root, target, 'beneath'));
    });

    it('keeps the first mark', async () => {
      expect(await said(storage.readMarker(target))).toBe('');
      expect(await said(storage.writeMarker(target, 'prod 1'))).toBe('prod 1\n');
      expect(await said(storage.writeMarker(target, 'prod 2'))).toBe('prod 1\n');
      expect(await said(storage.readMarker(target))).toBe('prod 1\n');
      expect(readFileSync(join(folder, storage.markerName), 'utf8')).toBe('prod 1\n');
      expect(await said(storage.readAnyEntry(target))).toBe('');
    });

    it('is gone when it is unmounted, and stays what it is', async () => {
      const umount = { script: 'umount "$1"', args: [target], timeoutSeconds: 30 };
      expect((await place.run(umount)).code).toBe(0);
      expect((await place.run(umount)).code).toBe(32);
      expect(await said(storage.readMarker(target))).toBe('');
      expect(readFileSync(join(folder, storage.markerName), 'utf8')).toBe('prod 1\n');
    });

    it('comes back by its line in fstab, and not when its server is silent', async () => {
      const line = `${source} ${target} nfs4 hard,_netdev 0 0`;
      expect(await said(storage.readFstabLine(target))).toBe('');
      expect((await place.run(storage.mountByFstab(target))).code).toBe(1);
      writeFileSync(join(place.root, 'etc/fstab'), `# disks\n${line}\n`);
      expect(await said(storage.readFstabLine(target))).toBe(`${line}\n`);
      place.lab.exports.delete(source);
      const silent = await place.run(storage.mountByFstab(target));
      expect(silent).toMatchObject({ code: 32, stderr: expect.stringContaining('timed out') });
      place.lab.exports.set(source, folder);
      expect((await place.run(storage.mountByFstab(target))).code).toBe(0);
      expect(await said(storage.readMarker(target))).toBe('prod 1\n');
    });

    it('tells the bucket, and that no NVMe volume and no folder is there', async () => {
      expect(await said(dialects.status.readItem('s3_bucket'))).toBe('acme-circleci-storage\n');
      expect(await said(dialects.status.readItem('aws_region'))).toBe('us-east-1\n');
      expect(await said(storage.readVolumeId('/dev/nvme1n1'))).toBe('');
      expect(await said(storage.followPath('/nowhere'))).toBe('');
    });
  });
});

test('without restic the portable shell says nothing', async () => {
  const place = await openPortable();
  expect(await place.run(storage.readResticVersion)).toMatchObject({ stdout: '', code: 0 });
  await place.close();
});

const describeRestic = needs('restic') ? describeReal() : describe.skip;
describeRestic('restic on a machine of the real shell', () => {
  let place: Place;
  const order = {
    repository: '/var/repository',
    passwordFile: '/root/restic-password',
    folder: '/var/lib/circleci-server-runbook/restic',
    lock: '/var/lib/circleci-server-runbook/restic.lock',
  };
  const shell = (script: string): Promise<Answer> =>
    place.run({ script, args: [], timeoutSeconds: 60 });
  const ended = async (): Promise<string> => {
    for (;;) {
      const { stdout } = await place.run(storage.readResticProgress(order));
      if (!stdout.startsWith('running')) return stdout;
    }
  };
  beforeAll(async () => {
    place = await openReal();
    await shell('echo secret >/root/restic-password; mkdir -p /data/o; echo 1 >/data/o/one');
  });
  afterAll(() => place.close());

  it('says in its own words that there is no repository', async () => {
    const { code, stderr } = await place.run(storage.openRepository(order));
    expect([code, stderr]).toEqual([1, expect.stringContaining('Is there a repository')]);
  });

  it('saves a folder apart from the connection, once, and brings it back', async () => {
    await shell('restic --repo /var/repository --password-file /root/restic-password init');
    expect((await place.run(storage.openRepository(order))).code).toBe(0);
    const save = { ...order, host: 'prod', tag: 'run-1', path: '/data/o' };
    expect((await place.run(storage.startResticBackup(save))).stdout).toBe('started\n');
    expect(await ended()).toMatch(/^0\n[^]*"message_type":"summary"/);
    expect((await place.run(storage.startResticBackup(save))).stdout).toBe('0\n');
    const { stdout } = await place.run(storage.readSnapshots(order, 'run-1'));
    const [{ id, paths }, ...more] = JSON.parse(stdout) as [{ id: string; paths: string[] }];
    expect([paths, more]).toEqual([['/data/o'], []]);
    await shell('rm -rf /data/o/one');
    await place.run(storage.forgetResticOutcome(order));
    await place.run(storage.startResticRestore(order, id));
    expect(await ended()).toMatch(/^0\n/);
    expect((await shell('cat /data/o/one')).stdout).toBe('1\n');
  });
});
