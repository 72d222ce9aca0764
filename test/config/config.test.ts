import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { inRegion } from '../../src/machine/launch/places';
import {
  ConfigError,
  configPath,
  loadConfig,
  type Config,
  type Installation,
} from '../../src/config';

const root = join(__dirname, '../..');
const exampleFile = join(root, 'runbook.example.yaml');
const pin = `ssh-ed25519 SHA256:${'A'.repeat(43)}`;

/** The least that an installation needs. */
const least = {
  region: 'us-east-1',
  servicesMachine: { instance: 'i-0123456789abcdef0' },
  hostname: 'circleci.example.com',
  ssh: { user: 'ubuntu', key: './services_ed25519' },
};

const bastion = { host: 'bastion.example.com', user: 'ops', key: './ops_ed25519', hostKeys: [pin] };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runbook-config-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function configurationPage(): string {
  return readFileSync(join(root, 'docs/operate/configuration.md'), 'utf8');
}

function write(text: string): string {
  const file = join(folder, 'runbook.yaml');
  writeFileSync(file, text);
  return file;
}

/** Loads a file whose installation `prod` has these settings besides the least. */
function loadProd(settings: object, more: object = {}): Config {
  return loadConfig(
    write(stringify({ installations: { prod: { ...least, ...settings } }, ...more })),
  );
}

function prodOf(config: Config): Installation {
  const prod = config.installations['prod'];
  if (prod === undefined) throw new Error('no installation prod');
  return prod;
}

/** The problems that loading ends with. */
function problemsOf(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('the file was taken');
}

describe('the example file', () => {
  it('loads', () => {
    const config = loadConfig(exampleFile);
    expect(Object.keys(config.installations)).toEqual(['prod', 'staging']);
  });

  it('shows the limits that hold without it', () => {
    expect(prodOf(loadConfig(exampleFile)).limits).toEqual(prodOf(loadProd({})).limits);
    expect(prodOf(loadConfig(exampleFile)).freshness).toEqual(prodOf(loadProd({})).freshness);
  });

  it('shows every key that the page on configuration explains', () => {
    const example = readFileSync(exampleFile, 'utf8');
    const [tables = ''] = configurationPage().split('## Environment');
    // `servicesMachine.instance`, `dns: true`: the last word that names a key.
    const keys = [...tables.matchAll(/^\| `([\w.]+)/gm)].map(([, key = '']) => key);
    expect(keys.length).toBeGreaterThan(40);
    const isShown = (key: string): boolean =>
      new RegExp(`\\b${key.split('.').at(-1) ?? ''}:`).test(example);
    expect(keys.filter((key) => !isShown(key))).toEqual([]);
  });

  it('is explained by the page on configuration, key by key', () => {
    const page = configurationPage();
    const { launch, approvals, limits, ssh, ...rest } = prodOf(loadConfig(exampleFile));
    const { sha1Keys, ...written } = ssh;
    expect(sha1Keys).toEqual([]);
    const keys = [launch, approvals, limits, written, rest].flatMap((part) => Object.keys(part));
    expect(keys.filter((key) => !page.includes(`\`${key}`))).toEqual([]);
  });
});

describe('a drill', () => {
  const quarantineSecurityGroup = 'sg-0eeeeeeeeeeeeeee0';
  const drillProblems = (drill: object) =>
    problemsOf(() => loadProd({ drill: { quarantineSecurityGroup, ...drill } }));

  it('needs its quarantine and nothing else', () => {
    const { drill } = prodOf(loadProd({ drill: { quarantineSecurityGroup } }));
    expect(drill).toEqual({ quarantineSecurityGroup, mayReach: [], ask: [], ttl: 6 * 3600 });
    expect(problemsOf(() => loadProd({ drill: {} }))[0]).toContain('quarantineSecurityGroup');
  });

  it.each([
    [{ region: 'us-west-2' }, /drill\.region: is a region without backups/],
    [{ hostname: least.hostname.toUpperCase() }, /drill\.hostname: is the hostname of the inst/],
    [{ ttl: '5 minutes' }, /drill\.ttl: is between 10 minutes and 3 days/],
    [{ ttl: '4 days' }, /drill\.ttl: is between 10 minutes and 3 days/],
    [{ ask: ['nobody'] }, /drill\.ask\.0/],
    [{ mayReach: ['sg-0123456789abcdef0'] }, /drill\.mayReach\.0/],
    [{ schedule: { cron: 'sometimes' } }, /drill\.schedule\.cron/],
  ])('is refused with %j', (drill, problem) => {
    expect(drillProblems(drill)).toEqual([expect.stringMatching(problem)]);
  });

  it('may be where there are copies', () => {
    const elsewhere = { copies: [{ region: 'us-west-2' }] };
    const drill = { quarantineSecurityGroup, region: 'us-west-2' };
    expect(prodOf(loadProd({ ...elsewhere, drill })).drill?.region).toBe('us-west-2');
  });
});

