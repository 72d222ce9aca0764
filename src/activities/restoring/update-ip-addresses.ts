/**
 * 4. Update any references to the backed-up instance's public and private IP addresses in
 * /etc/default/replicated and /etc/default/replicated-operator on Debian/Ubuntu or
 * /etc/sysconfig/* in RHEL/CentOS to the new IP addresses.
 *
 * Looks at: both files, in each folder that has them, and what Replicated's units read. Changes:
 * tags the machine with the old addresses, then the addresses in the files, each in one rename; the
 * originals stay beside a backup copy.
 * Safe to repeat because: a file with the new addresses is left alone.
 * Fails with: AddressNotFound, AddressForeign, FileChangedMeanwhile, CommandFailed.
 */
import { refuse } from '../../contract/failures';
import type { Machine, OldAddresses } from '../../contract/plan';
import {
  allPaths,
  lookForAddressFiles,
  parseAddressFiles,
  type AddressFiles,
} from '../../machine/addresses/address-files';
import {
  givenAddresses,
  isVital,
  useOf,
  type GivenAddress,
} from '../../machine/addresses/address-keys';
import {
  rewriteAddresses,
  type Replacements,
  type Rewrite,
} from '../../machine/addresses/addresses';
import { tagNames } from '../../machine/backups/tags';
import type { World } from '../../world';
import { readAddressFile, replacementsOf, type AddressFile } from '../parts/machine/address-file';
import type { Outcome } from '../frame/attempt';
import { onMachine, type Remote } from '../frame/on-machine';
import { ownHosts, type IsOwn } from '../parts/machine/own-addresses';
import { writeFile } from '../parts/machine/write-file';

export interface AddressesInput {
  readonly machine: Machine;
  readonly old: OldAddresses;
}

export interface AddressesUpdated extends Outcome {
  /** What stays in the files and may be wrong. */
  readonly mentions: readonly string[];
}

/** A file with what it is to become. */
interface Planned {
  readonly file: AddressFile;
  readonly rewrite: Rewrite;
  /** Whether Replicated reads it when it starts. */
  readonly isRead: boolean;
}

export const updateIpAddresses =
  (world: World) =>
  ({ machine, old }: AddressesInput): Promise<AddressesUpdated> =>
    onMachine(world, machine, async (remote) => {
      // Remembered before the first change: afterwards the files do not tell any more.
      await tagOldAddresses(world, machine, old);
      const found = parseAddressFiles(await remote.read(lookForAddressFiles));
      requireFiles(machine, found);
      const planned = await planAll(remote, found, replacementsOf(machine, old));
      const strange = await foreignIn(remote, planned, { machine, old });
      requireRight(planned, strange, { machine, old });

      const lines: string[] = [];
      let changed = false;
      for (const { file, rewrite } of planned) {
        const wrote = await writeFile(remote, { machine, file, content: rewrite.content });
        changed ||= wrote;
        lines.push(`${file.path} ${wrote ? `${String(rewrite.replaced)} replaced` : 'has them'}`);
      }
      const mentions = [...leftIn(planned), ...strange.map((one) => tellOf(one))];
      return {
        note: [lines.join(', '), ...mentions].join('. '),
        notNeeded: !changed,
        mentions,
      };
    });

async function tagOldAddresses(world: World, machine: Machine, old: OldAddresses): Promise<void> {
  const { region } = world.installation(machine.installation, machine.region);
  const replaces = [old.private, old.public].filter(Boolean).join(' ');
  await world.ec2(region).tag([machine.instanceId], { [tagNames.replaces]: replaces });
}

async function planAll(
  remote: Remote,
  found: AddressFiles,
  replacements: Replacements,
): Promise<Planned[]> {
  const planned: Planned[] = [];
  for (const path of allPaths(found)) {
    const file = await readAddressFile(remote, path);
    // Gone since it was found: the next attempt looks anew.
    if (file === undefined) continue;
    const rewrite = rewriteAddresses(file.content, replacements);
    planned.push({ file, rewrite, isRead: found.read.includes(path) });
  }
  return planned;
}

