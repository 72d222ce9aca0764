import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { seeded } from '../../src/lab/region/seed';
import { stageAfterLoss } from './crash';
import { control, setStage, storyOf, type Run, type Stage } from './stage';
import { madeByRestores, restoredMachine } from './world-checks';

jest.setTimeout(120_000);

const [firstSubnet, secondSubnet] = seeded.subnets;
const launching = '1. Launch an instance from the image';

interface File {
  installations: { prod: { launch?: Record<string, unknown> } };
}

/** A person corrects runbook.yaml; the worker is not restarted. */
function configure(stage: Stage, launch: Record<string, unknown>): void {
  const file = parse(readFileSync(stage.lab.configPath, 'utf8')) as File;
  file.installations.prod.launch = { ...file.installations.prod.launch, ...launch };
  writeFileSync(stage.lab.configPath, stringify(file));
}

const market = (stage: Stage, changes: object): Promise<unknown> =>
  control(stage.lab, `/regions/${seeded.region}/market`, changes);

/** The machines of this story, as EC2 has them. */
const launched = (stage: Stage): { readonly instanceType: string; readonly subnetId: string }[] =>
  Object.values(stage.lab.region.state.instances).filter(({ id }) =>
    madeByRestores(stage).includes(id),
  );

/** The launches that EC2 was asked for: what for, under which token, and what it said. */
const asked = (stage: Stage, since: number) =>
  stage.lab.journal.since(since).flatMap(({ kind, data }) => {
    const call = data as { action: string; outcome: string; parameters: Record<string, string> };
    if (kind !== 'ec2' || call.action !== 'RunInstances') return [];
    const { InstanceType, SubnetId, ClientToken } = call.parameters;
    return [{ what: `${InstanceType ?? ''} ${SubnetId ?? ''}`, ClientToken, said: call.outcome }];
  });

const restore = (stage: Stage): Promise<Run> => stage.start('restore', { installation: 'prod' });

describe('a launch that AWS refuses', () => {
  const opened = stageAfterLoss({ limits: { attempts: 2 } });
  let text = '';
  // Each story finds file and market as the first did.
  beforeAll(() => {
    text = readFileSync(opened().lab.configPath, 'utf8');
  });
  beforeEach(async () => {
    writeFileSync(opened().lab.configPath, text);
    opened().lab.faults.remove();
    await market(opened(), { retired: [], soldOut: [], keyPairs: [seeded.keyPair] });
  });

  test('of a type that is retired goes on with the corrected one, after its approval', async () => {
    const stage = opened();
    await market(stage, { retired: ['m5.2xlarge'] });
    const run = await restore(stage);
    const refused = await run.approveUntil(`failed: ${launching}`);
    expect(refused.details).toMatch(
      /\*\*TypeUnavailable\*\* m5\.2xlarge in subnet-\w+: AWS refused/,
    );
    configure(stage, { instanceType: 'm6i.2xlarge' });
    await run.answer('retry', refused);
    const changed = await run.gate('Approve the changed launch');
    expect(changed.details).toContain(
      `- tried in this order: m5.2xlarge in ${firstSubnet} → **m6i.2xlarge in ${firstSubnet}**`,
    );
    expect(launched(stage)).toEqual([]);
    await run.answer('approve', changed);
    const report = await run.finish();
    restoredMachine(stage);
    expect(launched(stage)).toMatchObject([{ instanceType: 'm6i.2xlarge' }]);
    const story = storyOf(report.journal);
    const begin = story.indexOf(`${launching} — failed`);
    expect(story.slice(begin, begin + 7)).toEqual([
      `${launching} — failed`,
      `failed: ${launching} — done`,
      'Read the launch settings again — done',
      'Approve the changed launch — approved',
      'Read the launch settings again — done',
      `${launching} — done`,
      'Wait for its status checks — done',
    ]);
  });

  test('whose reply was lost takes the machine that was made, not another one as corrected', async () => {
    const stage = opened();
    stage.lab.faults.add({ action: 'RunInstances', effect: 'lose-reply' });
    stage.lab.faults.add({ action: 'DescribeInstances', effect: 'stale' });
    const run = await restore(stage);
    const lost = await run.approveUntil(`failed: ${launching}`);
    expect(lost.details).toContain('AwsUnavailable');
    configure(stage, { instanceType: 'm6i.2xlarge' });
    await run.answer('retry', lost);
    const changed = await run.gate('Approve the changed launch');
    // EC2 shows the machine only once the person has said yes to another one.
    stage.lab.faults.remove();
    await run.answer('approve', changed);
    const report = await run.finish();
    restoredMachine(stage);
    expect(launched(stage)).toMatchObject([{ instanceType: 'm5.2xlarge' }]);
    expect(report.journal.findLast(({ title }) => title === launching)?.note).toMatch(
      /m5\.2xlarge in subnet-\w+, was launched by an earlier request of this run and is taken/,
    );
  });

  test('and a file with mistakes is refused with each of them, until it is right', async () => {
    const stage = opened();
    await market(stage, { keyPairs: [] });
    const run = await restore(stage);
    const gone = await run.approveUntil(`failed: ${launching}`);
    expect(gone.details).toContain('LaunchResourceGone');
    configure(stage, { keyPair: 5, subnet: [] });
    await run.answer('retry', gone);
    const broken = await run.gate('failed: Read the launch settings again');
    expect(broken.details).toContain('ConfigurationBroken');
    expect(broken.details).toContain('installations.prod.launch.keyPair');
    expect(broken.details).toContain('installations.prod.launch.subnet');
    writeFileSync(stage.lab.configPath, text);
    configure(stage, { keyPair: 'circleci-2026' });
    await market(stage, { keyPairs: ['circleci-2026'] });
    await run.answer('retry', broken);
    const changed = await run.gate('Approve the changed launch');
    expect(changed.details).toContain('- keyPair: circleci-services → **circleci-2026**');
    // Corrected once more while the question waits: what was approved is not what is launched.
    configure(stage, { subnet: secondSubnet });
    await run.answer('approve', changed);
    const again = await run.gate('Approve the changed launch');
    expect(again.id).not.toBe(changed.id);
    expect(again.details).toContain(`**m5.2xlarge in ${secondSubnet}**`);
    await run.answer('approve', again);
    await run.finish();
    restoredMachine(stage);
    expect(launched(stage)).toMatchObject([{ subnetId: secondSubnet, keyName: 'circleci-2026' }]);
  });

  test('goes down its list, each under a token of its own, until one is taken', async () => {
    const stage = opened();
    configure(stage, {
      instanceType: ['m4.2xlarge', 'm5.2xlarge'],
      subnet: [firstSubnet, secondSubnet],
    });
    await stage.stopWorker();
    await stage.startWorker();
    await market(stage, { retired: ['m4.2xlarge'], soldOut: [`m5.2xlarge ${seeded.region}a`] });
    const begin = stage.lab.journal.since(0).length;
    const run = await restore(stage);
    const gate = await run.gate('Approve the launch');
    expect(gate.details).toContain(
      `tried as **m4.2xlarge in ${secondSubnet}**, then **m5.2xlarge in ${firstSubnet}**, then ` +
        `**m5.2xlarge in ${secondSubnet}**`,
    );
    const report = await run.finish();
    restoredMachine(stage);
    expect(launched(stage)).toMatchObject([{ instanceType: 'm5.2xlarge', subnetId: secondSubnet }]);
    const calls = asked(stage, begin);
    expect(calls.map(({ what, said }) => `${what} ${said}`)).toEqual([
      `m4.2xlarge ${firstSubnet} Unsupported`,
      `m4.2xlarge ${secondSubnet} Unsupported`,
      `m5.2xlarge ${firstSubnet} InsufficientInstanceCapacity`,
      `m5.2xlarge ${secondSubnet} ok`,
    ]);
    expect(new Set(calls.map(({ ClientToken }) => ClientToken)).size).toBe(4);
    const lines = report.journal.filter(({ title }) => title === launching);
    expect(lines.map(({ state }) => state)).toEqual([
      'passed over',
      'passed over',
      'passed over',
      'done',
    ]);
    expect(lines[2]?.note).toMatch(/^TypeUnavailable: m5\.2xlarge in subnet-\w+ is passed over: /);
  });
});

