/**
 * The sheet for a restore by hand: written after a backup, made by the command while Temporal is
 * down, and followed word by word on a machine that its own first instruction launches.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { loadConfig } from '../../src/config';
import type { SheetFacts } from '../../src/contract/sheet/facts';
import type { Action, Section } from '../../src/contract/sheet/page';
import type { LabOptions } from '../../src/lab/compose';
import { openWorld } from '../../src/world/open';
import type { Connection } from '../../src/world/ssh';
import { needs } from '../requirements';
import { runbook, type Said } from './command-line';
import { control, eventually, setStage, type Stage } from './stage';
import { machineOf, sourceId } from './world-checks';

jest.setTimeout(120_000);

type Place = Pick<LabOptions, 'profile' | 'shell' | 'init'>;
const portable: Place[] = [
  { profile: 'debian', shell: 'portable', init: 'systemd' },
  { profile: 'debian', shell: 'portable', init: 'upstart' },
];
const real: Place[] = [{ profile: 'rhel', shell: 'real', init: 'systemd' }];
const places = needs('bwrap', 'sshd') ? [...portable, ...real] : portable;

type SheetJson = SheetFacts & { readonly sections: readonly Section[] };

/** The command, with nobody at Temporal's address. */
const sheet = (stage: Stage, ...args: string[]): Promise<Said> =>
  runbook({ ...stage.environment, TEMPORAL_ADDRESS: '127.0.0.1:1' }, 'sheet', 'prod', ...args);

async function readSheet(stage: Stage): Promise<SheetJson> {
  const { out, err, status } = await sheet(stage, '--json');
  expect([status, err]).toEqual([0, '']);
  return JSON.parse(out) as SheetJson;
}

/** The things to do under a title, in their order. */
function actionsOf({ sections }: SheetJson, title: string): readonly Action[] {
  const steps = sections.flatMap((section) => section.steps ?? []);
  const found = steps.find((step) => step.title === title);
  if (found === undefined) throw new Error(`the sheet has no step ${title}`);
  return found.actions;
}

/** Launches what the sheet's own command asks AWS for; bash reads the command, as it would there. */
async function launch(stage: Stage, page: SheetJson): Promise<string> {
  const [{ run = '' } = {}] = actionsOf(page, '1. Launch an instance from the image');
  const heard = spawnSync('/bin/bash', ['-c', `aws() { printf '%s\\0' "$@" >&2; }; ${run}`]);
  const [service, action, ...asked] = heard.stderr.toString().split('\0');
  expect([service, action]).toEqual(['ec2', 'run-instances']);
  const after = (option: string): string => asked[asked.indexOf(option) + 1] ?? '';
  const pairs = (text: string): Record<string, string> =>
    Object.fromEntries(text.split(',').map((pair) => pair.split('=') as [string, string]));
  const metadata = pairs(after('--metadata-options'));
  const ec2 = new EC2Client({
    region: after('--region'),
    endpoint: stage.lab.ec2Url,
    credentials: { accessKeyId: 'ANA', secretAccessKey: 'opens-nothing' },
  });
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({
      ImageId: after('--image-id'),
      MinCount: Number(after('--count')),
      MaxCount: Number(after('--count')),
      InstanceType: after('--instance-type') as 'm5.2xlarge',
      SubnetId: after('--subnet-id'),
      SecurityGroupIds: [after('--security-group-ids')],
      KeyName: after('--key-name'),
      IamInstanceProfile: pairs(after('--iam-instance-profile')),
      MetadataOptions: {
        HttpTokens: metadata['HttpTokens'] as 'optional',
        HttpPutResponseHopLimit: Number(metadata['HttpPutResponseHopLimit']),
      },
      TagSpecifications: JSON.parse(after('--tag-specifications')) as [],
    }),
  );
  ec2.destroy();
  return Instances[0]?.InstanceId ?? '';
}

/** A person at one root shell: what was assigned and defined before is still there. */
class Person {
  private readonly known: string[] = [];

  constructor(
    private readonly connection: Connection,
    private readonly page: SheetJson,
  ) {}

