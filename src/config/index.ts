/**
 * The configuration file, `runbook.yaml`: checked whole at worker start, so that every problem is
 * told at once with its path in the file. Secrets are references (a key file, the SSH agent);
 * nothing read here is itself a secret.
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { objectStorage } from './object-storage';
import { awsRegion, backupRequest } from '../contract/requests';
import { areElsewhere, areExportsWanted, hasBackupsFor } from '../machine/launch/places';
import { drill } from './drill';
import { notify, withAbsoluteFiles } from './notify';
import { copies, hostname, launch, reachedBy, spare, ssh } from './places';
import { duration, schedule, seconds } from './times';

/** Every problem of a configuration file, one line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(
    readonly file: string,
    readonly problems: readonly string[],
  ) {
    super(`${file} has ${String(problems.length)} problem(s):\n  ${problems.join('\n  ')}`);
  }
}

/** Scheme, host and port; the token travels there, so nothing but TLS or this host itself will do. */
const apiUrl = z.url().refine(isSafeOrigin, {
  message: 'is https://HOST or https://HOST:PORT, without user, path or query',
});

function isSafeOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, origin } = new URL(text);
  const isLocal = hostname === '127.0.0.1' || hostname === 'localhost';
  const isBare = text === origin || text === `${origin}/`;
  return isBare && (protocol === 'https:' || (protocol === 'http:' && isLocal));
}

/** How many backups a rule keeps; a rule that keeps none is left out. */
const keepCount = z.int().min(1).max(10_000).optional();
const approval = z.enum(['required', 'waived']).default('required');

const installation = z.strictObject({
  region: awsRegion,
  servicesMachine: z.union([
    z.strictObject({ instance: z.string().regex(/^i-[0-9a-f]{8,17}$/) }),
    z.strictObject({
      tags: z
        .record(z.string(), z.string())
        .refine((tags) => Object.keys(tags).length > 0, 'names at least one tag'),
    }),
  ]),
  hostname,
  ssh,
  reachedBy,
  launch: launch.prefault({}),
  copies: copies.optional(),
  spare: spare.optional(),
  drill: drill.optional(),
  /** Other accounts whose images a restore may start from. */
  imageOwners: z
    .array(
      z.string().regex(/^\d{12}$/, 'is the number of an AWS account: twelve digits, in quotes'),
    )
    .default([]),
  circleciApi: z.strictObject({ tokenFile: z.string().min(1), url: apiUrl.optional() }).optional(),
  externalServices: z.boolean().optional(),
  objectStorage: objectStorage.optional(),
  keep: z
    .strictObject({
      last: keepCount,
      daily: keepCount,
      weekly: keepCount,
      monthly: keepCount,
      within: duration.optional(),
    })
    .refine((keep) => Object.keys(keep).length > 0, {
      message: 'gives at least one of last, daily, weekly, monthly and within',
    })
    .optional(),
  freshness: z.strictObject({ maxAge: seconds('26 hours') }).prefault({}),
  schedule: schedule.extend({ consistency: backupRequest.shape.consistency }).optional(),
  approvals: z
    .strictObject({
      launch: approval,
      elasticIp: approval,
      buildRecords: approval,
      prune: approval,
    })
    .prefault({}),
  limits: z
    .strictObject({
      gate: seconds('7 days'),
      unattendedGate: seconds('1 hour'),
      image: seconds('12 hours'),
      launch: seconds('1 hour'),
      ssh: seconds('15 minutes'),
      stopApp: seconds('10 minutes'),
      startApp: seconds('20 minutes'),
      replicated: seconds('10 minutes'),
      verify: seconds('5 minutes'),
      stoppedForImage: seconds('30 minutes'),
      poll: seconds('15 seconds'),
      heartbeat: seconds('30 seconds'),
      retryAfter: seconds('5 seconds'),
      attempts: z.int().min(1).max(20).default(4),
    })
    .refine((limits) => limits.stoppedForImage > limits.stopApp, {
      message: 'must be longer than stopApp: the machine would start the app while it is stopped',
      path: ['stoppedForImage'],
    })
    .prefault({}),
});

const withoutBackups = 'is a region without backups: name it in copies, too';

const configFile = z.strictObject({
  installations: z
    .record(
      z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/),
      installation
        .refine(areElsewhere, {
          message: "has the installation's own region, where the backup itself is",
          path: ['copies'],
        })
        .refine(areExportsWanted, {
          message: 'names an NFS export, but objectStorage is not of kind nfs',
          path: ['copies'],
        })
        .refine(({ spare: wanted, ...one }) => hasBackupsFor(one, wanted), {
          message: withoutBackups,
          path: ['spare', 'region'],
        })
        .refine(({ drill: wanted, ...one }) => hasBackupsFor(one, wanted), {
          message: withoutBackups,
          path: ['drill', 'region'],
        })
        .refine((one) => one.drill?.hostname?.toLowerCase() !== one.hostname.toLowerCase(), {
          message: 'is the hostname of the installation itself: give a drill one of its own',
          path: ['drill', 'hostname'],
        }),
    )
    .refine((all) => Object.keys(all).length > 0, 'names at least one installation'),
  notify: notify.prefault({}),
  reports: z.string().default('reports'),
});

/** One installation of CircleCI Server, as configured; durations in seconds. */
export type Installation = Readonly<z.output<typeof installation>>;
/** The whole configuration; paths are absolute. */
export type Config = Readonly<z.output<typeof configFile>>;

/** Reads and checks the file; throws a `ConfigError` that lists every problem. */
export function loadConfig(file: string): Config {
  const document = readDocument(file);
  const parsed = configFile.safeParse(document);
  if (!parsed.success) {
    throw new ConfigError(
      file,
      parsed.error.issues.map((issue) => `${issue.path.map(String).join('.')}: ${issue.message}`),
    );
  }
  return withAbsolutePaths(parsed.data, dirname(resolve(file)));
}

/** The file named by RUNBOOK_CONFIG, or `runbook.yaml` in the current folder. */
export function configPath(environment: NodeJS.ProcessEnv): string {
  return environment['RUNBOOK_CONFIG'] ?? 'runbook.yaml';
}

function readDocument(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(file, [
      `${why}. Name the file with RUNBOOK_CONFIG; runbook.example.yaml shows one.`,
    ]);
  }
}

function withAbsolutePaths(config: Config, folder: string): Config {
  const absolute = (path: string): string => resolve(folder, path.replace(/^~(?=\/)/, homedir()));
  const keyed = <T extends { key?: string | undefined }>(hop: T): T =>
    hop.key === undefined ? hop : { ...hop, key: absolute(hop.key) };
  const login = (ssh: Installation['ssh']): Installation['ssh'] => {
    const { bastion: hop, ...rest } = keyed(ssh);
    return hop ? { ...rest, bastion: keyed(hop) } : rest;
  };
  const installations = Object.fromEntries(
    Object.entries(config.installations).map(([name, one]) => {
      const { circleciApi: api } = one;
      const circleciApi = api && { ...api, tokenFile: absolute(api.tokenFile) };
      const copied = one.copies?.map((copy) => ({ ...copy, ssh: copy.ssh && login(copy.ssh) }));
      return [name, { ...one, circleciApi, ssh: login(one.ssh), copies: copied }];
    }),
  );
  return {
    ...config,
    installations,
    notify: withAbsoluteFiles(config.notify, absolute),
    reports: absolute(config.reports),
  };
}