describe('copies', () => {
  const objectStorage = { source: 'files.us-west-2.example.com:/objects' };
  const copies = [{ region: 'us-west-2', objectStorage }];
  const nfs = { kind: 'nfs', path: '/data/objects', source: 'files.example.com:/objects' };

  it('may name the NFS export of their region, which counts there and only there', () => {
    const prod = prodOf(loadProd({ copies, objectStorage: { ...nfs, options: 'hard' } }));
    const there = inRegion(prod, 'us-west-2');
    expect(there?.objectStorage).toEqual({ ...nfs, options: 'hard', ...objectStorage });
    expect(inRegion(prod, prod.region)?.objectStorage).toMatchObject({ source: nfs.source });
  });

  it.each([{}, { objectStorage: { kind: 'disk', path: '/data/objects' } }])(
    'name no export where the objects are on none (%j)',
    (settings) => {
      expect(problemsOf(() => loadProd({ copies, ...settings }))).toEqual([
        expect.stringContaining(
          'copies: names an NFS export, but objectStorage is not of kind nfs',
        ),
      ]);
    },
  );
});

describe('a file that says the least', () => {
  it('asks for every approval', () => {
    const { approvals } = prodOf(loadProd({}));
    expect(approvals).toEqual({
      launch: 'required',
      elasticIp: 'required',
      buildRecords: 'required',
      prune: 'required',
    });
  });

  it('dials the private address on port 22 and expects a person to change the DNS record', () => {
    const { ssh, reachedBy } = prodOf(loadProd({}));
    expect(ssh).toMatchObject({ address: 'private', port: 22, agent: false, hostKeys: [] });
    expect(reachedBy).toEqual({ dns: true });
  });
});

describe('durations', () => {
  it.each([
    ['90 seconds', 90],
    ['15 minutes', 900],
    ['12 hours', 43_200],
    ['7 days', 604_800],
    ['0.3 seconds', 0.3],
    [45, 45],
  ])('reads %p as %d seconds', (written, seconds) => {
    expect(prodOf(loadProd({ limits: { launch: written } })).limits.launch).toBe(seconds);
  });

  it.each(['soon', '', '0 seconds', '-5 minutes', 0, -1])('refuses %p', (written) => {
    const problems = problemsOf(() => loadProd({ limits: { launch: written } }));
    expect(problems).toEqual([
      `installations.prod.limits.launch: "${String(written)}" is no duration: write for example "15 minutes"`,
    ]);
  });
});

