/** docker-compose.yml, read as Compose reads it: merge keys, `${NAME:-default}`, lists. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/** The project's folder. */
export const root = join(__dirname, '../..');

const condition = z.strictObject({
  condition: z.enum(['service_healthy', 'service_completed_successfully']),
  restart: z.boolean().optional(),
});

const mount = z.strictObject({
  type: z.literal('bind'),
  source: z.string(),
  target: z.string(),
  read_only: z.boolean(),
  bind: z.strictObject({ create_host_path: z.boolean() }),
});

const healthcheck = z.strictObject({
  test: z.array(z.string()),
  interval: z.string(),
  timeout: z.string(),
  retries: z.number(),
  start_period: z.string(),
});

const service = z.strictObject({
  image: z.string(),
  build: z.string().optional(),
  pull_policy: z.literal('never').optional(),
  restart: z.enum(['no', 'unless-stopped']),
  profiles: z.array(z.string()).default([]),
  entrypoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  /** A variable without a value is taken from the environment of `docker compose`. */
  environment: z.record(z.string(), z.string().nullable()).default({}),
  volumes: z.array(z.union([z.string(), mount])).default([]),
  networks: z.array(z.string()).optional(),
  network_mode: z.string().optional(),
  ports: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), condition).default({}),
  healthcheck: healthcheck.optional(),
  stop_grace_period: z.string().optional(),
  shm_size: z.string().optional(),
  mem_limit: z.string().optional(),
  read_only: z.boolean().optional(),
  tmpfs: z.array(z.string()).optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  logging: z.strictObject({ driver: z.string(), options: z.record(z.string(), z.string()) }),
});

const composeFile = z.strictObject({
  name: z.string(),
  'x-logging': z.unknown(),
  'x-container': z.unknown(),
  'x-runbook': z.unknown(),
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.null()),
  networks: z.record(z.string(), z.strictObject({ internal: z.boolean() })),
});

/** A service of the compose file. */
export type Service = z.output<typeof service>;

/** The text of docker-compose.yml. */
export const composeText = readFileSync(join(root, 'docker-compose.yml'), 'utf8');

/** docker-compose.yml; a key that is not listed above fails the reading. */
export const compose = composeFile.parse(parse(composeText, { merge: true }));

/** One service by its name. */
export function serviceNamed(name: string): Service {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
}

/** The program that a service runs, with its arguments, where the file names it. */
export function commandOf({ entrypoint = [], command = [] }: Service): string[] {
  return [...entrypoint, ...command];
}

/** Fills in `${NAME:-default}` and `${NAME:?message}`. */
function interpolate(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind, word: string) => {
    const value = variables[name] ?? '';
    if (value !== '') return value;
    if (kind === '?') throw new Error(`${name}: ${word}`);
    return kind === '-' ? word : '';
  });
}

/** The environment that a service is given. */
export function environmentOf(
  { environment }: Service,
  variables: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, text]) => {
      const value = text === null ? variables[name] : interpolate(text, variables);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
