/**
 * Reads over SSH what a restore will need and the EC2 API does not tell.
 *
 * Looks at: hostname, distribution, versions, host keys, mounts, the app's folders, Nomad clients, and
 * what tells where the databases are; asks them what they hold. Changes: nothing.
 * Safe to repeat because: it only reads. A fact that cannot be read is named, not guessed.
 * Fails with: HostKeyUnknown, MachineUnreachable, SshLoginRefused.
 */
import type { Machine } from '../../contract/plan';
import { describeApp } from '../../machine/app/app-status';
import type { BackupRecord } from '../../machine/backups/backup-record';
import * as commands from '../../machine/shell/commands';
import { parsePublicKeys } from '../../machine/login/host-keys';
import { parseMounts, placeOf } from '../../machine/storage/mounts';
import type { ServiceSigns } from '../../machine/databases/signs';
import { valueOf } from '../../machine/dialects/item';
import { dialects } from '../../machine/dialects/choose';
import { readNomadClients } from '../../machine/app/nomad';
import { saidShortly } from '../../machine/text/said';
import type { World } from '../../world';
import type { CommandResult } from '../../world/ssh';
import type { Outcome } from '../frame/attempt';
import { lookForDatabases } from '../parts/machine/look-for-databases';
import { choiceOf } from '../parts/machine/dialect';
import { onMachine, type Remote } from '../frame/on-machine';
import { seePlatform } from '../parts/machine/platform';
import { readData } from '../parts/machine/read-data';

/** The part of a record that only the machine itself can tell. */
export type MachineFacts = Pick<
  BackupRecord,
  | 'hostname'
  | 'distribution'
  | 'platform'
  | 'replicatedVersion'
  | 'appSequence'
  | 'hostKeys'
  | 'nomadClients'
  | 'volumes'
  | 'holdings'
> & {
  readonly objectStorage?: BackupRecord['objectStorage'];
  readonly databases: readonly ServiceSigns[];
  readonly unrecorded: readonly string[];
};

export const readMachine =
  (world: World) =>
  ({ machine }: { readonly machine: Machine }): Promise<Outcome & { facts: MachineFacts }> =>
    onMachine(world, machine, async (remote) => {
      const read = await readFacts(world, remote, machine);
      const data = await readData(world, remote, machine);
      const facts = { ...read, ...data, unrecorded: [...read.unrecorded, ...data.unrecorded] };
      const { hostname = 'hostname unknown', replicatedVersion = '?' } = facts;
      return { note: `${hostname}, Replicated ${replicatedVersion}`, facts };
    });

async function readFacts(world: World, remote: Remote, machine: Machine): Promise<MachineFacts> {
  const unrecorded: string[] = [];
  const read = async (what: string, command: commands.Command): Promise<string | undefined> => {
    const { exitCode, stdout } = await remote.run(command);
    const text = valueOf(stdout);
    if (exitCode === 0 && text !== undefined) return text;
    unrecorded.push(`${what} (${exitCode === 0 ? 'no answer' : `status ${String(exitCode)}`})`);
    return undefined;
  };
  const platform = await seePlatform(remote);
  const choice = await choiceOf(remote);
  const speaks = choice.kind === 'dialect' ? choice.dialect : dialects.status;
  const hostname = await read('hostname', speaks.readItem('hostname'));
  unrecorded.push(...platform.unread);
  const keys = await read('host keys', commands.readHostKeys);
  const backend = (await read('storage backend', speaks.readItem('storage_backend'))) ?? '';
  const status = speaks.parseAppStatus((await remote.run(speaks.readAppStatus)).stdout);
  if (status.kind === 'unreadable') unrecorded.push(`app sequence (${describeApp(status)})`);
  const nodes = await remote.run(commands.readNomadClients);
  const clients = nodes.exitCode === 0 ? readNomadClients(nodes.stdout) : undefined;
  if (clients === undefined) unrecorded.push(`Nomad clients (${inShort(nodes)})`);
  const addresses = [machine.privateAddress, machine.publicAddress];
  return {
    hostname,
    distribution: platform.distribution,
    platform: platform.record,
    replicatedVersion: platform.replicatedVersion,
    appSequence: status.kind === 'app' ? status.sequence : undefined,
    hostKeys: keys === undefined ? [] : parsePublicKeys(keys).map(world.fingerprint),
    nomadClients: clients?.filter((one) => one.status === 'ready').length,
    objectStorage: backend === 'storage_backend_s3' ? 's3' : await placeOfObjects(remote, backend),
    databases: await lookForDatabases(remote, { status, addresses, hostname }),
    unrecorded,
  };
}

async function placeOfObjects(
  remote: Remote,
  backend: string,
): Promise<BackupRecord['objectStorage'] | undefined> {
  if (backend === '') return undefined;
  const path = (await remote.run(commands.findStorageSymlink)).stdout.trim();
  const mounts = parseMounts((await remote.run(commands.readMounts)).stdout);
  if (mounts.length === 0 || path === '') return undefined;
  return placeOf(path, mounts) === 'nfs' ? 'nfs' : 'disk';
}

/** What a command said, short enough for a list of what was not recorded. */
function inShort({ stdout, stderr }: CommandResult): string {
  const said = `${stderr} ${stdout}`.trim();
  return said === '' ? 'no answer' : `unreadable: ${saidShortly(said, 80)}`;
}
