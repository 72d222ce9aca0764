/** What people have put onto the live machine before anything is backed up. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { modelOf } from '../../src/lab/appliance/model';
import type { Machine } from '../../src/lab/machine/machine';
import { mountOn } from '../../src/lab/machine/mounts';
import { seeded } from '../../src/lab/region/seed';
import { control } from '../stories/stage';
import type { ZombieStage } from './stage';

const id = seeded.servicesMachine;
export const objectsPath = '/data/circle/storage-fileserver';
export const objectsSource = 'files.example.com:/objects';

function liveMachine({ lab }: ZombieStage): Machine {
  const machine = lab.region.machines.get(id);
  if (machine === undefined) throw new Error('the live machine is gone');
  return modelOf(machine);
}

export async function loseIt({ lab }: ZombieStage): Promise<void> {
  await control(lab, `/machines/${id}/lose`);
}

function write(stage: ZombieStage, files: Readonly<Record<string, string>>): void {
  const { root } = liveMachine(stage);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

/** The data on a volume of its own, which another type names otherwise; files with old addresses. */
export async function withVolumeAndFiles(stage: ZombieStage): Promise<void> {
  const { lab } = stage;
  const instance = lab.region.state.instances[id];
  if (instance) instance.instanceType = 'm4.2xlarge';
  const disk = { device: '/dev/sdf', size: 200, label: 'circle', holds: '/data/circle' };
  await control(lab, `/machines/${id}/attach`, disk);
  const logging = { 'log-driver': 'fluentd', 'log-opts': { 'fluentd-address': '10.0.1.5:24224' } };
  write(stage, {
    'etc/fstab': '/dev/xvdf /data/circle ext4 defaults,noatime,nofail 0 2\n',
    'etc/rsyslog.d/60-drain.conf': '*.* @@10.0.1.5:514\n',
    'etc/docker/daemon.json': `${JSON.stringify(logging, undefined, 2)}\n`,
  });
  const mount = { source: '/dev/xvdf', target: '/data/circle', options: 'noatime' };
  expect(mountOn(liveMachine(stage), mount)).toBeUndefined();
}

const vaultSource = 'vault.example.com:/restic';
/** Where restic keeps what it stores, on another export that each machine mounts at boot. */
export const restic = { repository: '/var/vault', passwordFile: '/root/restic-password' };

/** The objects on an export that nothing mounts at boot; gives its folder. */
export async function withExport(stage: ZombieStage): Promise<string> {
  const [folder] = await Promise.all(
    [objectsSource, vaultSource].map(async (source) => {
      const made = await control(stage.lab, '/exports', { source, reachable: true });
      return (made as { folder: string }).folder;
    }),
  );
  const config = { storage_backend: 'storage_backend_fileserver' };
  await control(stage.lab, `/machines/${id}/set`, { config });
  write(stage, {
    'etc/fstab': `${vaultSource} ${restic.repository} nfs4 hard 0 0\n`,
    [restic.passwordFile]: 'secret\n',
    [`${restic.repository}/.here`]: '',
  });
  const machine = liveMachine(stage);
  const mounts = [
    { source: objectsSource, target: objectsPath, options: 'hard' },
    { source: vaultSource, target: restic.repository, options: 'hard' },
  ];
  for (const mount of mounts) expect(mountOn(machine, mount)).toBeUndefined();
  writeFileSync(join(folder ?? '', 'one'), '1');
  return folder ?? '';
}

/** restic's repository, once by hand. */
export async function initRestic(stage: ZombieStage): Promise<void> {
  const { repository, passwordFile } = restic;
  const machine = liveMachine(stage);
  const command = `restic --repo ${repository} --password-file ${passwordFile} init`;
  expect(await machine.surroundings.runScript(machine, command)).toMatchObject({ exitCode: 0 });
}
