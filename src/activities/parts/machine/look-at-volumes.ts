/** What the activities about the machine's volumes have in common: the look at them. */
import type { Machine } from '../../../contract/plan';
import { appFolders, usualDockerRoot } from '../../../machine/volumes/folders';
import * as commands from '../../../machine/volumes/commands';
import {
  deviceOf,
  isLasting,
  parseDisks,
  parseFileSystems,
  parseFolders,
  parseFstab,
  parseMountPairs,
  type VolumesSeen,
} from '../../../machine/volumes/look';
import { volumesToRecord, type RecordedVolumes } from '../../../machine/volumes/record';
import { underMount } from '../../../machine/volumes/under';
import type { World } from '../../../world';
import type { Remote } from '../../frame/on-machine';
import { unreadable } from '../../frame/unreadable';

/** Reads mounts, block devices, /etc/fstab and the app's folders. */
export async function lookAtVolumes(
  remote: Remote,
  recorded?: RecordedVolumes,
): Promise<VolumesSeen> {
  const stdout = await remote.read(commands.readMountTable);
  const mounts = parseMountPairs(stdout);
  if (mounts.length === 0) throw unreadable('`findmnt`', { exitCode: 0, stdout, stderr: '' });
  const fileSystems = parseFileSystems((await remote.run(commands.readFileSystems)).stdout);
  const fstab = parseFstab(await remote.read(commands.readFstab));
  const root = (await remote.run(commands.readDockerRoot)).stdout.trim();
  const usual = appFolders(root.startsWith('/') ? root : usualDockerRoot);
  // While docker does not answer, the record still knows where it was.
  const more = (recorded?.folders ?? [])
    .filter(({ path }) => usual.every((folder) => folder.path !== path))
    .map(({ path }) => ({ path, kind: 'docker', signs: [] }) as const);
  const folders = parseFolders(await remote.read(commands.readFolders([...usual, ...more])));
  return { mounts, fileSystems, fstab, folders };
}

/** The volumes as a backup records them, with the devices that EC2 knows them by. */
export async function volumesOf(
  world: World,
  remote: Remote,
  machine: Machine,
): Promise<RecordedVolumes> {
  const seen = await lookAtVolumes(remote);
  const sources = seen.mounts.filter(isLasting).map(({ source }) => deviceOf(source));
  const disks = parseDisks(await remote.read(commands.readDisks([...new Set(sources)])));
  const { region } = world.installation(machine.installation, machine.region);
  const [instance] = await world.ec2(region).instances({ ids: [machine.instanceId] });
  return volumesToRecord(seen, (mount) => underMount(mount, disks, instance?.volumes ?? []));
}
