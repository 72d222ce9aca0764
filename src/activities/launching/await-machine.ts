/**
 * Waits until the new machine lets us in, and reads what it is.
 *
 * Looks at: SSH login, its addresses in EC2 and on itself, its distribution, its address files, and
 * whether it is sealed and silent.
 * Changes: tags the instance with its confirmed host key, so that later runs know it.
 * Safe to repeat because: the tag is the same each time.
 * Fails with: MachineUnreachable, SshLoginRefused, LoginGetsNowhere, SudoRefused, HostKeyUnknown,
 * HostKeyBySha1, NotAServicesMachine, AnswerUnreadable.
 */
import { ApplicationFailure } from '@temporalio/common';
import { refuse, tryAgain } from '../../contract/failures';
import type { Machine, OldAddresses } from '../../contract/plan';
import {
  allPaths,
  lookForAddressFiles,
  parseAddressFiles,
} from '../../machine/addresses/address-files';
import { addressesIn, hostOfEndpoint } from '../../machine/addresses/addresses';
import { readNomadMark, readOperatorEndpoint, readOsRelease } from '../../machine/shell/commands';
import { valueOf } from '../../machine/dialects/item';
import { lookForTraces, parseTraces, type Trace } from '../../machine/addresses/old-traces';
import { parseOsRelease } from '../../machine/platform/os-release';
import { tagNames } from '../../machine/backups/tags';
import type { World } from '../../world';
import { readAddressFile } from '../parts/machine/address-file';
import type { Outcome, Say } from '../frame/attempt';
import { dialectOf } from '../parts/machine/dialect';
import { onBootingMachine, type Remote } from '../frame/on-machine';
import { addressesOn, ownHosts } from '../parts/machine/own-addresses';
import { readSounds } from '../parts/app/quarantine';
import { refuseStoppedBoot } from '../parts/machine/stopped-boot';
import { isFinal, until } from '../frame/until';

export interface AwaitedMachine extends Outcome {
  readonly machine: Machine;
  /** What the machine's own files carry; the old addresses of an image made by hand. */
  readonly carries: Partial<OldAddresses>;
  /** What else tells the old address, where the files name this machine already. */
  readonly traced?: Trace | undefined;
  /** The app's hostname as configured; empty while Replicated does not answer. */
  readonly hostname: string;
  /** Whether instructions 4 and 5 and the restart of Replicated are done on this very machine. */
  readonly isReadied: boolean;
  /** Whether Replicated's units are kept from starting. */
  readonly isSealed: boolean;
}

export const awaitMachine =
  (world: World) =>
  async ({ machine }: { readonly machine: Machine }, say: Say): Promise<AwaitedMachine> => {
    const { limits, region } = world.installation(machine.installation, machine.region);
    // Read again: an Elastic IP replaces the public address that the launch showed.
    const [instance] = await world.ec2(region).instances({ ids: [machine.instanceId] });
    const current: Machine = {
      ...machine,
      privateAddress: instance?.privateAddress ?? machine.privateAddress,
      publicAddress: instance?.publicAddress,
    };
    const waiting = patienceWith(limits.ssh);
    const [docker, units] = [patienceWithStarts(limits.ssh), patienceWithStarts(limits.ssh)];
    let unstarted: Facts | undefined;
    const wait = { limitSeconds: limits.ssh, pollSeconds: limits.poll };
    const answer = await until(wait, async () => {
      try {
        const read = await onBootingMachine(world, current, (remote) => readFacts(remote, current));
        if (read.isDockerStarting && docker.isAwaited()) {
          say('Docker is on its way up');
          return undefined;
        }
        // It may be booting; or a run ended between the opening of the seal and the start, and nothing
        // will start the units by itself.
        if (!read.isUnstarted || !units.isAwaited()) return read;
        unstarted = read;
        say('its units were let start, and do not run yet');
        return undefined;
      } catch (error) {
        waiting.takes(error);
        say(messageOf(error));
        return undefined;
      }
    });
    const facts = answer ?? unstarted;
    if (facts === undefined) {
      await refuseStoppedBoot(world.ec2(region), machine.instanceId);
      throw waiting.failure(current);
    }
    await tagHostKey(world, current);
    return {
      note: `${facts.name}, private ${current.privateAddress}, public ${current.publicAddress ?? 'none'}`,
      machine: current,
      carries: facts.carries,
      traced: facts.traced,
      hostname: facts.hostname,
      isReadied: facts.isReadied,
      isSealed: facts.isSealed,
    };
  };

/**
 * What a machine that boots may still mend by itself: anything that is worth another try, but a
 * login that is refused only for a while. cloud-init writes the keys soon after sshd is up, and a
 * wrong user stays wrong.
 */
