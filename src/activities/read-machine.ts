/**
 * Reads over SSH what a restore will need and the EC2 API does not tell.
 *
 * Looks at: hostname, distribution, versions, host keys, mounts, Nomad clients, and what tells where
 * the databases are. Changes: nothing.
 * Safe to repeat because: it only reads. A fact that cannot be read is named, not guessed.
 * Fails with: HostKeyUnknown, MachineUnreachable, SshLoginRefused.
 */
import type { Machine } from '../contract/plan';
import { parseAppStatus } from '../machine/app-status';
import type { BackupRecord } from '../machine/backup-record';
import * as commands from '../machine/commands';
import { parsePublicKeys } from '../machine/host-keys';
import { parseMounts, placeOf } from '../machine/mounts';
import { parseNomadClients } from '../machine/nomad';
import { parseOsRelease } from '../machine/os-release';
import { parseReplicatedVersion } from '../machine/replicated';
import type { ServiceSigns } from '../machine/databases/signs';
import type { World } from '../world';
import type { Outcome } from './attempt';
import { lookForDatabases } from './look-for-databases';
import { onMachine, type Remote } from './on-machine';

/** The part of a record that only the machine itself can tell. */
export type MachineFacts = Pick<
  BackupRecord,
  'hostname' | 'distribution' | 'replicatedVersion' | 'appSequence' | 'hostKeys' | 'nomadClients'
> & {
  readonly objectStorage?: BackupRecord['objectStorage'];
  readonly databases: readonly ServiceSigns[];
  readonly unrecorded: readonly string[];
};

export const readMachine =
  (world: World) =>
  ({ machine }: { readonly machine: Machine }): Promise<Outcome & { facts: MachineFacts }> =>
    onMachine(world, machine, async (remote) => {
      const facts = await readFacts(world, remote, machine);
      const { hostname = 'hostname unknown', replicatedVersion = '?' } = facts;
      return { note: `${hostname}, Replicated ${replicatedVersion}`, facts };
    });

async function readFacts(world: World, remote: Remote, machine: Machine): Promise<MachineFacts> {
  const unrecorded: string[] = [];
  const read = async (what: string, command: commands.Command): Promise<string | undefined> => {
    const { exitCode, stdout } = await remote.run(command);
    const text = stdout.trim();
    if (exitCode === 0 && text !== '') return text;
    unrecorded.push(`${what} (${exitCode === 0 ? 'no answer' : `status ${String(exitCode)}`})`);
    return undefined;
  };
  const hostname = await read('hostname', commands.readHostname);
  const system = await read('distribution', commands.readOsRelease);
  const version = await read('Replicated version', commands.readReplicatedVersion);
  const keys = await read('host keys', commands.readHostKeys);
  const backend = (await read('storage backend', commands.readStorageBackend)) ?? '';
  const status = parseAppStatus((await remote.run(commands.readAppStatus)).stdout);
  const nodes = await remote.run(commands.readNomadClients);
  const addresses = [machine.privateAddress, machine.publicAddress];
  return {
    hostname,
    distribution: system === undefined ? undefined : parseOsRelease(system).distribution,
    replicatedVersion: version === undefined ? undefined : parseReplicatedVersion(version),
    appSequence: status.kind === 'app' ? status.sequence : undefined,
    hostKeys: keys === undefined ? [] : parsePublicKeys(keys).map(world.fingerprint),
    nomadClients: parseNomadClients(nodes.stdout).filter((one) => one.status === 'ready').length,
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
  return placeOf(path, mounts) === 'nfs' ? 'nfs' : 'disk';
}
