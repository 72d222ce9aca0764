import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createActivities, type Activities } from '../../src/activities';
import { loadConfig } from '../../src/config';
import type { RestorePlan } from '../../src/contract/plan';
import { restoreRequest } from '../../src/contract/requests';
import { labEnvironment } from '../../src/lab/config-file';
import { startLab } from '../../src/lab/lab';
import { hasResources } from '../../src/lab/region/condition-keys';
import { seeded, seededElsewhere } from '../../src/lab/region/seed';
import { tagNames } from '../../src/machine/backups/tags';
import type { World } from '../../src/world';
import { openWorld } from '../../src/world/open';
import { control } from '../stories/stage';
import { root } from './compose-file';
import { policyInLab, policyOf, roles, withoutAction, workersKey, type Policy } from './policies';

jest.setTimeout(60_000);

/** No Temporal is here to ask: every attempt is the one that is waited for. */
const isAwaited = (): Promise<void> => Promise.resolve();

/** `RunInstances` and `iam:PassRole`, as the product's calls name them. */
function actionsOf(role: string): string[] {
  const actions = policyOf(role).Statement.flatMap(({ Action }) => Action);
  return [...new Set(actions)].map((action) => action.replace(/^ec2:/, ''));
}

/** What the product's door to AWS can send. */
const door = join(root, 'src/world/ec2');
const sent = readdirSync(door)
  .map((file) => readFileSync(join(door, file), 'utf8'))
  .flatMap((text) => [...text.matchAll(/\bnew (\w+)Command\(|\bpaginate(\w+)\(/g)])
  .map(([, command, paged]) => command ?? paged ?? '');

describe('the policies', () => {
  test('allow nothing that the product never asks for', () => {
    for (const role of roles) {
      const idle = actionsOf(role).filter(
        (action) => action !== 'iam:PassRole' && !sent.includes(action),
      );
      expect([role, idle]).toEqual([role, []]);
    }
  });

  test('together allow everything that it does ask for', () => {
    const allowed = new Set(roles.flatMap(actionsOf));
    expect(sent.filter((action) => !allowed.has(action))).toEqual([]);
  });

  test('name actions in full, and all resources only for what has none of its own', () => {
    for (const { Action, Resource } of roles.flatMap((role) => policyOf(role).Statement)) {
      expect(Action.filter((action) => action.includes('*'))).toEqual([]);
      const isAboutNone = Action.every((action) => !hasResources(action.replace(/^ec2:/, '')));
      const isAboutAny = Resource.includes('*');
      expect([Action, isAboutAny]).toEqual([
        Action,
        isAboutNone && !Action.includes('iam:PassRole'),
      ]);
    }
  });

  test('let a reader change nothing', () => {
    expect(actionsOf('read-only').filter((action) => !action.startsWith('Describe'))).toEqual([]);
  });
});

/** A Temporal without any run: no restore holds a claim. */
const nobodyAtWork = new Client({ connection: Connection.lazy() });
jest.spyOn(nobodyAtWork.workflow, 'getHandle').mockReturnValue({
  describe: () => Promise.reject(new WorkflowNotFoundError('none', 'nobody', undefined)),
} as unknown as WorkflowHandle);
afterAll(() => nobodyAtWork.connection.close());

/** Runs an activity as the worker would, once. */
function perform<A extends keyof Activities>(
  activities: Activities,
  name: A,
  input: Parameters<Activities[A]>[0],
): ReturnType<Activities[A]> {
  const environment = new MockActivityEnvironment(
    {},
    { logger: new DefaultLogger('ERROR'), client: nobodyAtWork },
  );
  const activity = activities[name] as (given: typeof input) => ReturnType<Activities[A]>;
  return environment.run(activity, input) as ReturnType<Activities[A]>;
}

const installation = 'prod';
const { region } = seeded;
let runs = 0;

/** Asked for the sheet, which is made without an answer too: here a denial must be seen. */
async function readSpecs(world: World): Promise<void> {
  await world.ec2(region).specs('m5.2xlarge');
}

/** A backup's calls to AWS, by a worker that pins no host key and so looks at the console. */
async function backUp(world: World): Promise<void> {
  const activities = createActivities(world, isAwaited);
  runs += 1;
  const found = await perform(activities, 'findMachine', { installation });
  const { machine, launch, volumes } = found;
  await perform(activities, 'trustHostKey', { machine, recorded: [] });
  const record = {
    installation,
    run: `backup-${runs}`,
    takenAt: new Date().toISOString(),
    consistency: 'no-reboot',
    sourceInstanceId: machine.instanceId,
    privateAddress: machine.privateAddress,
    hostKeys: [],
    launch,
    externalServices: false,
    objectStorage: 's3',
    unrecorded: [],
  } as const;
  const { imageId } = await perform(activities, 'createImage', {
    region,
    record,
    id: `id-${runs}`,
  });
  await perform(activities, 'awaitImage', { installation, region, imageId });
  await perform(activities, 'verifyImage', { region, imageId, volumes });
  const regions = [seededElsewhere.region];
  const copying = { installation, region, imageId, volumes, regions, generation: 0 };
  await perform(activities, 'copyImage', copying);
  await readSpecs(world);
  // A backup goes on without it: here a denial must be seen.
  await world.ec2(region).untag([machine.instanceId], [tagNames.appStopped]);
}

/** A restore's calls to AWS, after those of a clean-up of builds, which the same worker does. */
async function restore(world: World): Promise<void> {
  const activities = createActivities(world, isAwaited);
  runs += 1;
  const run = { workflowId: `restore-${runs}`, firstRunId: String(runs) };
  await perform(activities, 'findMachine', { installation });
  const request = restoreRequest.parse({ installation });
  const { plan } = await perform(activities, 'planRestore', { ...request, firstRunId: 'first' });
  const { instanceId } = await perform(activities, 'launchInstance', { plan, run, generation: 0 });
  const place = { installation, region: plan.region, instanceId };
  const running = await perform(activities, 'awaitInstance', place);
  await perform(activities, 'moveElasticIp', { plan, instanceId });
  const stranger = { installation, instanceId, hostKeys: [], ...running };
  const { offered } = await perform(activities, 'trustHostKey', {
    machine: stranger,
    recorded: [],
  });
  await perform(activities, 'awaitMachine', { machine: { ...stranger, hostKeys: [offered] } });
}

/** What `backups`, `doctor` and `sheet` ask AWS for a person who only looks. */
async function look(world: World): Promise<void> {
  const ec2 = world.ec2(region);
  await ec2.images({ tags: { 'runbook:installation': installation } });
  await ec2.instances({ tags: { Name: 'prod_services' } });
  await readSpecs(world);
  await ec2.zonesWith('m5.2xlarge');
  await ec2.subnet(seeded.subnets[0]);
  await ec2.securityGroups([seeded.servicesGroup]);
}

/** Plans and removes what is too old, and takes a hold off as `runbook unhold` does. */
async function prune(world: World): Promise<void> {
  const activities = createActivities(world, isAwaited);
  const plan = await perform(activities, 'planPrune', { installation });
  const [old = ''] = plan.backups.filter(({ keep }) => !keep).map(({ id }) => id);
  expect(old).not.toBe('');
  await world.ec2(region).untag([old], ['runbook:hold']);
  const removal = { installation, restoreClaim: 'nobody', run: 'prune', strays: plan.strays };
  await perform(activities, 'removeBackups', { ...removal, images: [{ region, imageId: old }] });
}

/** Makes a spare and ends it as a superseded one, makes another and takes that over. */
async function spare(world: World): Promise<void> {
  const activities = createActivities(world, isAwaited);
  await readSpecs(world);
  const make = async () => {
    runs += 1;
    const run = { workflowId: `spare-${runs}`, firstRunId: `spare-${runs}` };
    const { plan } = await perform(activities, 'planSpare', { installation });
    const launch = { plan, run, generation: 0 };
    const { instanceId } = await perform(activities, 'launchSpare', launch);
    const place = { installation, region: plan.region, instanceId };
    const running = await perform(activities, 'awaitInstance', place);
    const machine = { ...place, hostKeys: [], ...running };
    await perform(activities, 'trustHostKey', { machine, recorded: [] });
    await perform(activities, 'restSpare', { plan, machine });
    return { run, instanceId, plan };
  };
  const old = await make();
  const retiring = { ...old.plan, previous: [old.instanceId] };
  await perform(activities, 'retireSpares', { plan: retiring, instanceId: 'i-00000000' });
  const { run, instanceId, plan: made } = await make();
  const plan: RestorePlan = {
    ...made,
    existingInstanceId: instanceId,
    spare: { securityGroupIds: [seeded.servicesGroup] },
    replacesFrom: 'its tags',
    others: [],
    unseen: [],
    changes: [],
  };
  await perform(activities, 'launchInstance', { plan, run, generation: 0 });
}

/** A drill's calls to AWS, from its launch to its end. */
async function drill(world: World): Promise<void> {
  const activities = createActivities(world, isAwaited);
  runs += 1;
  const firstRunId = `drill-${runs}`;
  const now = new Date().toISOString();
  const { plan } = await perform(activities, 'planDrill', { installation, now });
  const run = { workflowId: firstRunId, firstRunId };
  const { instanceId } = await perform(activities, 'launchDrill', { plan, run, generation: 0 });
  const place = { installation, region: plan.region, instanceId };
  const running = await perform(activities, 'awaitInstance', place);
  const machine = { ...place, hostKeys: [], ...running };
  const { offered } = await perform(activities, 'trustHostKey', { machine, recorded: [] });
  await perform(activities, 'awaitMachine', { machine: { ...machine, hostKeys: [offered] } });
  const known = { ...machine, hostKeys: [offered] };
  const groups = plan.launch.securityGroupIds;
  await perform(activities, 'proveSilence', { machine: known, groups, isTried: true });
  const verdict = { outcome: 'passed', why: '' } as const;
  await perform(activities, 'tellVerdict', { plan, instanceId, verdict, at: now });
  const ending = { plan, firstRunId, instanceId, wasTried: true };
  await perform(activities, 'endDrill', ending);
}

// The role that asks Temporal comes first: the end of each restores what stands in for it.
describe.each([
  ['prune', prune],
  ['spare', spare],
  ['drill', drill],
  ['backup', backUp],
  ['restore', restore],
  ['read-only', look],
] as const)('the role %s', (role, work) => {
  let stopLab = async (): Promise<void> => undefined;
  let allowOnly: (policy: Policy | undefined) => void;
  let tidyUp: () => Promise<void>;
  let world: World;

  beforeAll(async () => {
    const dir = mkdtempSync(join(tmpdir(), 'runbook-permissions-'));
    const reachedBy = { elasticIp: seeded.elasticIp };
    const keep = { last: 1 };
    const spareHere = {
      region,
      subnet: seeded.subnets[1],
      securityGroups: [seeded.servicesGroup],
      quarantineSecurityGroup: seeded.quarantineGroup,
    };
    const copies = [{ region: seededElsewhere.region }];
    const { subnet, quarantineSecurityGroup } = spareHere;
    const drillHere = { subnet, quarantineSecurityGroup };
    const lab = await startLab({
      dir,
      speed: 600,
      installation: { reachedBy, keep, copies, spare: spareHere, drill: drillHere },
    });
    jest.replaceProperty(process, 'env', { ...process.env, ...labEnvironment(dir, lab.ec2Url) });
    world = openWorld(loadConfig(lab.configPath));
    allowOnly = (policy) => {
      lab.faults.grant(workersKey, policy && [policy]);
    };
    tidyUp = async () => {
      const made = Object.values(lab.region.state.instances).filter(
        ({ clientToken, state }) => clientToken !== undefined && state !== 'terminated',
      );
      for (const { id } of made) await control(lab, `/machines/${id}/lose`);
    };
    stopLab = async () => {
      await lab.stop();
      rmSync(dir, { recursive: true, force: true });
    };
    // A restore needs a backup to start from; the role that makes it is not under test then.
    if (['restore', 'spare', 'drill'].includes(role)) await backUp(world);
  });
  // Each prune needs a backup that is too old.
  beforeEach(async () => {
    if (role !== 'prune') return;
    allowOnly(undefined);
    await backUp(world);
    await backUp(world);
  });
  afterEach(() => tidyUp());
  afterAll(async () => {
    await stopLab();
    jest.restoreAllMocks();
  });

  test('does its work with what its policy allows', async () => {
    allowOnly(policyInLab(role));
    await expect(work(world)).resolves.toBeUndefined();
  });

  test.each(actionsOf(role))('notices when %s is taken from it', async (dropped) => {
    const action = dropped === 'iam:PassRole' ? dropped : `ec2:${dropped}`;
    allowOnly(withoutAction(policyInLab(role), action));
    const failure: unknown = await work(world).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: 'AwsDenied', message: expect.stringContaining(dropped) });
  });
});
