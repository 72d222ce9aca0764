/**
 * 4. Update any references to the backed-up instance's public and private IP addresses in
 * /etc/default/replicated and /etc/default/replicated-operator on Debian/Ubuntu or
 * /etc/sysconfig/* in RHEL/CentOS to the new IP addresses.
 *
 * Looks at: both files, and other files under /etc that mention an old address. Changes: tags the
 * machine with the old addresses, then the
 * addresses in the two files, each in one rename; the originals stay beside a backup copy.
 * Safe to repeat because: a file with the new addresses is left alone.
 * Fails with: AddressNotFound, FileChangedMeanwhile, CommandFailed.
 */
import { createHash } from 'node:crypto';
import { refuse, tryAgain } from '../contract/failures';
import type { Machine, OldAddresses } from '../contract/plan';
import {
  addressesIn,
  configFiles,
  rewriteAddresses,
  type Replacements,
} from '../machine/addresses';
import { findMentions, replaceFile, stateFolder } from '../machine/commands';
import type { Distribution } from '../machine/os-release';
import { tagNames } from '../machine/tags';
import type { World } from '../world';
import { readAddressFile, type AddressFile } from './address-file';
import type { Outcome } from './attempt';
import { commandFailed, onMachine, type Remote } from './on-machine';

export interface AddressesInput {
  readonly machine: Machine;
  readonly distribution: Distribution;
  readonly old: OldAddresses;
}

export interface AddressesUpdated extends Outcome {
  /** Old addresses that stand elsewhere: reported, never touched. */
  readonly mentions: readonly string[];
}

export const updateIpAddresses =
  (world: World) =>
  ({ machine, distribution, old }: AddressesInput): Promise<AddressesUpdated> =>
    onMachine(world, machine, async (remote) => {
      // Remembered before the first change: afterwards the files do not tell any more.
      await tagOldAddresses(world, machine, old);
      const replacements: Replacements = {
        private: { old: old.private, new: machine.privateAddress },
        ...(old.public ? { public: { old: old.public, new: machine.publicAddress } } : {}),
      };
      const lines: string[] = [];
      const leftover: string[] = [];
      let changed = false;
      for (const path of configFiles(distribution)) {
        const file = await readAddressFile(remote, path);
        if (file === undefined) throw absent(machine, path);
        const rewrite = rewriteAddresses(file.content, replacements);
        if (rewrite.found === 'none') throw notFound(path, old, machine);
        leftover.push(...rewrite.leftover.map((address) => `${path} still has ${address}`));
        leftover.push(...foreignIn(rewrite.content, { path, machine, old }));
        const wrote = await write(remote, { machine, file, content: rewrite.content });
        changed ||= wrote;
        lines.push(`${path} ${wrote ? `${String(rewrite.replaced)} replaced` : 'has them'}`);
      }
      return {
        note: lines.join(', '),
        notNeeded: !changed,
        mentions: [...leftover, ...(await mentions(remote, { machine, old, distribution }))],
      };
    });

/** Assignments with an address that is neither an old nor a new one: a person must decide. */
function foreignIn(
  content: string,
  { path, machine, old }: Pick<AddressesInput, 'machine' | 'old'> & { readonly path: string },
): string[] {
  const known = [machine.privateAddress, machine.publicAddress, old.private, old.public];
  return Object.entries(addressesIn(content))
    .filter(([, address]) => !known.includes(address))
    .map(
      ([kind, address]) =>
        `${path} gives ${address} as its ${kind} address, which is neither the old nor the new ` +
        'one: correct it by hand and restart Replicated.',
    );
}

async function tagOldAddresses(world: World, machine: Machine, old: OldAddresses): Promise<void> {
  const { region } = world.installation(machine.installation, machine.region);
  const replaces = [old.private, old.public].filter(Boolean).join(' ');
  await world.ec2(region).tag([machine.instanceId], { [tagNames.replaces]: replaces });
}

interface Write {
  readonly machine: Machine;
  readonly file: AddressFile;
  readonly content: string;
}

async function write(remote: Remote, { machine, file, content }: Write): Promise<boolean> {
  const wanted = createHash('sha256').update(content, 'latin1').digest('hex');
  if (wanted === file.sha256) return false;
  const command = replaceFile({
    path: file.path,
    expected: file.sha256,
    wanted,
    // By instance: an image carries the copies of the machine that it was made of.
    keepAs: `${stateFolder(machine.instanceId)}${file.path}`,
    content,
  });
  const result = await remote.run(command);
  if (result.exitCode === 66) {
    throw tryAgain(
      'FileChangedMeanwhile',
      `Somebody changed ${file.path} on ${machine.instanceId} while it was being rewritten. ` +
        'Find out who, then retry: the file is read afresh.',
    );
  }
  if (result.exitCode !== 0) throw commandFailed(machine, command, result);
  return true;
}

async function mentions(
  remote: Remote,
  { machine, old, distribution }: Pick<AddressesInput, 'machine' | 'old' | 'distribution'>,
): Promise<string[]> {
  const gone = [old.private, old.public].filter(
    (address): address is string =>
      address !== undefined &&
      address !== machine.privateAddress &&
      address !== machine.publicAddress,
  );
  if (gone.length === 0) return [];
  const { stdout } = await remote.run(findMentions(gone));
  const own: readonly string[] = configFiles(distribution);
  return stdout
    .split('\n')
    .filter((path) => path !== '' && !own.includes(path))
    .map((path) => `${path} mentions ${gone.join(' or ')}`);
}

function absent(machine: Machine, path: string): ReturnType<typeof refuse> {
  return refuse(
    'AddressNotFound',
    `${path} is no file on ${machine.instanceId}. Put it back (the installer writes it), then retry.`,
  );
}

function notFound(path: string, old: OldAddresses, machine: Machine): ReturnType<typeof refuse> {
  return refuse(
    'AddressNotFound',
    `${path} has neither the old address ${old.private} nor the new ${machine.privateAddress}. ` +
      'Look which machine it belongs to; start again with "replaces":{"private":"…"} or edit it.',
  );
}
