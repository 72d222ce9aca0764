/** What a worker needs to work on the lab: runbook.yaml, its environment, and where the lab is. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { circleciTokenFile, pinOf, type LabKeys } from './keys';
import { seeded } from './region/seed';

/** Where a lab is reached. */
export interface LabAddresses {
  readonly ec2Url: string;
  readonly controlUrl: string;
  readonly bastionPort: number;
  /** CircleCI's own API, as the machine of the hostname serves it. */
  readonly circleciUrl: string;
}

/** What the configuration is made of. */
export interface ConfigFacts extends LabAddresses {
  readonly dir: string;
  readonly speed: number;
  readonly keys: LabKeys;
  /** The user of the Services machine's login. */
  readonly user: string;
  /** Host key lines of the live Services machine. */
  readonly hostKeys: readonly string[];
  /** Settings of the installation `prod` that differ from the lab's. */
  readonly installation: Readonly<Record<string, unknown>>;
  readonly limits: Readonly<Record<string, string | number>>;
  /** Who is told; `notify` of runbook.yaml. */
  readonly notify: Readonly<Record<string, unknown>> | undefined;
}

/** The user whose login the bastion takes. */
export const bastionUser = 'ops';

/**
 * Real seconds for a time limit: simulated ones divided by the speed, and not less than what the
 * lab itself needs, because bash and SSH run no faster than anywhere.
 */
function limit(simulatedSeconds: number, speed: number, atLeast: number): string {
  return `${String(Math.max(atLeast, Math.ceil(simulatedSeconds / speed)))} seconds`;
}

function limits(speed: number): Record<string, string> {
  const minute = 60;
  const hour = 60 * minute;
  return {
    gate: '7 days',
    unattendedGate: '1 hour',
    image: limit(12 * hour, speed, 120),
    launch: limit(hour, speed, 120),
    ssh: limit(15 * minute, speed, 60),
    stopApp: limit(10 * minute, speed, 10),
    startApp: limit(20 * minute, speed, 60),
    replicated: limit(10 * minute, speed, 60),
    verify: limit(5 * minute, speed, 10),
    // Kept by the machine's own clock, so these are simulated seconds: half a real minute at least.
    stoppedForImage: `${String(Math.max(30 * minute, 30 * speed))} seconds`,
    poll: `${String(Math.max(0.1, Math.min(15, Math.round(180 / speed) / 10)))} seconds`,
    heartbeat: '3 seconds',
    retryAfter: '0.3 seconds',
  };
}

function installation(facts: ConfigFacts): Record<string, unknown> {
  return {
    region: seeded.region,
    servicesMachine: { tags: { Name: 'prod_services' } },
    hostname: seeded.hostname,
    ssh: {
      user: facts.user,
      key: './services_ed25519',
      address: 'private',
      hostKeys: facts.hostKeys.map(pinOf),
      bastion: {
        host: '127.0.0.1',
        port: facts.bastionPort,
        user: bastionUser,
        key: './bastion_ed25519',
        hostKeys: [pinOf(facts.keys.bastionHost.publicLine)],
      },
    },
    reachedBy: { dns: true },
    circleciApi: { tokenFile: `./${circleciTokenFile}`, url: facts.circleciUrl },
    limits: { ...limits(facts.speed), ...facts.limits },
    ...facts.installation,
  };
}

/** The variables that point a worker at the lab; the credentials open nothing anywhere. */
export function labEnvironment(dir: string, ec2Url: string): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL_EC2: ec2Url,
    AWS_ACCESS_KEY_ID: 'LABACCESSKEY00000000',
    AWS_SECRET_ACCESS_KEY: 'lab-secret-that-opens-nothing',
    AWS_REGION: seeded.region,
    RUNBOOK_CONFIG: join(dir, 'runbook.yaml'),
  };
}

/** Writes runbook.yaml, lab.json and env into the lab's folder; gives the path of the first. */
export function writeConfig(facts: ConfigFacts): string {
  const { dir, ec2Url, controlUrl, bastionPort, circleciUrl } = facts;
  const configPath = join(dir, 'runbook.yaml');
  const config = stringify({
    installations: { prod: installation(facts) },
    reports: './reports',
    ...(facts.notify === undefined ? {} : { notify: facts.notify }),
  });
  writeFileSync(configPath, `# Written by the lab each time it starts.\n${config}`);
  writeFileSync(
    join(dir, 'lab.json'),
    `${JSON.stringify({ ec2Url, controlUrl, bastionPort, circleciUrl }, undefined, 2)}\n`,
  );
  const lines = Object.entries(labEnvironment(dir, ec2Url)).map(
    ([name, value]) => `${name}=${value}`,
  );
  writeFileSync(join(dir, 'env'), `${lines.join('\n')}\n`);
  return configPath;
}
