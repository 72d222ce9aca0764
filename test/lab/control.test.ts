import { DescribeInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2';
import { seeded } from '../../src/lab/region/seed';
import { clientOf, inFakeLab } from './region/fake-lab';
import { codeOf } from './region/refusal';

/** Talks to a control API. */
function controlOf(base: string) {
  return async (method: string, path: string, body?: unknown) => {
    const response = await fetch(base + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  };
}

const machine = `/machines/${seeded.servicesMachine}`;

test('tells the journal from a number on', () =>
  inFakeLab(async ({ lab, ec2 }) => {
    const control = controlOf(lab.controlUrl);
    await ec2.send(new DescribeInstancesCommand({}));
    const all = await control('GET', '/journal');
    expect(all.body).toEqual({ entries: lab.journal.since(0) });
    const last = lab.journal.since(0).length;
    expect((await control('GET', `/journal?since=${String(last)}`)).body).toEqual({ entries: [] });
  }));

test('shows the world: what AWS has, the DNS zone, the machines, the Nomad clients', () =>
  inFakeLab(async ({ lab }) => {
    const control = controlOf(lab.controlUrl);
    await control('POST', '/dns', { name: seeded.hostname, address: '203.0.113.57' });
    await control('POST', '/nomad-clients', { id: 'a1b2c3d4', serverAddress: '10.0.1.57' });
    expect((await control('GET', '/world')).body).toMatchObject({
      dns: { 'circleci.example.com': '203.0.113.57' },
      nomadClients: [
        { id: 'a1b2c3d4', serverAddress: '10.0.1.57' },
        { id: 'e5f60718', serverAddress: '10.0.1.5' },
      ],
      instances: [{ id: seeded.servicesMachine, state: 'running', publicAddress: '203.0.113.10' }],
      images: [],
      addresses: [{ allocationId: seeded.elasticIp }],
      machines: { [seeded.servicesMachine]: { answers: true } },
    });
  }));

test('loses a machine at once, protected or not, and only once', () =>
  inFakeLab(async ({ lab, ec2 }) => {
    const control = controlOf(lab.controlUrl);
    expect((await control('POST', `${machine}/lose`)).status).toBe(200);
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({}));
    expect(Reservations?.[0]?.Instances?.[0]).toMatchObject({ State: { Name: 'terminated' } });
    expect(lab.region.machineAt(seeded.privateAddress)).toBeUndefined();
    expect((await control('POST', `${machine}/lose`)).status).toBe(404);
  }));

test('sets traps of a machine and refuses those it does not know', () =>
  inFakeLab(async ({ lab }) => {
    const control = controlOf(lab.controlUrl);
    const { body } = await control('POST', `${machine}/set`, { answers: false });
    expect(body).toMatchObject({ answers: false });
    expect((await control('POST', `${machine}/set`, { nonsense: 1 })).status).toBe(400);
  }));

test('sets and removes faults and denials', () =>
  inFakeLab(async ({ lab, ec2 }) => {
    const control = controlOf(lab.controlUrl);
    const ask = () => codeOf(ec2.send(new DescribeInstancesCommand({})));
    await control('POST', '/faults', {
      action: 'Describe*',
      effect: 'error',
      code: 'Unavailable',
      status: 503,
    });
    expect(await ask()).toBe('Unavailable');
    expect((await control('GET', '/faults')).body).toMatchObject({
      faults: [{ id: 'fault-1', struck: 1 }],
    });
    await control('DELETE', '/faults');
    await control('POST', '/deny', { actions: ['DescribeInstances'] });
    expect(await ask()).toBe('UnauthorizedOperation');
    await control('POST', '/deny', { actions: [] });
    expect(await ask()).toBe('accepted');
    expect((await control('POST', '/faults', { action: 'X', effect: 'unheard of' })).status).toBe(
      400,
    );
  }));

test('lets a test wait until somebody is held at a barrier, and release it', () =>
  inFakeLab(async ({ lab }) => {
    const control = controlOf(lab.controlUrl);
    const ec2 = clientOf(lab.ec2Url);
    await control('POST', '/barriers', { point: 'StopInstances' });
    const early = await control('GET', '/barriers/barrier-1/wait?seconds=0.05');
    expect(early.body).toMatchObject({ state: 'armed' });
    const held = ec2.send(new StopInstancesCommand({ InstanceIds: [seeded.servicesMachine] }));
    const reached = await control('GET', '/barriers/barrier-1/wait');
    expect(reached.body).toMatchObject({ state: 'reached' });
    // The effect has happened before the reply.
    expect(lab.region.machines.get(seeded.servicesMachine)?.answers).toBe(false);
    await control('POST', '/barriers/barrier-1/release');
    expect((await held).StoppingInstances).toHaveLength(1);
    expect((await control('GET', '/barriers/none/wait')).status).toBe(404);
    ec2.destroy();
  }));

test('stops while calls hang and are held', async () => {
  let held: Promise<string> | undefined;
  await inFakeLab(async ({ lab, ec2 }) => {
    const barrier = lab.barriers.hold('DescribeInstances');
    held = codeOf(ec2.send(new DescribeInstancesCommand({})));
    await barrier.reached;
    lab.faults.add({ action: 'StopInstances', effect: 'hang' });
    void codeOf(ec2.send(new StopInstancesCommand({ InstanceIds: [seeded.servicesMachine] })));
    await new Promise((resolve) => setTimeout(resolve, 50));
  });
  await expect(held).resolves.toBeDefined();
});
