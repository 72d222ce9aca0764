import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { seeded } from '../../src/lab/region/seed';
import { policiesAnywhere, workersKey } from '../deploy/policies';
import { runbook, type Said } from './command-line';
import { control, setStage, type Stage } from './stage';
import { machineOf, sourceId } from './world-checks';

jest.setTimeout(60_000);

/** The lab's configuration as far as these tests change it. */
interface Configured {
  installations: {
    prod: {
      ssh: { hostKeys: string[] };
      limits: { gate: string };
      spare?: object;
      drill?: object;
    };
  };
}

let stage: Stage;
beforeAll(async () => {
  stage = await setStage({
    installation: { reachedBy: { elasticIp: 'eipalloc-0123456789abcdef0' } },
  });
});
afterAll(() => stage.close());

const doctor = (environment: Readonly<Record<string, string>> = {}): Promise<Said> =>
  runbook({ ...stage.environment, ...environment }, 'doctor');

/** The doctor with a configuration that differs from the lab's. */
async function doctorWith(change: (config: Configured['installations']['prod']) => void) {
  const config = parse(readFileSync(stage.lab.configPath, 'utf8')) as Configured;
  change(config.installations.prod);
  // Beside the lab's own, where the keys are that it names.
  const path = join(stage.dir, 'changed.yaml');
  writeFileSync(path, stringify(config));
  return doctor({ RUNBOOK_CONFIG: path });
}

/** The lines that do not begin with `ok`, without the count at the end. */
const trouble = ({ out }: Said): string[] =>
  out.split('\n').filter((line) => /^(warn|FAIL)/.test(line));