function patienceWith(limitSeconds: number) {
  let last: unknown;
  let refusedSince: number | undefined;
  let strangeSince: number | undefined;
  const failure = ({ instanceId }: Machine): ApplicationFailure => {
    const type = last instanceof ApplicationFailure ? last.type : undefined;
    return refuse(
      failureTypes.find((one) => one === type) ?? 'MachineUnreachable',
      `${instanceId} did not let us in within ${String(limitSeconds)} s. Check its ` +
        `authorized_keys and security groups, then retry. Last seen: ${
          last === undefined ? 'no answer yet' : messageOf(last)
        }`,
    );
  };
  return {
    failure,
    takes(error: unknown): void {
      const isStrange = error instanceof ApplicationFailure && error.type === 'AnswerUnreadable';
      if (isFinal(error) && !isStrange) throw error;
      last = error;
      // What is still starting may say anything for a moment; what it says after that, it means.
      strangeSince = isStrange ? (strangeSince ?? performance.now()) : undefined;
      const strangeFor = (performance.now() - (strangeSince ?? Infinity)) / 1000;
      if (isStrange && strangeFor > Math.min(60, limitSeconds / 3)) throw error;
      const isRefused = error instanceof ApplicationFailure && error.type === 'SshLoginRefused';
      refusedSince = isRefused ? (refusedSince ?? performance.now()) : undefined;
      if (refusedSince === undefined) return;
      const seconds = (performance.now() - refusedSince) / 1000;
      if (seconds > limitSeconds / 3) throw refuse('SshLoginRefused', messageOf(error));
    },
  };
}

/** What was not up so long after the boot does not come by itself: waiting for it would only hide that. */
function patienceWithStarts(limitSeconds: number) {
  let since: number | undefined;
  return {
    isAwaited(): boolean {
      since ??= performance.now();
      return (performance.now() - since) / 1000 < Math.min(90, limitSeconds / 3);
    },
  };
}

const failureTypes = [
  'SshLoginRefused',
  'LoginGetsNowhere',
  'SudoRefused',
  'ReplicatedNotReady',
  'DockerNotReady',
  'AnswerUnreadable',
  'ConnectionLost',
  'CommandFailed',
] as const;

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function tagHostKey(world: World, machine: Machine): Promise<void> {
  const [hostKey] = machine.hostKeys;
  const { region } = world.installation(machine.installation, machine.region);
  if (hostKey) await world.ec2(region).tag([machine.instanceId], { [tagNames.hostKey]: hostKey });
}

/** What is read of the machine; `isUnstarted`: past instruction 5, and nothing of it runs. */
type Facts = Awaited<ReturnType<typeof readFacts>>;

async function readFacts(remote: Remote, machine: Machine) {
  const own = await addressesOn(remote);
  if (!own.includes(machine.privateAddress)) {
    // The last line of defence against acting on another machine than the one launched.
    throw refuse(
      'NotAServicesMachine',
      `The machine that answers at ${machine.privateAddress} has the addresses ${own.join(', ')}. ` +
        'Find out which machine that is before you retry.',
    );
  }
  const { distribution, name } = parseOsRelease(await remote.read(readOsRelease));
  if (distribution === undefined) {
    throw refuse(
      'NotAServicesMachine',
      `${machine.instanceId} runs "${name}"; a Services machine runs Debian, Ubuntu, RHEL, CentOS or Amazon Linux. ` +
        'Choose another image.',
    );
  }
  const carries = await readCarried(remote);
  const { readItem, readLocalAddress, name: dialect, title } = await dialectOf(remote);
  const hostname = valueOf((await remote.run(readItem('hostname'))).stdout) ?? '';
  const daemon = valueOf((await remote.run(readLocalAddress)).stdout) ?? '';
  const { seal, isStill, isDockerStarting } = await readSounds(remote, machine);
  const isSealed = seal === 'sealed';
  const mark = await remote.read(readNomadMark(machine.instanceId));
  const mayBeReadied =
    !isSealed && mark === 'removed' && carries.private === machine.privateAddress;
  const isUnstarted = mayBeReadied && isStill;
  if (mayBeReadied && !isStill && (daemon === '' || hostname === '')) {
    // Silence is no answer: a restored machine must not be taken for one that needs everything.
    throw tryAgain(
      'ReplicatedNotReady',
      `Replicated on ${machine.instanceId} does not answer, though instructions 4 and 5 are done ` +
        'there. Look at `docker ps` on it, then retry.',
    );
  }
  const dialled = hostOfEndpoint((await remote.run(readOperatorEndpoint)).stdout.trim());
  const isOwn = await ownHosts(remote, machine, [daemon, dialled]);
  const isReadied = mayBeReadied && isOwn(daemon) && isOwn(dialled);
  const traced = await traceOld(remote, carries, [...own, machine.privateAddress]);
  const speaks = dialect === 'status' ? '' : `, Replicated by ${title}`;
  return {
    name: `${name}${speaks}`,
    carries,
    hostname,
    isReadied,
    isSealed,
    isUnstarted,
    isDockerStarting,
    traced,
  };
}

/** What the address files say; the last word is that of the files that Replicated reads. */
async function readCarried(remote: Remote): Promise<Partial<OldAddresses>> {
  const found = parseAddressFiles(await remote.read(lookForAddressFiles));
  const unread = allPaths(found).filter((path) => !found.read.includes(path));
  const texts: string[] = [];
  for (const path of [...unread, ...found.read]) {
    texts.push((await readAddressFile(remote, path))?.content ?? '');
  }
  return addressesIn(texts.join('\n'));
}

/** Files that name this very machine tell nothing: a boot script may have written them anew. */
async function traceOld(
  remote: Remote,
  carries: Partial<OldAddresses>,
  own: readonly string[],
): Promise<Trace | undefined> {
  if (carries.private === undefined || !own.includes(carries.private)) return undefined;
  return parseTraces((await remote.run(lookForTraces)).stdout, own);
}