/** An address in a key of Replicated that is neither an old one nor this machine's. */
interface Strange extends Planned {
  readonly given: GivenAddress;
}

async function foreignIn(
  remote: Remote,
  planned: readonly Planned[],
  { machine, old }: AddressesInput,
): Promise<Strange[]> {
  const all = planned.flatMap((one) =>
    givenAddresses(one.rewrite.content).map((given) => ({ ...one, given })),
  );
  const isOwn = await ownHosts(
    remote,
    machine,
    all.map(({ given }) => given.host),
  );
  const isKnown: IsOwn = (host) => isOwn(host) || host === old.private || host === old.public;
  return all.filter(({ given }) => !isKnown(given.host));
}

function requireRight(
  planned: readonly Planned[],
  strange: readonly Strange[],
  { machine, old }: AddressesInput,
): void {
  for (const { file, rewrite, isRead } of planned) {
    const given = givenAddresses(rewrite.content);
    const isOwn = given.length > 0 && !strange.some((one) => one.file === file);
    if (isRead && rewrite.found === 'none' && !isOwn) throw notFound(file.path, old, machine);
  }
  const fatal = strange.filter(({ isRead, given }) => isRead && isVital(given));
  if (fatal.length > 0) throw foreign(fatal, machine, old);
}

function leftIn(planned: readonly Planned[]): string[] {
  return planned.flatMap(({ file: { path }, rewrite, isRead }) => [
    ...rewrite.leftover.map((address) => `${path} still has ${address}`),
    ...(rewrite.found === 'none' && !isRead
      ? [`${path} has neither the old nor the new address; Replicated's units read another file`]
      : []),
  ]);
}

function tellOf({ file, given, isRead }: Strange): string {
  const unread = isRead ? '' : ' (Replicated does not read this file)';
  return (
    `${file.path}:${String(given.line)} gives ${given.host} as ${given.key}, which is neither an ` +
    `old nor a new address: ${useOf(given)}${unread}. Correct it by hand and restart Replicated`
  );
}

function requireFiles(machine: Machine, found: AddressFiles): void {
  const readers = [
    ['replicated', found.daemon],
    ['replicated-operator', found.operator],
  ] as const;
  const [gone] = readers.filter(([, paths]) => paths.length === 0);
  if (gone === undefined && found.missing.length === 0) return;
  const needed = found.missing.map(({ path, unit }) => `the unit ${unit} reads ${path}`);
  const why = needed.length > 0 ? needed.join(', ') : `no address file of ${gone?.[0] ?? ''}`;
  throw refuse(
    'AddressNotFound',
    `An address file is missing on ${machine.instanceId}: ${why}. Looked where the installer puts ` +
      `them: ${found.looked}. Put it back (the installer writes it), then retry.`,
  );
}

function notFound(path: string, old: OldAddresses, machine: Machine): ReturnType<typeof refuse> {
  return refuse(
    'AddressNotFound',
    `${path} has neither the old address ${old.private} nor the new ${machine.privateAddress}. ` +
      'Look which machine it belongs to; start again with "replaces":{"private":"…"} or edit it.',
  );
}

function foreign(
  strange: readonly Strange[],
  { instanceId, privateAddress }: Machine,
  old: OldAddresses,
): ReturnType<typeof refuse> {
  const told = strange.map(
    ({ file, given }) =>
      `${file.path}:${String(given.line)} gives ${given.host} as ${given.key} (${useOf(given)})`,
  );
  return refuse(
    'AddressForeign',
    `On ${instanceId} ${told.join('; ')}. That is neither the old machine (${old.private}) nor this ` +
      `one (${privateAddress}), nor docker's bridge or the loopback, so Replicated would not come ` +
      `up. Nothing was changed yet. Put ${privateAddress} there by hand, with the port that stands ` +
      'there (for a name: make it resolve to this machine), then retry.',
  );
}