describe('credentials of a file', () => {
  let stage: Stage;
  let credentials: string;
  const keep = (key: string): void => {
    writeFileSync(
      credentials,
      `[default]\naws_access_key_id = ${key}\naws_secret_access_key = s\n`,
    );
  };
  beforeAll(async () => {
    stage = await setStage({
      moreEnvironment: (dir) => {
        credentials = join(dir, 'credentials');
        keep('LABKEYOFSPRING000000');
        return {
          AWS_ACCESS_KEY_ID: '',
          AWS_SECRET_ACCESS_KEY: '',
          AWS_SHARED_CREDENTIALS_FILE: credentials,
        };
      },
    });
    await (await stage.start('backup', { installation: 'prod' })).report();
  });
  afterAll(() => stage.close());

  test('that are over stop at a gate; renewed ones are used by the next retry, without a restart', async () => {
    const workers = stage.workers().length;
    const run = await stage.start('restore', {
      installation: 'prod',
      acknowledge: ['source-running'],
    });
    await run.approveUntil('Approve the launch');
    await control(stage.lab, '/logins', { refused: { LABKEYOFSPRING000000: 'RequestExpired' } });
    // What was approved is looked at again before the launch: that is refused first.
    const gate = await run.approveUntil('failed: Look again at what was approved');
    expect(gate.details).toContain('**AwsLoginRefused**');
    expect(gate.details).toContain('RequestExpired');
    keep('LABKEYOFSUMMER000000');
    await run.answer('retry', gate);
    await run.approveUntil('Change the DNS record');
    expect(madeByRestores(stage)).toHaveLength(1);
    // Renewed before anybody noticed, they do not even lead to a gate.
    await control(stage.lab, '/logins', { refused: { LABKEYOFSUMMER000000: 'AuthFailure' } });
    keep('LABKEYOFAUTUMN000000');
    const other = await stage.start('backup', { installation: 'prod' });
    expect((await other.report().catch((error: unknown) => error)) instanceof Error).toBe(true);
    expect(stage.workers()).toHaveLength(workers);
    await run.handle.terminate();
  });
});