interface Call {
  readonly action: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What the lab heard at its EC2 door. */
const calls = (since = 0): Call[] =>
  stage.lab.journal
    .since(since)
    .flatMap(({ kind, data }) => (kind === 'ec2' ? [data as unknown as Call] : []));
const changing = (since = 0): Call[] =>
  calls(since).filter(({ action }) => !/^(Describe|Get)/.test(action));

/** The tags that a call would set. */
const tagsOf = ({ parameters }: Call): Record<string, string> =>
  Object.fromEntries(
    Object.entries(parameters)
      .filter(([name]) => /Tag\.\d+\.Key$/.test(name))
      .map(([name, key]) => [key, parameters[name.replace(/Key$/, 'Value')] ?? '']),
  );

/** Files of the machine and its model, which no look may change. */
const machine = (): string => JSON.stringify(machineOf(stage, sourceId).inspect());

test('on a sound lab every line is ok, and nothing was changed', async () => {
  const before = machine();
  const said = await doctor();
  expect(trouble(said)).toEqual([]);
  expect(said).toMatchObject({ status: 0, err: '' });
  for (const what of [
    'configuration: prod',
    `Temporal: answers at ${stage.environment['TEMPORAL_ADDRESS'] ?? ''}`,
    `worker: polls task queue ${stage.taskQueue}`,
    `prod: Services machine: ${sourceId} is running`,
    'prod: specs of m5.2xlarge: 8 vCPU, 32768 MiB',
    'prod: ec2:RunInstances from ami-',
    'prod: SSH to ubuntu@10.0.1.5: logged in through the bastion',
    'prod: Replicated version: ',
    'prod: CircleCI API: the token is taken, 3 builds run',
  ]) {
    expect(said.out).toContain(`ok    ${what}`);
  }
  expect(said.out).toMatch(/^0 failed, 0 to look at$/m);
  expect(machine()).toBe(before);
  expect(
    changing()
      .map(({ action }) => action)
      .sort(),
  ).toEqual(['AssociateAddress', 'CreateImage', 'CreateTags', 'RunInstances']);
  expect(changing().filter(({ parameters }) => parameters['DryRun'] !== 'true')).toEqual([]);
});

test('before the first backup a role that is narrowed as it should be is no failure', async () => {
  stage.lab.faults.grant(workersKey, policiesAnywhere());
  const said = await doctor();
  stage.lab.faults.grant(workersKey, undefined);
  expect(trouble(said).map((line) => line.replace(/ {2}→.*$/, ''))).toEqual([
    expect.stringMatching(/^warn {2}prod: ec2:RunInstances .* is denied, but it is no backup$/),
    expect.stringMatching(
      /^warn {2}prod: ec2:CreateTags on .* denied, but no restore has made it$/,
    ),
    expect.stringMatching(/^warn {2}prod: ec2:AssociateAddress .* but no restore has made it$/),
  ]);
  expect(said.status).toBe(0);
});

test('before the first backup, with the image gone that the machine was made of, nothing is asked of it', async () => {
  const { images } = stage.lab.region.state;
  const { imageId = '' } = stage.lab.region.state.instances[sourceId] ?? {};
  const base = images[imageId];
  const begin = stage.lab.journal.since(0).length;
  Reflect.deleteProperty(images, imageId);
  const said = await doctor();
  if (base) images[imageId] = base;
  expect(trouble(said)).toEqual([
    `warn  prod: ec2:RunInstances could not be asked: there is no backup yet, and ${imageId}, of which ` +
      `${sourceId} was made, is gone  → ask again after the first backup`,
  ]);
  expect(said.status).toBe(0);
  expect(changing(begin).map(({ action }) => action)).not.toContain('RunInstances');
});

test('the dry runs ask about what the real calls are about, with their tags', async () => {
  const begin = stage.lab.journal.since(0).length;
  const backup = await stage.start('backup', { installation: 'prod' });
  const { imageId = '' } = await backup.report();
  const real = changing(begin);
  const end = stage.lab.journal.since(0).length;
  expect(trouble(await doctor())).toEqual([]);
  const asked = changing(end);
  const one = (among: Call[], action: string): Call[] => among.filter((c) => c.action === action);

  const kinds = { 'runbook:installation': 'prod', 'runbook:kind': 'backup' };
  for (const call of [...one(real, 'CreateImage'), ...one(asked, 'CreateImage')]) {
    expect(tagsOf(call)).toMatchObject(kinds);
  }
  const verdict = { parameters: { 'ResourceId.1': imageId }, tags: { 'runbook:verified': 'yes' } };
  for (const among of [real, asked]) {
    const told = one(among, 'CreateTags').map((call) => ({ ...call, tags: tagsOf(call) }));
    expect(told).toContainEqual(expect.objectContaining({ tags: verdict.tags }));
    expect(told.map(({ parameters }) => parameters['ResourceId.1'])).toContain(imageId);
  }
  const [launch] = one(asked, 'RunInstances');
  expect(launch?.parameters).toMatchObject({ ImageId: imageId, DryRun: 'true' });
  expect(launch && tagsOf(launch)).toMatchObject({ ...kinds, 'runbook:kind': 'restore' });
});

test('a spare and a drill are asked about in their quarantine', async () => {
  const begin = stage.lab.journal.since(0).length;
  const subnet = seeded.subnets[1];
  const quarantineSecurityGroup = seeded.quarantineGroup;
  const said = await doctorWith((prod) => {
    const securityGroups = [seeded.servicesGroup];
    prod.spare = { region: seeded.region, subnet, securityGroups, quarantineSecurityGroup };
    prod.drill = { subnet, quarantineSecurityGroup };
  });
  expect(trouble(said)).toEqual([]);
  expect(said.out).toMatch(
    /prod: the spare in us-east-1: ec2:RunInstances from ami-\w+ .*permitted/,
  );
  const asked = changing(begin)
    .filter(({ action, parameters }) => {
      return (
        action === 'RunInstances' && parameters['SecurityGroupId.1'] === quarantineSecurityGroup
      );
    })
    .map((call) => tagsOf(call)['runbook:kind']);
  expect(asked.sort()).toEqual(['drill', 'spare']);
});

test('a group that lets everything out is no quarantine', async () => {
  const subnet = seeded.subnets[1];
  const quarantineSecurityGroup = seeded.servicesGroup;
  const said = await doctorWith((prod) => {
    prod.drill = { subnet, quarantineSecurityGroup };
    const securityGroups = [seeded.servicesGroup];
    prod.spare = { region: seeded.region, subnet, securityGroups, quarantineSecurityGroup };
  });
  expect(trouble(said)).toEqual([
    expect.stringMatching(/^warn {2}prod: the spare .* lets packets out to 0\.0\.0\.0\/0/),
    expect.stringMatching(/^FAIL {2}prod: the drill .* lets packets out to 0\.0\.0\.0\/0/),
  ]);
});

test('a drill is asked about as it is launched: with no profile but its own', async () => {
  await control(stage.lab, '/deny', { actions: ['iam:PassRole'] });
  const said = await doctorWith((prod) => {
    const quarantineSecurityGroup = seeded.quarantineGroup;
    prod.drill = { subnet: seeded.subnets[1], quarantineSecurityGroup };
  });
  await control(stage.lab, '/deny', { actions: [] });
  expect(said.out).toMatch(/^ok {4}prod: the drill in us-east-1: ec2:RunInstances/m);
  expect(trouble(said)).toEqual([expect.stringContaining('prod: ec2:RunInstances from ami-')]);
});

test('an action that the role may not do is named, with what to do', async () => {
  await control(stage.lab, '/deny', { actions: ['CreateImage'] });
  const said = await doctor();
  await control(stage.lab, '/deny', { actions: [] });
  expect(trouble(said)).toEqual([
    `FAIL  prod: ec2:CreateImage of ${sourceId} is denied  → add it to the role of the worker: ` +
      'docs/operate/permissions.md has the policy',
  ]);
  expect(said.status).toBe(1);
});

test('specs that may not be read are no failure: only the sheet does without them', async () => {
  await control(stage.lab, '/deny', { actions: ['DescribeInstanceTypes'] });
  const said = await doctor();
  await control(stage.lab, '/deny', { actions: [] });
  expect(said.out).toMatch(/^warn  prod: specs of m5\.2xlarge: AWS denied DescribeInstanceTypes/m);
  expect(said.status).toBe(0);
});

test('a denied tag on a machine that no restore made is no failure: a policy may be so narrow', async () => {
  await control(stage.lab, '/deny', { actions: ['CreateTags'] });
  const said = await doctor();
  await control(stage.lab, '/deny', { actions: [] });
  expect(said.out).toMatch(
    new RegExp(`^warn  prod: ec2:CreateTags on ${sourceId} is denied, but`, 'm'),
  );
  expect(said.out).toMatch(/^FAIL {2}prod: ec2:CreateTags on ami-\w+ is denied/m);
});

test('a machine that is stopped is not the machine that a backup would take', async () => {
  const { [sourceId]: source } = stage.lab.region.state.instances;
  if (source) source.state = 'stopped';
  const said = await doctor();
  if (source) source.state = 'running';
  expect(trouble(said)).toEqual([
    expect.stringMatching(
      /^FAIL .*fits not one running machine; found: i-\w+ \(stopped\) {2}→ see/,
    ),
  ]);
  expect(said.status).toBe(1);
});

test('a host key that nobody pinned is shown, and what to compare it with', async () => {
  const said = await doctorWith(({ ssh }) => (ssh.hostKeys = []));
  expect(trouble(said)).toEqual([
    expect.stringMatching(
      /^FAIL {2}prod: host key of 10\.0\.1\.5 is not pinned; it shows ssh-\S+ SHA256:\S+ {2}→ compare it with the console output of i-\w+, then add it to ssh\.hostKeys$/,
    ),
  ]);
  expect(said.status).toBe(1);
});

test('a machine that shows another key than the pinned is not logged in to', async () => {
  const seen = stage.lab.journal.since(0).length;
  const other = `ssh-ed25519 SHA256:${'A'.repeat(43)}`;
  const said = await doctorWith(({ ssh }) => (ssh.hostKeys = [other]));
  expect(trouble(said)).toEqual([
    expect.stringMatching(/^FAIL {2}prod: SSH to ubuntu@10\.0\.1\.5: /),
  ]);
  expect(said.out).toContain(other);
  expect(said.out).toContain('→ see ssh in the configuration');
  expect(said.status).toBe(1);
  const commands = stage.lab.journal.since(seen).filter(({ kind }) => kind === 'command');
  expect(commands).toEqual([]);
});

test('a Temporal that does not answer is one line; the rest is examined all the same', async () => {
  const said = await doctor({ TEMPORAL_ADDRESS: '127.0.0.1:1' });
  expect(trouble(said)).toEqual([
    expect.stringMatching(/^FAIL {2}Temporal: Cannot reach Temporal at 127\.0\.0\.1:1/),
  ]);
  expect(said.out).toContain('→ start one with `runbook up`, or name yours with TEMPORAL_ADDRESS');
  expect(said.out).toContain('ok    prod: Replicated version: ');
  expect(said.status).toBe(1);
});

test('a worker that is not there is told from a Temporal that is not', async () => {
  const said = await doctor({ RUNBOOK_TASK_QUEUE: 'nobody' });
  expect(trouble(said)).toEqual([
    'FAIL  no worker polls task queue nobody  → start one with `runbook worker`',
  ]);
  expect(said.status).toBe(1);
});

test('a configuration that does not hold is told with its file and the place in it', async () => {
  const said = await doctorWith(({ limits }) => (limits.gate = 'a while'));
  expect(said.out).toMatch(/^FAIL {2}configuration: .*changed\.yaml has 1 problem\(s\):/m);
  expect(said.out).toContain('installations.prod.limits.gate: "a while" is no duration');
  expect(said.out).toContain('→ mend the file, or name another one with RUNBOOK_CONFIG');
  expect(said.out).toContain('ok    Temporal: answers at');
  expect(said.status).toBe(1);
});

test('whatever was found, nothing was changed but by the backup', () => {
  const wrote = changing().filter(({ parameters }) => parameters['DryRun'] !== 'true');
  expect(wrote.map(({ action }) => action)).toEqual(['CreateImage', 'CreateTags']);
});
