/**
 * The configuration file, `runbook.yaml`: checked whole at worker start, so that every problem is
 * told at once with its path in the file. Secrets are references (a key file, the SSH agent);
 * nothing read here is itself a secret.
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { msToNumber } from '@temporalio/common/lib/time';
import type { Duration } from '@temporalio/common';
import { parse } from 'yaml';
import { z } from 'zod';
import { objectStorage } from './config-object-storage';
import { readCron } from './contract/cron';
import { awsRegion, backupRequest } from './contract/requests';
import { areElsewhere, isSpareReachable } from './machine/places';
import { copies, launch, reachedBy, spare, ssh } from './config-places';

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

/** A duration such as `15 minutes`; parsed to seconds. */
const duration = z.union([z.string(), z.number()]).transform((value, context) => {
  const milliseconds = toMilliseconds(value);
  if (Number.isFinite(milliseconds) && milliseconds > 0) return milliseconds / 1000;
  context.addIssue({
    code: 'custom',
    message: `"${String(value)}" is no duration: write for example "15 minutes"`,
  });
  return z.NEVER;
});

/** The same with what holds when it is left out. */
const seconds = (fallback: string) => duration.prefault(fallback);

function toMilliseconds(value: string | number): number {
  if (typeof value === 'number') return value * 1000;
  try {
    return msToNumber(value as Duration);
  } catch {
    return Number.NaN;
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
/** A clock that Temporal's server knows: it takes names as the time zone database spells them. */
const timezone = z.string().superRefine((name, context) => {
  const known = [...Intl.supportedValuesOf('timeZone'), 'UTC'];
  const meant = known.find((one) => one.toLowerCase() === name.toLowerCase());
  if (meant === name || (meant === undefined && isTimezone(name))) return;
  const instead = meant ?? 'UTC" or "Europe/Berlin';
  context.addIssue({
    code: 'custom',
    message: `"${name}" is no time zone: write for example "${instead}"`,
  });
});

/** Older names, such as `US/Pacific`, are not listed but taken; an offset is no name. */
function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).format();
    return /^[A-Z]/.test(name);
  } catch {
    return false;
  }
}

const day = 86_400;

const schedule = z.strictObject({
  cron: z.string().superRefine((text, context) => {
    const problem = readCron(text);
    if (typeof problem !== 'string') return;
    context.addIssue({ code: 'custom', message: `"${text}" ${problem}` });
  }),
  timezone: timezone.default('UTC'),
  consistency: backupRequest.shape.consistency,
  jitter: duration.optional(),
  catchup: seconds('1 hour').refine((late) => late >= 10 && late <= 31 * day, {
    message: 'is between 10 seconds (Temporal takes no less) and 31 days',
  }),
});

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
  hostname: z.string().regex(/^[A-Za-z0-9.-]{1,253}$/, 'is a DNS name or an IPv4 address'),
  ssh,
  reachedBy,
  launch: launch.prefault({}),
  copies: copies.optional(),
  spare: spare.optional(),
  circleciApi: z.strictObject({ tokenFile: z.string().min(1), url: apiUrl.optional() }).optional(),
  externalServices: z.boolean().default(false),
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
  schedule: schedule.optional(),
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

const configFile = z.strictObject({
  installations: z
    .record(
      z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/),
      installation
        .refine(areElsewhere, {
          message: "has the installation's own region, where the backup itself is",
          path: ['copies'],
        })
        .refine(isSpareReachable, {
          message: 'is in a region without backups: name it in copies, too',
          path: ['spare', 'region'],
        }),
    )
    .refine((all) => Object.keys(all).length > 0, 'names at least one installation'),
  notify: z.strictObject({ url: z.url() }).optional(),
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
  return { ...config, installations, reports: absolute(config.reports) };
}
