/**
 * Whether a machine is in quarantine: closed off by its security groups, and silent, because its
 * units are kept from starting and nothing runs.
 */
import { refuse } from '../../../contract/failures';
import type { Machine } from '../../../contract/plan';
import type { World } from '../../../world';
import { listNames, namesOf } from '../../../machine/docker/containers';
import { parseLook } from '../../../machine/docker/docker-look';
import { reachBeyond } from '../../../machine/launch/egress';
import { parseMounts } from '../../../machine/storage/mounts';
import { lookForSounds, readSeal } from '../../../machine/app/seal';
import { strangeContainers } from './app';
import { mountTable } from '../machine/mount-table';
import type { Remote } from '../../frame/on-machine';
import { unreadable } from '../../frame/unreadable';

export interface Silence {
  /** Nothing of Replicated runs, nor will by itself. */
  readonly isStill: boolean;
  /** `open`: nothing keeps its units from starting. */
  readonly seal: 'sealed' | 'in service' | 'open';
  /** Whether the daemon runs, which alone can stop the app. */
  readonly daemonRuns: boolean;
  /** Docker is on its way up: what it starts by itself cannot be seen yet. */
  readonly isDockerStarting: boolean;
  readonly seen: string;
}

/** Reads the seal, the units and the containers; one of somebody else is named, and no sound. */
export async function readSounds(remote: Remote, { instanceId }: Machine): Promise<Silence> {
  const says = await remote.read(readSeal(instanceId));
  const seal = says === 'sealed' || says === 'in service' ? says : 'open';
  const printed = await remote.read(lookForSounds);
  const { containers, leftBehind, silence, isStarting, unread } = parseLook(printed);
  const strange = printed.split('\n').filter((line) => line.startsWith('unreadable '));
  if (strange.length > 0) throw strangeUnits(strange);
  if (unread.length > 0) throw strangeContainers(unread);
  const foreign = namesOf(containers, 'foreign');
  const running = [
    ...printed.split('\n').filter((line) => line.startsWith('unit ')),
    ...containers.filter(({ owner }) => owner !== 'foreign').map(({ name }) => `container ${name}`),
    ...leftBehind.map((id) => `processes of container ${id}`),
  ];
  const runs =
    running.length === 0 ? 'no unit and no container of the app runs' : listNames(running);
  // What else the image starts is not Replicated's to seal: on a copy it does what it does on the
  // live machine, as far as the security group lets it. People are told, and decide.
  const others = foreign.length === 0 ? '' : `; foreign containers run: ${listNames(foreign)}`;
  const isStill = seal !== 'open' && running.length === 0;
  const daemonRuns = running.includes('unit replicated');
  const docker = silence === undefined ? '' : `; Docker does not answer (${silence})`;
  const seen = `${sealedAs[seal]}; ${runs}${others}${docker}`;
  return { isStill, seal, daemonRuns, isDockerStarting: isStarting, seen };
}

/** A unit whose state nobody can read may run. */
function strangeUnits(lines: readonly string[]): ReturnType<typeof unreadable> {
  const said = lines.map((line) => line.slice('unreadable '.length)).join('; ');
  return unreadable("The state of Replicated's units", { exitCode: 0, stdout: said, stderr: '' });
}

const sealedAs = {
  sealed: 'its units are kept from starting',
  // By nothing but an order: a restore ended between the mark and the start.
  'in service': 'its units were let start and have not been started',
  open: 'its units may start',
} as const;

/** Refuses unless the machine is in exactly these security groups. */
export async function requireClosedOff(
  world: World,
  { installation, region: place, instanceId }: Machine,
  groups: readonly string[],
): Promise<string> {
  const { region } = world.installation(installation, place);
  const [instance] = await world.ec2(region).instances({ ids: [instanceId] });
  const seen = instance?.securityGroupIds ?? [];
  const isClosedOff =
    seen.length === groups.length && groups.every((group) => seen.includes(group));
  if (isClosedOff) return `its security group is ${seen.join(', ')}`;
  throw refuse(
    'QuarantineBroken',
    `${instanceId} must be in ${groups.join(', ')} and in no other security group, but is in ` +
      `${seen.join(', ') || 'none'}. Find out who changed that, then start again.`,
  );
}

/** Refuses behind a group that lets packets out beyond what the configuration names: the app is to start. */
export async function requireShut(
  world: World,
  { installation, region: place }: Machine,
  groups: readonly string[],
): Promise<void> {
  const { region, drill } = world.installation(installation, place);
  const found = await world.ec2(region).securityGroups(groups);
  const open = found.flatMap(({ id, egress }) =>
    reachBeyond(egress, drill?.mayReach).map((to) => `${id} to ${to}`),
  );
  if (open.length === 0) return;
  throw refuse(
    'QuarantineBroken',
    `Packets are let out by ${open.join(', ')}: the app of a copy could reach GitHub or the live machine. ` +
      'Take these outbound rules away, or name the networks in drill.mayReach of runbook.yaml (another ' +
      'group or a prefix list cannot be named), then start again.',
  );
}

/** Refuses while a file system of another host is mounted: the live machine works on it. */
export async function requireUnshared(remote: Remote, { instanceId }: Machine): Promise<void> {
  const mounts = parseMounts(await mountTable(remote));
  const shared = mounts.find(({ fstype }) => /^(nfs|efs)/.test(fstype));
  if (shared === undefined) return;
  throw refuse(
    'QuarantineBroken',
    `${instanceId} has mounted ${shared.source} at ${shared.target}: its app would work on the files ` +
      'of the live machine. Let the quarantine security group reach no NFS server, then start again.',
  );
}
