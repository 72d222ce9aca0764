/** Backing up Object Storage: what is on NFS or on a disk is there again before the app starts. */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'ssh2';
import type { LabOptions } from '../../src/lab/compose';
import { decodeObjects } from '../../src/machine/backups/object-tags';
import { whyNoSandbox } from '../../src/lab/shell/real-sandbox';
import { needs } from '../requirements';
import { headingsOf } from './headings';
import { control, linesOf, setStage, storyOf, type Run, type Stage } from './stage';
import { machineOf, madeByRestores, restoredMachine, sourceId } from './world-checks';

jest.setTimeout(120_000);

const path = '/data/circle/storage-fileserver';
const source = 'files.example.com:/objects';
const vault = 'vault.example.com:/restic';
const nfs = { kind: 'nfs', path, source };
const prod = { installation: 'prod' };
const waived = { launch: 'waived' };

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

/** A stage whose app keeps its objects in a folder, with these lines in its fstab. */
async function stageWith(
  objectStorage: object,
  fstab: readonly string[],
  more: Partial<LabOptions> = {},
): Promise<Stage> {
  stage = await setStage({ installation: { objectStorage, approvals: waived }, ...more });
  const root = machineOf(stage, sourceId).root;
  const config = { storage_backend: 'storage_backend_fileserver' };
  await control(stage.lab, `/machines/${sourceId}/set`, { config });
  writeFileSync(join(root, 'etc/fstab'), fstab.map((line) => `${line}\n`).join(''));
  return stage;
}

/** Makes the export, with an artifact in it; gives its folder. */
async function share(on: Stage, name = source, reachable = true): Promise<string> {
  const { folder } = (await control(on.lab, '/exports', { source: name, reachable })) as {
    folder: string;
  };
  return folder;
}

/** What a person does on the live machine. */
async function onSource(on: Stage, ...commands: readonly string[]): Promise<void> {
  const { privateAddress } = machineOf(on, sourceId);
  const key = (name: string): Buffer => readFileSync(join(on.dir, name));
  const open = (options: object): Promise<Client> =>
    new Promise((resolve, reject) => {
      const client = new Client();
      client.once('ready', () => resolve(client)).once('error', reject);
      client.connect(options);
    });
  const bastion = await open({
    host: '127.0.0.1',
    port: on.lab.bastionPort,
    username: 'ops',
    privateKey: key('bastion_ed25519'),
  });
  const sock = await new Promise((resolve, reject) => {
    bastion.forwardOut('127.0.0.1', 0, privateAddress, 22, (error, channel) => {
      if (error) reject(error);
      else resolve(channel);
    });
  });
  const machine = await open({ sock, username: 'ubuntu', privateKey: key('services_ed25519') });
  for (const command of commands) {
    const [code, said] = await new Promise<[number, string]>((resolve, reject) => {
      machine.exec(`sudo -n bash -c '${command}'`, (error, channel) => {
        if (error) {
          reject(error);
          return;
        }
        let said = '';
        channel.on('data', (chunk: Buffer) => (said += chunk.toString()));
        channel.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
        channel.on('close', (status: number) => {
          resolve([status, said]);
        });
      });
    });
    if (code !== 0) throw new Error(`${command}: ${said}`);
  }
  machine.end();
  bastion.end();
}

const backUp = async (on: Stage): ReturnType<Run['report']> =>
  (await on.start('backup', prod)).report();

/** Whether the app of the restored machine was ever started. */
function wasStarted(on: Stage): boolean {
  const [id] = madeByRestores(on);
  return on.lab.journal
    .since(0)
    .some(
      (e) => e.machine === id && e.kind === 'command' && e.text.includes('replicatedctl app start'),
    );
}

const noteOf = (report: Awaited<ReturnType<Run['report']>>, title: string): string | undefined =>
  report.journal.findLast((entry) => entry.title === title)?.note;

const canSandbox = needs('restic', 'bwrap', '/usr/sbin/sshd') && whyNoSandbox() === undefined;
const describeReal = canSandbox ? describe : describe.skip;

