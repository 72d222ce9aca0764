/**
 * Which hosts the customisation files name for the databases. The vendor's page on external database
 * hosts has `CIRCLE_SECRETS_MONGODB_…_URI` in /etc/circle-installation-customizations, `POSTGRES_HOST`
 * in /etc/circleconfig/shared/postgresql and `VAULT__HOST` in …/shared/vault. The files hold passwords:
 * nothing but names of hosts and keys leaves this file.
 */
import { services, type Service } from './signs';

/** A file as it was read. */
export interface CustomizationFile {
  readonly path: string;
  readonly content: string;
}

/** A host that a file names for a service. */
export interface NamedHost {
  readonly service: Service;
  readonly key: string;
  /** Undefined: the value is made of something that only the machine's shell knows. */
  readonly host: string | undefined;
}

const words: Readonly<Record<Service, RegExp>> = {
  PostgreSQL: /postgres|^pg|_pg_/i,
  MongoDB: /mongo/i,
  Vault: /vault/i,
  Redis: /redis/i,
  RabbitMQ: /rabbit|amqp/i,
};

const namesHost = /(host|hosts|hostname|addr|address|uri|url|servers?|nodes|endpoint|dsn)$/i;

/** Reads `path` and base64 content, a line each. */
export function parseCustomizations(printed: string): CustomizationFile[] {
  const lines = printed.split('\n');
  return lines.flatMap((path, at) =>
    at % 2 === 0 && path !== ''
      ? [{ path, content: Buffer.from(lines[at + 1] ?? '', 'base64').toString('utf8') }]
      : [],
  );
}

/** Every host that the files name for one of the services, each once. */
export function namedHosts(files: readonly CustomizationFile[]): NamedHost[] {
  const found = new Map<string, NamedHost>();
  for (const { path, content } of files) {
    const known = new Map<string, string>();
    for (const [key, value] of assignmentsIn(content, known)) {
      known.set(key, value);
      const service = serviceOf(key) ?? serviceOf(path.split('/').at(-1) ?? '');
      if (service === undefined || !namesHost.test(key) || value === '') continue;
      for (const host of hostsIn(value)) {
        found.set(`${service} ${host ?? key}`, { service, key, host });
      }
    }
  }
  return [...found.values()];
}

function serviceOf(name: string): Service | undefined {
  return services.find((service) => words[service].test(name));
}

/** `KEY=value` as a shell takes it, with the variables that the file itself has set before. */
function* assignmentsIn(
  content: string,
  known: ReadonlyMap<string, string>,
): Generator<[string, string]> {
  for (const line of content.split('\n')) {
    const [, key, raw = ''] = /^(?:export\s+)?([A-Za-z_]\w*)=(.*)$/.exec(line.trim()) ?? [];
    if (key === undefined) continue;
    const single = /^'([^']*)'/.exec(raw)?.[1];
    const double = /^"([^"]*)"/.exec(raw)?.[1];
    const plain = double ?? raw.split(/\s/, 1)[0] ?? '';
    const expanded = plain.replace(
      /\$(?:\{(\w+)\}|(\w+))/g,
      (all, braced?: string, bare?: string) => known.get(braced ?? bare ?? '') ?? all,
    );
    yield [key, single ?? expanded];
  }
}

const hostname = /^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$/;

/** Undefined for each that is not plainly the name of a host. */
function hostsIn(value: string): (string | undefined)[] {
  const rest = value.replace(/^(jdbc:)?[a-z][a-z0-9+.-]*:\/\//i, '');
  // Whatever stands before an @ is a login, and a password may hold any other character.
  const place = rest.slice(rest.lastIndexOf('@') + 1).split(/[/?#]/, 1)[0] ?? '';
  return place.split(',').map((one) => {
    const host = one
      .trim()
      .replace(/:\d+$/, '')
      .replace(/^\[(.*)\]$/, '$1');
    if (host.includes(':') && /^[0-9a-f:]+$/i.test(host)) return host.toLowerCase();
    return hostname.test(host) ? host.toLowerCase() : undefined;
  });
}

/** What the machine that was looked at is called. */
export interface OwnNames {
  readonly addresses: readonly (string | undefined)[];
  /** The app's hostname, if it is known. */
  readonly hostname?: string | undefined;
}

// The names by which the app's containers reach each other.
const amongContainers = /^(postgres(ql)?|mongo(db)?|vault(-cci)?|redis|rabbitmq|localhost)$/;
const loopbackOrBridge = /^(127\.\d+\.\d+\.\d+|172\.(1[7-9]|2\d|3[01])\.\d+\.1|::1|0\.0\.0\.0)$/;

/** Whether the name leads to the machine itself. */
export function isHere(host: string, { addresses, hostname: own }: OwnNames): boolean {
  if (amongContainers.test(host) || loopbackOrBridge.test(host)) return true;
  const dashed = /^(?:ip|ec2)-(\d+-\d+-\d+-\d+)(\.|$)/.exec(host)?.[1]?.replaceAll('-', '.');
  return host === own?.toLowerCase() || addresses.includes(dashed ?? host);
}