  /** Types one thing; the answer is what it printed, errors included. */
  async type(run: string): Promise<string> {
    const script = [...this.known, run].join('\n');
    const { stdout, stderr } = await this.connection.run({ script, args: [], timeoutSeconds: 60 });
    // Said once: what it printed then is not printed with each thing that comes after it.
    if (/^(if \[ -e|[A-Z_]+=|change\(\))/.test(run)) this.known.push(`{ ${run}\n} >/dev/null`);
    return stdout + stderr;
  }

  /** Does what the sheet says under a title, in order; `answers` says what to wait for. */
  async follow(title: string, answers: readonly (readonly [say: RegExp, answer: RegExp])[] = []) {
    const said: string[] = [];
    for (const { say, run } of actionsOf(this.page, title)) {
      if (run === undefined || run === 'sudo -i' || /^(Only if|Else|If it has)/.test(say)) continue;
      const wanted = answers.find(([words]) => words.test(say))?.[1] ?? /^/;
      said.push(
        await eventually(`${title}: ${say}`, 60, async () => {
          const answer = await this.type(run);
          if (!wanted.test(answer)) throw new Error(answer);
          return answer;
        }),
      );
    }
    return said;
  }
}

describe.each(places)('a restore by hand on $profile with $init, $shell shell', (place) => {
  let stage: Stage;
  let page: SheetJson;
  let instanceId = '';
  let before: readonly string[] = [];
  const folder = place.profile === 'rhel' ? 'etc/sysconfig' : 'etc/default';
  const filesOf = (id: string): string[] =>
    ['replicated', 'replicated-operator'].map((name) =>
      readFileSync(join(machineOf(stage, id).root, folder, name), 'utf8'),
    );

  beforeAll(async () => {
    stage = await setStage(place);
    await (await stage.start('backup', { installation: 'prod' })).report();
    before = filesOf(sourceId);
    page = await readSheet(stage);
    await control(stage.lab, `/machines/${sourceId}/lose`);
    instanceId = await launch(stage, page);
    await eventually('the machine runs', 60, () =>
      stage.lab.region.state.instances[instanceId]?.state === 'running' ? true : undefined,
    );
  });
  afterAll(() => stage.close());

  test('launches the machine that a restore would launch', () => {
    const { instances } = stage.lab.region.state;
    const { instanceType, subnetId, groupIds, profileArn, keyName, hopLimit, httpTokens } =
      instances[sourceId] ?? {};
    expect(instances[instanceId]).toMatchObject({
      ...{ instanceType, subnetId, groupIds, profileArn, keyName, hopLimit, httpTokens },
      imageId: page.image.id,
      tags: { Name: 'prod_services' },
    });
  });

  test('brings the app up on its own address, with the commands of the sheet alone', async () => {
    const machine = machineOf(stage, instanceId);
    const { privateAddress, publicAddress = '' } = machine;
    await control(stage.lab, '/dns', { name: 'circleci.example.com', address: publicAddress });
    const world = openWorld(loadConfig(stage.environment['RUNBOOK_CONFIG'] ?? ''));
    const { user, bastion, key } = world.installation('prod').ssh;
    const target = {
      ...{ host: privateAddress, port: 22, user, credentials: { keyFile: key }, pins: [] },
      bastion: bastion && { ...bastion, pins: bastion.hostKeys, keyFile: bastion.key },
    };
    const connection = await eventually('the login', 60, async () => {
      const pins = [(await world.ssh.offeredHostKey(target)).pin];
      return world.ssh.connect({ ...target, pins });
    });
    try {
      const ana = new Person(connection, page);
      const title = 'On the new machine: be root, and say where it is';
      for (const { run = '' } of actionsOf(page, title).slice(1)) {
        const typed = run
          .replace('NEW_PRIVATE=', `NEW_PRIVATE=${privateAddress}`)
          .replace('NEW_PUBLIC=', `NEW_PUBLIC=${publicAddress}`);
        const said = await ana.type(typed);
        if (run === 'hostname -I') expect(said.split(' ')[0]).toBe(privateAddress);
      }
      // An app that is started by itself meanwhile is stopped all the same.
      await eventually('the app of the image', 60, () =>
        stage.lab.journal
          .since(0)
          .find((one) => one.machine === instanceId && one.text.includes('starts by itself')),
      );
      await ana.follow('2. Stop the app', [
        [/prints nothing/, /^$/],
        [/IsTransitioning/, /"State": "stopped"[^]*"IsTransitioning": false/],
        [/only containers/, /^((replicated|retraced-|premkit|statsd).*\n)+$/],
      ]);
      expect(machine.inspect()).toMatchObject({ app: { state: 'stopped', transitioning: false } });

      await ana.follow('3. Fix the hostname', [
        [/must resolve/, new RegExp(publicAddress.replaceAll('.', '\\.'))],
        [/If this prints/, /^circleci\.example\.com\n/],
      ]);

      const told = await ana.follow('4. Update the IP addresses');
      const own = (text: string): string =>
        text
          .replace(/\b10\.0\.1\.5\b/g, privateAddress)
          .replace(/\b10-0-1-5\b/g, privateAddress.replaceAll('.', '-'))
          .replace(/\b203\.0\.113\.10\b/g, publicAddress);
      expect(filesOf(instanceId)).toEqual(before.map(own));
      expect(filesOf(instanceId)).not.toEqual(before);
      // What still mentions them is elsewhere.
      expect(told.at(-1)).toContain('/etc/hosts');
      expect(told.at(-1)).not.toMatch(/\/replicated(-operator)?:/);
      const kept = join(machine.root, 'root/before-restore');
      expect(readFileSync(join(kept, folder, 'replicated'), 'utf8')).toBe(before[0]);
      expect(statSync(kept).mode & 0o777).toBe(0o700);

      const [, mounted] = await ana.follow('5. Remove /opt/nomad');
      expect(mounted).toBe('');
      expect(() => statSync(join(machine.root, 'opt/nomad'))).toThrow('ENOENT');

      await ana.follow('Restart Replicated on its new addresses', [
        [/every part/, /^\{(\s*"\w+": "ready",?)+\s*\}\n$/],
        [/Both must print/, new RegExp(`^${privateAddress}\n${privateAddress}:9879\n$`)],
      ]);
      await ana.follow('6. Restart the app');
      await eventually('the app', 90, async () => {
        const status = actionsOf(page, '6. Restart the app')[1]?.run ?? '';
        const said = await ana.type(status);
        if (said.includes('no such image')) await ana.follow('6. Restart the app');
        return said.includes('"State": "started"') && said.includes('"IsTransitioning": false')
          ? true
          : undefined;
      });
      await ana.follow('Verify the app', [
        [/Every line/, /^(\S+ [23]\d\d\n)+$/],
        [/leader/, /\btrue\b/],
      ]);
    } finally {
      connection.close();
    }
    expect(machine.inspect()).toMatchObject({
      app: { state: 'started', transitioning: false, error: '' },
    });
  });
});

describe('the sheet', () => {
  let stage: Stage;
  let dir = '';
  beforeAll(async () => {
    stage = await setStage();
    dir = mkdtempSync(join(tmpdir(), 'runbook-sheet-'));
  });
  afterAll(async () => {
    await stage.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const saved = (ending: string): string =>
    readFileSync(join(stage.dir, 'reports/sheets', `prod.${ending}`), 'utf8');

  test('is not made of nothing', async () => {
    const { status, out, err } = await sheet(stage, '--html', join(dir, 'none.html'));
    expect([status, out]).toEqual([1, '']);
    expect(err).toContain('No usable backup of prod was found in us-east-1 (seen: none)');
  });

  test('is written after each backup, for the backup that was just made', async () => {
    for (let nights = 0; nights < 2; nights += 1) {
      const { imageId } = await (await stage.start('backup', { installation: 'prod' })).report();
      for (const ending of ['md', 'html']) {
        for (const value of [
          ...[imageId, 'circleci.example.com', '10.0.1.5', '203.0.113.10', sourceId],
          ...['8 vCPU, 32 GiB memory', '100 GiB gp2', 'SHA256:'],
        ]) {
          expect(saved(ending)).toContain(value);
        }
      }
    }
  });

  test('is printed, or written where it is told to, by a command that needs no Temporal', async () => {
    const since = stage.lab.journal.since(0).length;
    const printed = await sheet(stage);
    const [html, markdown] = [join(dir, 'prod.html'), join(dir, 'prod.md')];
    const written = await sheet(stage, '--html', html, '--markdown', markdown);
    expect([printed.status, printed.err, written.status]).toEqual([0, '', 0]);
    expect(written.out).toBe(`${html} written\n${markdown} written\n`);
    const undated = (text: string): string => text.replace(/Made \d.*? UTC/, '');
    expect(undated(printed.out)).toBe(undated(saved('md')));
    expect(undated(readFileSync(markdown, 'utf8'))).toBe(undated(saved('md')));
    expect(undated(readFileSync(html, 'utf8'))).toBe(undated(saved('html')));
    const asked = stage.lab.journal.since(since).map(({ text }) => text.split(' ')[0]);
    expect([...new Set(asked)].sort()).toEqual(['DescribeImages', 'DescribeInstanceTypes']);
  });

  test('says that the specs are unknown where nobody may ask for them', async () => {
    await control(stage.lab, '/deny', { actions: ['DescribeInstanceTypes'] });
    const backup = await (await stage.start('backup', { installation: 'prod' })).report();
    const { out, status } = await sheet(stage);
    await control(stage.lab, '/deny', { actions: [] });
    expect([backup.status, status]).toEqual(['done', 0]);
    for (const text of [out, saved('md')]) {
      expect(text).toContain('specs unknown: AWS denied DescribeInstanceTypes in us-east-1');
      expect(text).toContain(backup.imageId);
    }
  });

  test('that cannot be written does not spoil a backup', async () => {
    const folder = join(stage.dir, 'reports/sheets');
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'in the way');
    const { status } = await (await stage.start('backup', { installation: 'prod' })).report();
    expect(status).toBe('done');
    expect(readFileSync(folder, 'utf8')).toBe('in the way');
  });
});
