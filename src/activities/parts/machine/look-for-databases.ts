/** Looks on a machine for the signs of where its databases are; judged by machine/databases. */
import { isReady, type AppStatus } from '../../../machine/app/app-status';
import { readContainers } from '../../../machine/shell/commands';
import { namesOf, parseContainers } from '../../../machine/docker/containers';
import {
  isHere,
  namedHosts,
  parseCustomizations,
  type NamedHost,
  type OwnNames,
} from '../../../machine/databases/customizations';
import { readCustomizations, readDataFolders } from '../../../machine/databases/look';
import {
  containerSign,
  folderSign,
  services,
  type Service,
  type ServiceSigns,
} from '../../../machine/databases/signs';
import type { Remote } from '../../frame/on-machine';

interface Looked extends OwnNames {
  readonly status: AppStatus;
}

/** The signs of each service. What cannot be looked at is no sign, and never a failure. */
export async function lookForDatabases(remote: Remote, own: Looked): Promise<ServiceSigns[]> {
  const containers = await remote.run(readContainers);
  const appId = own.status.kind === 'app' ? own.status.id : undefined;
  const running = containers.exitCode === 0 ? parseContainers(containers.stdout, appId) : [];
  const names = namesOf(running, 'app');
  const isAppUp = containers.exitCode === 0 && isReady(own.status);
  const folders = (await remote.run(readDataFolders)).stdout;
  const files = await remote.run(readCustomizations);
  const named = files.exitCode === 0 ? namedHosts(parseCustomizations(files.stdout)) : undefined;
  return services.map((service) => ({
    service,
    container: containerSign(service, { names, isAppUp }),
    folder: folderSign(service, folders),
    ...hostSigns(named, service, own),
  }));
}

// A replica set has three members; more than that tells a person nothing new.
const told = 3;

function hostSigns(
  named: readonly NamedHost[] | undefined,
  service: Service,
  own: OwnNames,
): Pick<ServiceSigns, 'elsewhere' | 'here' | 'unclear'> {
  if (named === undefined) return {};
  const ours = named.filter((one) => one.service === service);
  const known = ours.flatMap(({ host, key }) => (host === undefined ? [] : [{ host, key }]));
  const elsewhere = known
    .filter(({ host }) => !isHere(host, own))
    .map(({ host, key }) => `${host.slice(0, 100)} (${key.slice(0, 60)})`);
  const unclear = ours.filter(({ host }) => host === undefined).map(({ key }) => key.slice(0, 60));
  return {
    elsewhere: elsewhere.slice(0, told),
    ...(known.some(({ host }) => isHere(host, own)) ? { here: true as const } : {}),
    ...(unclear.length > 0 ? { unclear: unclear.slice(0, told) } : {}),
  };
}
