/** The checks that judge the stories, judged themselves: each must see what it is there for. */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateImageCommand,
  EC2Client,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type ResourceType,
} from '@aws-sdk/client-ec2';
import type { Lab } from '../../src/lab/compose';
import { startLab } from '../../src/lab/lab';
import { eventually } from './stage';
import { expectSoundWorld, machineOf, madeByRestores, sourceId } from './world-checks';

const tagged = (type: ResourceType, kind: string, run: string) => ({
  ResourceType: type,
  Tags: Object.entries({
    'runbook:installation': 'prod',
    'runbook:kind': kind,
    'runbook:run': run,
    'runbook:replaces': '10.0.1.5 203.0.113.10',
  }).map(([Key, Value]) => ({ Key, Value })),
});

describe('the judge of the world', () => {
  let dir = '';
  let lab: Lab;
  let ec2: EC2Client;
  let imageId = '';

  const launch = async (run: string, TagSpecifications = [tagged('instance', 'restore', run)]) => {
    const { Instances = [] } = await ec2.send(
      new RunInstancesCommand({
        ImageId: imageId,
        InstanceType: 'm5.2xlarge',
        MinCount: 1,
        MaxCount: 1,
        ClientToken: `runbook-${run}-${String(Date.now())}`,
        ...(TagSpecifications.length > 0 ? { TagSpecifications } : {}),
      }),
    );
    const id = Instances[0]?.InstanceId ?? '';
    await eventually('the machine', 10, () => lab.region.machines.has(id) || undefined);
    return machineOf({ lab }, id);
  };

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'runbook-judge-'));
    lab = await startLab({ dir, speed: 3000 });
    const credentials = { accessKeyId: 'JUDGE', secretAccessKey: 'opens-nothing' };
    ec2 = new EC2Client({ region: 'us-east-1', endpoint: lab.ec2Url, credentials });
    const made = await ec2.send(
      new CreateImageCommand({
        InstanceId: sourceId,
        Name: 'backup',
        Description: 'Backup of the CircleCI Services machine of prod',
        NoReboot: true,
        TagSpecifications: [tagged('image', 'backup', 'b'), tagged('snapshot', 'backup', 'b')],
      }),
    );
    imageId = made.ImageId ?? '';
    const image = () => lab.region.state.images[imageId]?.state === 'available' || undefined;
    await eventually('the image', 10, image);
  });
  afterEach(async () => {
    ec2.destroy();
    await lab.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const judge = (): void => {
    expectSoundWorld({ lab });
  };

  test('finds nothing wrong with one machine of one image', async () => {
    await launch('r');
    expect(madeByRestores({ lab })).toHaveLength(1);
    expect(judge).not.toThrow();
  });

  test('sees a second machine of one run', async () => {
    await launch('r');
    await launch('r');
    expect(judge).toThrow();
  });

  test('sees a machine without tags', async () => {
    await launch('r', []);
    expect(judge).toThrow('runbook:installation');
  });

  test('sees an address file that is half written', async () => {
    const { root } = await launch('r');
    truncateSync(join(root, 'etc/default/replicated'), 20);
    expect(judge).toThrow();
  });

  test('sees an address file that was changed without keeping the original', async () => {
    const { root, privateAddress, publicAddress = '' } = await launch('r');
    const path = 'etc/default/replicated';
    const rewritten = readFileSync(join(root, path), 'latin1')
      .replaceAll('10.0.1.5', privateAddress)
      .replaceAll('10-0-1-5', privateAddress.replaceAll('.', '-'))
      .replaceAll('203.0.113.10', publicAddress);
    writeFileSync(join(root, path), rewritten, 'latin1');
    expect(judge).toThrow('ENOENT');
  });

  test('sees an app of the old machine that was left stopped', () => {
    const source = machineOf({ lab }, sourceId);
    const { inspect } = source;
    source.inspect = () => ({ ...inspect.call(source), app: { state: 'stopped' } });
    expect(judge).toThrow('started');
  });

  test('sees a call that ends a machine of somebody else', async () => {
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [sourceId] }));
    expect(judge).toThrow('TerminateInstances');
  });
});
