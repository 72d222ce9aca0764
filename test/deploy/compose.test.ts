import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { msToNumber } from '@temporalio/common/lib/time';
import { retentionDays } from '../../src/cli/temporal/prepare-namespace';
import { searchAttributeNames } from '../../src/contract/search-attributes';
import { startLab } from '../../src/lab/lab';
import {
  commandOf,
  compose,
  composeText,
  environmentOf,
  root,
  serviceNamed,
  type Service,
} from './compose-file';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const services = Object.entries(compose.services);
const names = services.map(([name]) => name);
const isOneShot = ({ restart }: Service): boolean => restart === 'no';

/** The names that a text reads by one of these forms. */
function namesIn(text: string, form: RegExp): string[] {
  return [...text.matchAll(form)].map(([, name = '']) => name);
}

/** All text of a folder's compiled JavaScript or TypeScript. */
function sourceOf(folder: string): string {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.[jt]s$/.test(path) && !path.endsWith('.d.ts'))
    .map((path) => read(join(folder, path)))
    .join('\n');
}

const productReads = namesIn(sourceOf('src'), /(?:process\.env|environment)\['(\w+)'\]/g);
const inEnvconfig = sourceOf('node_modules/@temporalio/envconfig/lib');
const inAwsSdk = sourceOf('node_modules/@aws-sdk/credential-provider-env');
const worker = [
  ...productReads,
  ...namesIn(inEnvconfig, /['"](TEMPORAL_\w+)['"]/g),
  ...namesIn(inAwsSdk, /["'](AWS_\w+)["']/g),
];

/** What the programs in the images read, each with where that is written. */
const reads: Readonly<Record<string, readonly string[]>> = {
  // https://github.com/docker-library/docs/blob/master/postgres/README.md, "Environment Variables"
  postgres: ['POSTGRES_USER', 'POSTGRES_PASSWORD', 'POSTGRES_DB', 'POSTGRES_INITDB_ARGS'],
  // https://github.com/temporalio/temporal/blob/v1.29.1/tools/sql/main.go
  schema: ['SQL_HOST', 'SQL_PORT', 'SQL_USER', 'SQL_PASSWORD', 'SQL_DATABASE', 'SQL_PLUGIN'],
  // The server renders this file: common/config/loader.go of the same version.
  temporal: namesIn(read('deploy/temporal/server.yaml'), /env "(\w+)"/g),
  // https://docs.temporal.io/cli, "Environment variables", and the script itself.
  namespace: ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE'],
  // https://github.com/temporalio/ui/blob/v2.42.1/server/config/docker.yaml
  ui: [
    'TEMPORAL_ADDRESS',
    'TEMPORAL_CORS_ORIGINS',
    'TEMPORAL_CSRF_COOKIE_INSECURE',
    'TEMPORAL_DEFAULT_NAMESPACE',
    'TEMPORAL_NOTIFY_ON_NEW_VERSION',
    'TEMPORAL_UI_PORT',
  ],
  worker,
  'worker-before': worker,
  watch: worker,
  lab: [],
  'demo-worker': worker,
};

describe('the images', () => {
  test('have versions, and Temporal the same one everywhere', () => {
    const images = services.flatMap(([name, { image }]) => (name === 'worker-before' ? [] : image));
    expect(images.filter((image) => !/:\d+\.\d+(\.\d+)?(-[\w.-]+)?$/.test(image))).toEqual([]);
    const [, version = ''] = serviceNamed('temporal').image.split(':');
    for (const name of ['schema', 'namespace']) {
      expect(serviceNamed(name).image).toMatch(new RegExp(`^temporalio/admin-tools:${version}-`));
    }
  });

  test('of the project bear its version and are built here', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    for (const name of ['worker', 'watch', 'lab', 'demo-worker']) {
      expect(serviceNamed(name)).toMatchObject({
        build: '.',
        image: `circleci-server-runbook:${version}`,
      });
    }
  });

  test('of the version before is one that is there: it is neither built nor pulled', () => {
    const { build, image, pull_policy: pull, ...before } = serviceNamed('worker-before');
    expect({ build, pull }).toEqual({ build: undefined, pull: 'never' });
    expect(image).toMatch(/^circleci-server-runbook:\$\{RUNBOOK_BEFORE/);
    const { build: _, image: __, ...now } = serviceNamed('worker');
    expect({ ...before, profiles: [] }).toEqual(now);
  });
});

describe('the variables', () => {
  test.each(names)('of %s are all read by its program', (name) => {
    const unread = Object.keys(serviceNamed(name).environment).filter(
      (variable) => !reads[name]?.includes(variable),
    );
    expect(unread).toEqual([]);
  });

  test('give the server what it has no default for', () => {
    const needed = namesIn(read('deploy/temporal/server.yaml'), /env "(\w+)" *[})](?! *\|)/g);
    const undefaulted = needed.filter(
      (name) => !new RegExp(`env "${name}" \\| default`).test(read('deploy/temporal/server.yaml')),
    );
    expect(undefaulted).toEqual(['POSTGRES_PASSWORD']);
    expect(Object.keys(serviceNamed('temporal').environment)).toContain('POSTGRES_PASSWORD');
  });

  test('hold no secret: each comes from outside, and without it nothing starts', () => {
    const secret = /PASSWORD|SECRET|TOKEN|ACCESS_KEY/;
    const values = services.flatMap(([, { environment }]) =>
      Object.entries(environment).filter(([name]) => secret.test(name)),
    );
    expect(values).not.toEqual([]);
    for (const [name, value] of values) {
      expect([name, value ?? '']).toEqual([name, expect.stringMatching(/^(\$\{\w+:\?[^}]+\})?$/)]);
    }
    expect(() => environmentOf(serviceNamed('postgres'), {})).toThrow('POSTGRES_PASSWORD');
  });

  test('that a person supplies are all in the example, the secrets without a value', () => {
    const example = read('deploy/env.example');
    const passedOn = services.flatMap(([, { environment }]) =>
      Object.entries(environment).flatMap(([name, value]) => (value === null ? name : [])),
    );
    const wanted = new Set([...namesIn(composeText, /\$\{(\w+)/g), ...passedOn]);
    wanted.delete('AWS_SESSION_TOKEN');
    expect(namesIn(example, /^#?(\w+)=/gm).sort()).toEqual([...wanted].sort());
    expect(example).toMatch(/^POSTGRES_PASSWORD=$/m);
  });

  test('let the database, its schema and the server agree on who and where', () => {
    const variables = { POSTGRES_PASSWORD: 'x' };
    const [postgres, schema, temporal] = ['postgres', 'schema', 'temporal'].map((name) =>
      environmentOf(serviceNamed(name), variables),
    );
    expect([schema?.['SQL_USER'], schema?.['SQL_PASSWORD']]).toEqual(['temporal', 'x']);
    expect([temporal?.['POSTGRES_USER'], postgres?.['POSTGRES_USER']]).toEqual([
      schema?.['SQL_USER'],
      schema?.['SQL_USER'],
    ]);
    expect(temporal?.['POSTGRES_HOST']).toBe('postgres');
    expect(schema?.['SQL_HOST']).toBe('postgres');
  });
});

describe('the network', () => {
  test('shows nothing but the frontend and the UI, and only to this host', () => {
    const published = services.flatMap(([name, { ports }]) => ports.map((port) => [name, port]));
    expect(published).toEqual([
      ['temporal', '127.0.0.1:7233:7233'],
      ['ui', '127.0.0.1:8233:8080'],
    ]);
    expect(services.filter(([, { network_mode: mode }]) => mode === 'host')).toEqual([]);
  });

  test('keeps the database to Temporal', () => {
    const beside = services.filter(([, { networks }]) => networks?.includes('database'));
    expect(beside.map(([name]) => name)).toEqual(['postgres', 'schema', 'temporal']);
    expect(serviceNamed('postgres').networks).toEqual(['database']);
    expect(compose.networks).toEqual({ database: { internal: true } });
  });

  test('has the address that every client is given', () => {
    const { TEMPORAL_PORT: port } = serviceNamed('temporal').environment;
    const addresses = services.flatMap(
      ([, { environment }]) => environment['TEMPORAL_ADDRESS'] ?? [],
    );
    expect(new Set(addresses)).toEqual(new Set([`temporal:${String(port)}`]));
    expect(serviceNamed('ui').environment['TEMPORAL_CORS_ORIGINS']).toContain(
      'http://127.0.0.1:8233',
    );
  });
});

describe('the order', () => {
  const dependencies = services.flatMap(([name, { depends_on: needed }]) =>
    Object.entries(needed).map(([other, { condition }]) => [name, other, condition] as const),
  );

  test.each(dependencies)('%s waits until %s is %s', (_, other, condition) => {
    expect(condition).toBe(
      isOneShot(serviceNamed(other)) ? 'service_completed_successfully' : 'service_healthy',
    );
  });

  test('is database, schema, server, namespace, worker', () => {
    const before = (name: string): string[] =>
      Object.keys(serviceNamed(name).depends_on).flatMap((other) => [...before(other), other]);
    expect([...new Set(before('worker'))]).toEqual(['postgres', 'schema', 'temporal', 'namespace']);
    expect(before('demo-worker')).toEqual(expect.arrayContaining(['lab', 'namespace']));
  });

  test('every service that stays has a health check, its own or its image’s', () => {
    const unchecked = services.filter(
      ([, service]) =>
        !isOneShot(service) &&
        !service.image.startsWith('circleci-server-runbook:') &&
        !service.healthcheck,
    );
    expect(unchecked).toEqual([]);
    expect(read('Dockerfile')).toContain('HEALTHCHECK');
    // The image's own check is about a worker.
    expect(serviceNamed('lab').healthcheck).toBeDefined();
  });

  test('nothing of production needs anything of the demo', () => {
    const demo = services.flatMap(([name, { profiles }]) =>
      profiles.includes('demo') ? name : [],
    );
    expect(demo).toEqual(['lab', 'demo-worker']);
    const wrong = dependencies.filter(
      ([name, other]) => !demo.includes(name) && demo.includes(other),
    );
    expect(wrong).toEqual([]);
  });
});

describe('the worker', () => {
  const milliseconds = (text: string): number => msToNumber(text.replace(/^(\d+)s$/, '$1 seconds'));

  test('may end its steps before it is killed', () => {
    const [force = ''] = namesIn(read('src/worker.ts'), /shutdownForceTime: '([^']+)'/g);
    const [heartbeat = ''] = namesIn(
      read('src/config/index.ts'),
      /heartbeat: seconds\('([^']+)'\)/g,
    );
    const grace = milliseconds(serviceNamed('worker').stop_grace_period ?? '');
    expect(grace).toBeGreaterThan(milliseconds(force));
    expect(grace).toBeGreaterThan(milliseconds(heartbeat));
  });

  test('reads its configuration and keys, and writes reports only', () => {
    const { volumes, read_only: isReadOnly, cap_drop: dropped } = serviceNamed('worker');
    expect(volumes).toEqual([
      expect.objectContaining({
        target: '/etc/runbook',
        read_only: true,
        bind: { create_host_path: false },
      }),
      expect.stringMatching(/:\/var\/lib\/runbook\/reports$/),
    ]);
    expect([isReadOnly, dropped]).toEqual([true, ['ALL']]);
    expect(serviceNamed('worker').environment['RUNBOOK_CONFIG']).toBe('/etc/runbook/runbook.yaml');
    expect(read('deploy/env.example')).toContain('`reports: /var/lib/runbook/reports`');
  });

  test('of the demo takes no work of production', () => {
    expect(serviceNamed('worker').environment['RUNBOOK_TASK_QUEUE']).toBeUndefined();
    expect(serviceNamed('demo-worker').environment['RUNBOOK_TASK_QUEUE']).toBe('demo');
  });
});

describe('the files', () => {
  const mounts = services.flatMap(([, { volumes }]) =>
    volumes.map((volume) => (typeof volume === 'string' ? volume : volume.source)),
  );

  test('that are mounted from the repository exist, and cannot be changed from inside', () => {
    const fromHere = mounts.filter((mount) => mount.startsWith('./'));
    expect(fromHere).not.toEqual([]);
    for (const mount of fromHere) {
      const [source = '', target, mode] = mount.split(':');
      expect([mount, existsSync(join(root, source))]).toEqual([mount, true]);
      expect([source.slice(1), mode]).toEqual([target, 'ro']);
    }
  });

  test('that are volumes are declared', () => {
    const volumes = mounts.flatMap((mount) => namesIn(mount, /^(?:\$\{\w+:-)?(\w+)\}?:/g));
    expect([...new Set(volumes)].sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  test('that the commands name exist', () => {
    const paths = services.flatMap(([, service]) =>
      [...commandOf(service), ...(service.healthcheck?.test ?? [])].flatMap((word) =>
        namesIn(word, /^\/?((?:deploy|lib)\/.*)$/g),
      ),
    );
    expect(paths).toEqual(expect.arrayContaining(['deploy/temporal/setup-schema.sh']));
    const source = (path: string): string => path.replace(/^lib\/(.*)\.js$/, 'src/$1.ts');
    expect(paths.filter((path) => !existsSync(join(root, source(path))))).toEqual([]);
  });

  test('the namespace is prepared as `runbook up` prepares its own', () => {
    const script = read('deploy/temporal/setup-namespace.sh');
    const [keywords = ''] = namesIn(script, /^keywords='([^']+)'$/gm);
    expect(keywords.split(' ').sort()).toEqual([...searchAttributeNames].sort());
    expect(namesIn(script, /^days=(\d+)$/gm)).toEqual([String(retentionDays)]);
  });

  test.each(['setup-schema.sh', 'setup-namespace.sh'])('%s is a script of plain sh', (name) => {
    expect(() => execFileSync('sh', ['-n', join(root, 'deploy/temporal', name)])).not.toThrow();
  });
});

test('the lab’s health check and environment file work on a lab', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'runbook-compose-'));
  const lab = await startLab({ dir });
  const check = (...args: string[]): { status: number | null; stdout: string } =>
    spawnSync(process.execPath, args, { encoding: 'utf8', cwd: root });
  const [, , ...healthcheck] = serviceNamed('lab').healthcheck?.test ?? [];
  const onDir = healthcheck.map((word) => (word === '/lab' ? dir : word));
  try {
    const running = await inBackground(onDir);
    expect(running).toEqual({ status: 0, said: 'the lab answers with status 200\n' });
    const [, flag = ''] = commandOf(serviceNamed('demo-worker'));
    const { stdout } = check(flag.replace('/lab', dir), '-p', 'process.env.RUNBOOK_CONFIG');
    expect(stdout.trim()).toBe(lab.configPath);
  } finally {
    await lab.stop();
  }
  expect(check(...onDir).status).toBe(1);
  rmSync(dir, { recursive: true });
});

/** The lab runs in this process: it must go on while its check waits for it. */
async function inBackground(args: readonly string[]): Promise<{ status: number; said: string }> {
  const { execFile } = await import('node:child_process');
  return await new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root }, (error, stdout) =>
      resolve({ status: error === null ? 0 : 1, said: stdout }),
    );
  });
}