describe('a schedule', () => {
  const scheduled = (schedule: object): Config => loadProd({ schedule });
  const problemIn = (schedule: object): readonly string[] => problemsOf(() => scheduled(schedule));

  it('is not there unless it is asked for', () => {
    expect(prodOf(loadProd({})).schedule).toBeUndefined();
  });

  it('needs no more than its cron expression', () => {
    expect(prodOf(scheduled({ cron: '30 2 * * *' })).schedule).toEqual({
      cron: '30 2 * * *',
      timezone: 'UTC',
      consistency: 'no-reboot',
      catchup: 3600,
    });
  });

  it.each(['UTC', 'Etc/UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'US/Pacific'])(
    'may follow the clock of %p',
    (timezone) => {
      expect(prodOf(scheduled({ cron: '@daily', timezone })).schedule).toMatchObject({ timezone });
    },
  );

  it.each([
    ['Mars/Olympus', 'UTC" or "Europe/Berlin'],
    ['+02:00', 'UTC" or "Europe/Berlin'],
    ['europe/berlin', 'Europe/Berlin'],
    ['utc', 'UTC'],
    ['', 'UTC" or "Europe/Berlin'],
  ])('is refused with the time zone %p', (timezone, instead) => {
    expect(problemIn({ cron: '@daily', timezone })).toEqual([
      `installations.prod.schedule.timezone: "${timezone}" is no time zone: write for example "${instead}"`,
    ]);
  });

  it('is refused with a bad expression, and says what is wrong with it', () => {
    expect(problemIn({ cron: '0 25 * * *' })).toEqual([
      'installations.prod.schedule.cron: "0 25 * * *" has "25" as hour, which takes 0-23',
    ]);
  });

  it.each(['5 seconds', '1 year'])('is caught up within bounds, not within %p', (catchup) => {
    expect(problemIn({ cron: '@daily', catchup })).toEqual([
      'installations.prod.schedule.catchup: is between 10 seconds (Temporal takes no less) and 31 days',
    ]);
  });

  it('is refused with a jitter that is no duration, or another way to make an image', () => {
    const paths = problemIn({ cron: '@daily', jitter: 'some', consistency: 'best' }).map(
      (problem) => problem.split(':', 1)[0],
    );
    expect(paths.sort()).toEqual([
      'installations.prod.schedule.consistency',
      'installations.prod.schedule.jitter',
    ]);
  });
});

describe('the API of CircleCI', () => {
  const api = (url: string) => ({ circleciApi: { tokenFile: './token', url } });

  it('is asked only with a token, whose file is relative to this one', () => {
    expect(prodOf(loadProd({})).circleciApi).toBeUndefined();
    const { circleciApi } = prodOf(loadProd({ circleciApi: { tokenFile: './token' } }));
    expect(circleciApi).toEqual({ tokenFile: join(folder, 'token') });
    expect(problemsOf(() => loadProd({ circleciApi: {} }))).toHaveLength(1);
  });

  it.each(['https://ci.example.com', 'https://ci.example.com:8443', 'http://127.0.0.1:8080'])(
    'may be at %s',
    (url) => {
      expect(prodOf(loadProd(api(url))).circleciApi?.url).toBe(url);
    },
  );

  it.each([
    'http://ci.example.com',
    'http://127.0.0.1.example.com',
    'https://user:word@ci.example.com',
    'https://ci.example.com/api',
    'https://ci.example.com?circle-token=1',
    'ftp://ci.example.com',
    'ci.example.com',
  ])('is not at %s: the token would travel readably, or elsewhere', (url) => {
    expect(problemsOf(() => loadProd(api(url))).join()).toContain('circleciApi.url');
  });
});

describe('paths', () => {
  it('are relative to the file, not to the current folder', () => {
    const config = loadProd({ ssh: { ...least.ssh, bastion } }, { reports: './out' });
    const { ssh } = prodOf(config);
    expect(ssh.key).toBe(join(folder, 'services_ed25519'));
    expect(ssh.bastion?.key).toBe(join(folder, 'ops_ed25519'));
    expect(config.reports).toBe(join(folder, 'out'));
  });

  it('stay when they are absolute, and begin at home after a tilde', () => {
    expect(prodOf(loadProd({ ssh: { user: 'ubuntu', key: '/etc/keys/one' } })).ssh.key).toBe(
      '/etc/keys/one',
    );
    expect(prodOf(loadProd({ ssh: { user: 'ubuntu', key: '~/keys/one' } })).ssh.key).toBe(
      join(homedir(), 'keys/one'),
    );
  });
});

describe('what is refused', () => {
  it('is told all at once, each problem with its path', () => {
    const problems = problemsOf(() =>
      loadProd(
        {
          region: 'Virginia',
          hostname: 'https://circleci.example.com',
          approvals: { launch: 'maybe' },
          keep: { last: 0, hourly: 3 },
          limits: { gate: 'for ever', attempts: 0 },
          shell: 'real',
        },
        { notify: { url: 'the channel' } },
      ),
    );
    expect(problems.map((problem) => problem.split(':', 1)[0]).sort()).toEqual([
      'installations.prod',
      'installations.prod.approvals.launch',
      'installations.prod.hostname',
      'installations.prod.keep',
      'installations.prod.keep.last',
      'installations.prod.limits.attempts',
      'installations.prod.limits.gate',
      'installations.prod.region',
      'notify.url',
    ]);
  });

  it('is told in one message that begins with the file', () => {
    const file = write('installations: {}');
    expect(() => loadConfig(file)).toThrow(
      `${file} has 1 problem(s):\n  installations: names at least one installation`,
    );
  });

  it('is a bastion without a pinned key', () => {
    const problems = problemsOf(() =>
      loadProd({ ssh: { ...least.ssh, bastion: { ...bastion, hostKeys: [] } } }),
    );
    expect(problems).toEqual([
      'installations.prod.ssh.bastion.hostKeys: a bastion needs its pinned key: it is never trusted on first use',
    ]);
  });

  it.each([
    ['both a key and the agent', { key: './one', agent: true }],
    ['neither a key nor the agent', {}],
  ])('is a login with %s', (_what, login) => {
    const either = 'give either "key" (a file) or "agent: true"';
    expect(problemsOf(() => loadProd({ ssh: { user: 'ubuntu', ...login } }))).toEqual([
      `installations.prod.ssh.key: ${either}`,
    ]);
    const { host, user, hostKeys } = bastion;
    const hop = { host, user, hostKeys, ...login };
    expect(problemsOf(() => loadProd({ ssh: { ...least.ssh, bastion: hop } }))).toEqual([
      `installations.prod.ssh.bastion.key: ${either}`,
    ]);
  });

  it.each([
    ['a bare fingerprint', 'SHA256:AAAA'],
    [
      'a whole public key',
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl',
    ],
    ['an MD5 fingerprint', 'ssh-rsa MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48'],
  ])('is a host key that is %s', (_what, key) => {
    const [problem] = problemsOf(() => loadProd({ ssh: { ...least.ssh, hostKeys: [key] } }));
    expect(problem).toMatch(/^installations\.prod\.ssh\.hostKeys\.0\.pin: is a pinned host key/);
  });

  it('is an installation with a name that a request could not say', () => {
    const file = write(stringify({ installations: { 'Prod 1': least } }));
    expect(problemsOf(() => loadConfig(file))).toHaveLength(1);
  });

  it('is a file that is not there, with what to do', () => {
    const [problem] = problemsOf(() => loadConfig(join(folder, 'nowhere.yaml')));
    expect(problem).toMatch(/ENOENT.*Name the file with RUNBOOK_CONFIG/);
  });

  it('is a file that is no YAML', () => {
    const file = write('installations: [');
    expect(problemsOf(() => loadConfig(file))).toHaveLength(1);
  });
});

describe('the path of the file', () => {
  it('is what RUNBOOK_CONFIG says, else runbook.yaml in the current folder', () => {
    expect(configPath({ RUNBOOK_CONFIG: '/etc/runbook/prod.yaml' })).toBe('/etc/runbook/prod.yaml');
    expect(configPath({})).toBe('runbook.yaml');
  });
});

describe('a host key', () => {
  const rsa = `ssh-rsa SHA256:${'B'.repeat(43)}`;

  it('may be proven by SHA-1 only where that is said of it', () => {
    const hostKeys = [pin, { pin: rsa, sha1: true }, { pin: rsa.replace('B', 'C') }];
    const way = { ...bastion, hostKeys: [{ pin: rsa, sha1: true }] };
    const { ssh } = prodOf(loadProd({ ssh: { ...least.ssh, hostKeys, bastion: way } }));
    expect(ssh.hostKeys).toEqual([pin, rsa, rsa.replace('B', 'C')]);
    expect(ssh.sha1Keys).toEqual([rsa]);
    expect(ssh.bastion).toMatchObject({ hostKeys: [rsa], sha1Keys: [rsa] });
  });

  it('of another type than RSA is never proven so, and nothing else may stand beside it', () => {
    const load = (key: object) => () => loadProd({ ssh: { ...least.ssh, hostKeys: [key] } });
    expect(problemsOf(load({ pin, sha1: true }))[0]).toMatch(
      /hostKeys\.0\.sha1: only a key of type/,
    );
    expect(problemsOf(load({ pin: rsa, sha: true }))).toHaveLength(1);
  });
});
