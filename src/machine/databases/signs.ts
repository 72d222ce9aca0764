/**
 * Where the databases of an installation are, as far as signs tell: what runs on the machine, which
 * data folders hold something, which hosts the customisations name. None of them is enough alone. The
 * item `allow_cluster` is no sign at all: it says that builds run on other machines.
 */
import { z } from 'zod';

/** What keeps state for the app, by the names that its vendor uses. */
export const services = ['PostgreSQL', 'MongoDB', 'Vault', 'Redis', 'RabbitMQ'] as const;
export type Service = (typeof services)[number];

/** Where each keeps its files on an embedded installation; of the other two no page tells. */
export const dataFolders: Readonly<Partial<Record<Service, string>>> = {
  PostgreSQL: '/data/circle/postgres',
  MongoDB: '/data/circle/mongo',
  Vault: '/data/circle/contexts-vault',
};

const serviceSigns = z.object({
  service: z.enum(services),
  /** Whether its container runs. Absent: the app was not up, so a container says nothing by its absence. */
  container: z.enum(['runs', 'missing']).optional(),
  /** Absent: nobody knows where its folder would be, or it could not be looked at. */
  folder: z.enum(['holds', 'empty', 'absent']).optional(),
  /** What the customisations name on other machines, `host (KEY)`. Absent: they could not be read. */
  elsewhere: z.array(z.string()).readonly().optional(),
  /** They name this very machine. */
  here: z.literal(true).optional(),
  /** Their keys whose value no reader understands. */
  unclear: z.array(z.string()).readonly().optional(),
});

/** The signs about one service. */
export type ServiceSigns = Readonly<z.infer<typeof serviceSigns>>;

/** As they travel in the record of a backup. */
export const databaseSigns = z.object({
  /** What runbook.yaml said then; absent: nothing. */
  configured: z.boolean().optional(),
  services: z.array(serviceSigns).readonly(),
});
export type DatabaseSigns = Readonly<z.infer<typeof databaseSigns>>;

// With a number behind where several run. `slanger-redis` and `retraced-postgres` are others.
const containerNames: Readonly<Record<Service, RegExp>> = {
  PostgreSQL: /^postgres(ql)?([-_]?\d+)?$/,
  MongoDB: /^mongo(db)?([-_]?\d+)?$/,
  Vault: /^vault(-cci)?([-_]?\d+)?$/,
  Redis: /^redis([-_]?\d+)?$/,
  RabbitMQ: /^rabbitmq([-_]?\d+)?$/,
};

/** Whether the service's container is among those that run. */
export function containerSign(
  service: Service,
  { names, isAppUp }: { readonly names: readonly string[]; readonly isAppUp: boolean },
): ServiceSigns['container'] {
  if (names.some((name) => containerNames[service].test(name))) return 'runs';
  return isAppUp ? 'missing' : undefined;
}

/** Reads what `readDataFolders` prints: `holds /data/circle/mongo`, a folder a line. */
export function folderSign(service: Service, printed: string): ServiceSigns['folder'] {
  const line = printed.split('\n').find((one) => one.endsWith(` ${dataFolders[service] ?? '?'}`));
  const said = line?.split(' ', 1)[0];
  return said === 'holds' || said === 'empty' || said === 'absent' ? said : undefined;
}