describeReal('objects on NFS, with the real restic', () => {
  it('come back from restic when the export is empty, and only then the app starts', async () => {
    const restic = { repository: '/var/vault', passwordFile: '/root/restic-password' };
    const fstab = [`${source} ${path} nfs4 hard 0 0`, `${vault} /var/vault nfs4 hard 0 0`];
    const on = await stageWith({ ...nfs, restic }, fstab, { shell: 'real' });
    const folder = await share(on);
    await share(on, vault);
    await onSource(
      on,
      `mount ${path} && mkdir -p /var/vault && mount /var/vault`,
      'echo secret >/root/restic-password',
      'restic --repo /var/vault --password-file /root/restic-password init',
    );
    mkdirSync(join(folder, 'artifacts'));
    for (const name of ['one', 'two']) writeFileSync(join(folder, 'artifacts', name), name);

    const backup = await backUp(on);
    expect(linesOf(backup.journal)).toEqual(headingsOf('backup', 'objectStorage'));
    expect(backup.notes.join('\n')).not.toContain('does NOT hold artifacts');
    const tags = on.lab.region.state.images[backup.imageId ?? '']?.tags ?? {};
    const recorded = decodeObjects(tags);
    expect(recorded).toMatchObject({
      on: 'nfs',
      mount: { target: path, source, options: 'rw,hard', fstab: fstab[0] },
      marker: readFileSync(join(folder, '.circleci-server-runbook'), 'utf8').trim(),
      restic: { repository: '/var/vault', snapshot: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });

    await control(on.lab, `/machines/${sourceId}/lose`);
    // The file server comes back empty.
    for (const name of ['artifacts', '.circleci-server-runbook']) {
      rmSync(join(folder, name), { recursive: true });
    }
    const run = await on.start('restore', prod);
    const gate = await run.approveUntil('Approve restoring the objects');
    expect(gate.details).toContain(`**${recorded?.restic?.snapshot.slice(0, 8) ?? '?'}**`);
    expect(gate.details).toContain('**empty**');
    expect(wasStarted(on)).toBe(false);
    expect(existsSync(join(folder, 'artifacts'))).toBe(false);
    const report = await run.finish();
    restoredMachine(on);
    expect(readFileSync(join(folder, 'artifacts/two'), 'utf8')).toBe('two');
    expect(linesOf(report.journal)).toEqual(headingsOf('restore', 'objectStorage'));
  });
});

describe('objects on NFS', () => {
  it('that cannot be mounted keep the app from starting, until they can', async () => {
    const on = await stageWith(nfs, []);
    const folder = await share(on);
    writeFileSync(join(folder, 'one'), '1');
    await onSource(on, `mount -t nfs -o hard ${source} ${path}`);
    const backup = await backUp(on);
    expect(noteOf(backup, 'Back up the object storage')).toContain('NOT backed up');
    expect(backup.notes.join('\n')).toContain('does NOT hold artifacts');
    await control(on.lab, `/machines/${sourceId}/lose`);
    await share(on, source, false);

    const run = await on.start('restore', prod);
    const gate = await run.approveUntil('failed: Mount the object storage');
    expect(gate.details).toMatch(/\*\*ObjectsNotMounted\*\* .*Connection timed out/);
    expect(gate.answers).toEqual(['retry', 'abort']);
    expect(wasStarted(on)).toBe(false);
    await share(on);
    await run.answer('retry', gate);
    const report = await run.finish();
    // Replicated starts an app that should run by itself: by then they are there.
    const units = on.lab.journal
      .since(0)
      .flatMap((e) => (e.machine === report.instanceId && e.kind === 'unit' ? e.text : []));
    const begun = units.indexOf('replicated started');
    expect(units.slice(0, begun)).toContain(`${source} is mounted at ${path}`);
    expect(storyOf(report.journal).filter((line) => line.startsWith('2. '))).toEqual([
      '2. Stop the app — not needed',
    ]);
    const { state } = machineOf(on, report.instanceId) as unknown as {
      state: { volatile: { mounted: object[] } };
    };
    expect(state.volatile.mounted).toMatchObject([
      { target: path, source, options: expect.stringMatching(/^rw,hard,clientaddr=10\.0\.1\.57,/) },
    ]);
    expect(noteOf(report, 'Mount the object storage')).toContain('the one that was backed up');
    restoredMachine(on);
  });

  it('that are another export than the one that was backed up are refused', async () => {
    const on = await stageWith(nfs, [`${source} ${path} nfs4 hard 0 0`]);
    const folder = await share(on);
    writeFileSync(join(folder, 'one'), '1');
    await onSource(on, `mount ${path}`);
    await backUp(on);
    await control(on.lab, `/machines/${sourceId}/lose`);
    writeFileSync(join(folder, '.circleci-server-runbook'), 'staging 7\n');
    const run = await on.start('restore', prod);
    const strange = await run.approveUntil('failed: Mount the object storage');
    expect(strange.details).toMatch(/\*\*ObjectsNotTheSame\*\* .*"staging 7", not "prod /);

    // Emptied, and nothing to fill it from: refused as well.
    for (const name of ['one', '.circleci-server-runbook']) rmSync(join(folder, name));
    await run.answer('retry', strange);
    const empty = await run.approveUntil('failed: Mount the object storage');
    expect(empty.details).toContain('**ObjectsEmpty**');
    expect(wasStarted(on)).toBe(false);

    // A person who knows that they are lost goes on without them, on the same machine.
    await run.answer('abort', empty);
    await expect(run.handle.result()).rejects.toMatchObject({ cause: { type: 'Aborted' } });
    const [instance] = madeByRestores(on);
    const again = await on.start('restore', {
      ...prod,
      instance,
      acknowledge: ['object-storage'],
    });
    await again.finish();
    restoredMachine(on);
  });

  it('of which the configuration says otherwise than the machine are not backed up', async () => {
    const on = await stageWith(nfs, []);
    const run = await on.start('backup', prod);
    const gate = await run.gate('failed: Back up the object storage');
    expect(gate.details).toContain('**ObjectStorageDiffers**');
    expect(gate.details).toContain('no export is mounted there');
    await run.answer('skip', gate, 'NFS comes next week');
    expect((await run.report()).status).toBe('done');
  });

  it('are not backed up with a restic that is not there', async () => {
    const restic = { repository: '/var/vault', passwordFile: '/root/restic-password' };
    const on = await stageWith({ ...nfs, restic }, [`${source} ${path} nfs4 hard 0 0`]);
    await share(on);
    await onSource(on, `mount ${path}`);
    const run = await on.start('backup', prod);
    const gate = await run.gate('failed: Back up the object storage');
    expect(gate.details).toContain('restic is not installed');
    await run.answer('abort', gate);
    await expect(run.handle.result()).rejects.toMatchObject({ cause: { type: 'Aborted' } });
  });
});

describe('objects on a disk', () => {
  it('of their own are in the image, behind a symlink, and mounted there again', async () => {
    const fstab = ['/dev/nvme1n1 /data/objects ext4 defaults,nofail 0 2'];
    const on = await stageWith({ kind: 'disk', path }, fstab);
    const { root } = machineOf(on, sourceId);
    const attach = `/machines/${sourceId}/attach`;
    const { volumeId } = (await control(on.lab, attach, { device: '/dev/sdf', size: 500 })) as {
      volumeId: string;
    };
    rmSync(join(root, path), { recursive: true });
    symlinkSync('../objects', join(root, path));
    mkdirSync(join(root, 'data/objects'));
    await onSource(on, 'mount /data/objects', 'echo 1 >/data/objects/one');

    const backup = await backUp(on);
    const note = noteOf(backup, 'Back up the object storage');
    expect(note).toContain(`${path} (a symlink to /data/objects) is on /dev/nvme1n1`);
    const { more = [] } = on.lab.region.state.images[backup.imageId ?? ''] ?? {};
    expect(more).toMatchObject([{ device: '/dev/sdf', size: 500 }]);
    expect(note).toContain(`holds ${volumeId} (/dev/sdf) as ${more[0]?.snapshotId ?? '?'}`);

    await control(on.lab, `/machines/${sourceId}/lose`);
    const run = await on.start('restore', prod);
    await run.approveUntil('Change the DNS record');
    // Somebody unmounts it: the run mounts it again by /etc/fstab.
    const [id] = madeByRestores(on);
    const { state } = machineOf(on, id) as unknown as {
      state: { volatile: { mounted: object[] } };
    };
    expect(state.volatile.mounted).toMatchObject([{ target: '/data/objects' }]);
    state.volatile.mounted.length = 0;
    const report = await run.finish();
    expect(state.volatile.mounted).toMatchObject([
      { target: '/data/objects', source: '/dev/nvme1n1' },
    ]);
    expect(noteOf(report, 'Mount the object storage')).toContain('/dev/nvme1n1');
    restoredMachine(on);
  });

  it('that the image does not hold stop the backup', async () => {
    const on = await stageWith({ kind: 'disk', path }, []);
    const mounts = [`${path} /dev/xvdq ext4`];
    await control(on.lab, `/machines/${sourceId}/set`, { mounts });
    const run = await on.start('backup', prod);
    const gate = await run.gate('failed: Back up the object storage');
    expect(gate.details).toContain('**ObjectsNotInImage**');
    expect(gate.details).toContain('it has /dev/sda1');
    await run.answer('skip', gate, 'instance storage, known');
    await run.report();
  });
});

describe('objects in S3', () => {
  it('need nothing but their bucket and a profile that reaches it, and the plan says both', async () => {
    const bucket = { kind: 's3', bucket: 'acme-circleci-storage', region: 'us-east-1' };
    stage = await setStage({ installation: { objectStorage: bucket } });
    const backup = await backUp(stage);
    expect(noteOf(backup, 'Back up the object storage')).toContain('acme-circleci-storage');
    await control(stage.lab, `/machines/${sourceId}/lose`);
    const run = await stage.start('restore', prod);
    const gate = await run.gate('Approve the launch');
    expect(gate.details).toMatch(/S3 bucket acme-circleci-storage in us-east-1.*circleci-services/);
    const report = await run.finish();
    expect(noteOf(report, 'Mount the object storage')).toMatch(
      /acme-circleci-storage .*instance-profile\/circleci-services/,
    );
    expect(linesOf(report.journal)).toEqual(headingsOf('restore', 'objectStorage'));
  });
});
