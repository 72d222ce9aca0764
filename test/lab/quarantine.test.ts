/** A copy of a live machine in quarantine, in both shells: judged by what the lab saw it do. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeInstanceAttributeCommand,
  RebootInstancesCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import { startLab } from '../../src/lab/lab';
import type { Lab, LabOptions } from '../../src/lab/compose';
import { seeded } from '../../src/lab/region/seed';
import type { CommandOutput, LabEvent } from '../../src/lab/shapes';
import type { Command } from '../../src/machine/shell/commands';
import { quote } from '../../src/machine/shell/quoting';
import {
  lookForSounds,
  openSeal,
  putIntoService,
  sealUserData,
  readSeal,
  type SealOrder,
} from '../../src/machine/app/seal';
import { openEc2, type Ec2 } from '../../src/world/ec2';
import { clientOf, eventually } from './region/fake-lab';
import { describeReal } from './shell/real-machine';

jest.setTimeout(60_000);
process.env['AWS_ACCESS_KEY_ID'] = 'test';
process.env['AWS_SECRET_ACCESS_KEY'] = 'test';

const launch = {
  instanceType: 'm5.2xlarge',
  subnetId: seeded.subnets[0],
  securityGroupIds: [seeded.quarantineGroup],
  httpTokens: 'optional',
  httpPutResponseHopLimit: 1,
  terminationProtection: false,
} as const;

describe('the portable shell', () => {
  stories({ shell: 'portable' });
  stories({ shell: 'portable', init: 'upstart' });
});
describeReal()('the real shell', () => {
  stories({ shell: 'real' });
});

function stories(options: Partial<LabOptions>): void {
  describe(`a copy in quarantine (${options.init ?? 'systemd'})`, () => {
    let dir: string;
    let lab: Lab;
    let ec2: Ec2;
    let client: EC2Client;
    let imageId: string;
    beforeAll(async () => {
      dir = mkdtempSync(join(tmpdir(), 'lab-'));
      lab = await startLab({ dir, speed: 300, timings: { image: 10 }, ...options });
      ec2 = openEc2({ region: seeded.region, endpoint: lab.ec2Url });
      client = clientOf(lab.ec2Url);
      const instanceId = seeded.servicesMachine;
      const tags = { imageTags: {}, snapshotTags: {} };
      const order = { instanceId, name: 'copy', description: '', reboot: false, ...tags };
      imageId = await ec2.createImage(order);
      await eventually(async () => {
        expect((await ec2.images({ ids: [imageId] }))[0]?.state).toBe('available');
      });
    });
    afterAll(async () => {
      client.destroy();
      await lab.stop();
      rmSync(dir, { recursive: true, force: true });
    });

    const start = async (userData: string | undefined, clientToken: string): Promise<string> => {
      const order = { imageId, launch, clientToken, tags: { Name: 'copy' } };
      const shutdownBehavior = 'terminate';
      return (await ec2.runInstance({ ...order, userData, shutdownBehavior })).id;
    };
    const sealed = (order?: SealOrder, token = 'sealed'): Promise<string> =>
      start(sealUserData(order), token);
    const events = (id: string): LabEvent[] =>
      lab.journal.since(0).filter(({ machine }) => machine === id);
    const texts = (id: string, kind: LabEvent['kind']): string[] =>
      events(id).flatMap((event) => (event.kind === kind ? event.text : []));
    const boots = (id: string, times: number): Promise<void> =>
      eventually(async () => {
        const seen = texts(id, 'unit').filter((text) => text.startsWith('replicated-operator '));
        expect(seen).toHaveLength(times);
      }, 15);
    const run = (id: string, { script, args }: Command): Promise<CommandOutput> => {
      const machine = lab.region.machines.get(id);
      if (machine === undefined) throw new Error(`there is no ${id}`);
      return machine.surroundings.runScript(
        machine,
        `set -- ${args.map(quote).join(' ')}\n${script}`,
      );
    };
    let silent: string;

    test('dials nobody and starts nothing, at its first boot and at the next', async () => {
      silent = await sealed();
      await boots(silent, 1);
      await client.send(new RebootInstancesCommand({ InstanceIds: [silent] }));
      await boots(silent, 2);
      await lab.clock.sleep(120);
      expect(texts(silent, 'dial')).toEqual([]);
      expect(texts(silent, 'app')).toEqual([]);
      expect(texts(silent, 'unit').filter((text) => text.endsWith(' started'))).toEqual([]);
      expect(texts(silent, 'boot')).toContain('user data ended with status 0');
      // That containers bear labels is told by those that have ended, too.
      const heard = await run(silent, lookForSounds);
      expect(heard).toMatchObject({ stdout: 'labels are used\n', exitCode: 0 });
      expect((await run(silent, readSeal(silent))).stdout).toBe('sealed\n');
    });

    test('shows its user data as EC2 does', async () => {
      const command = new DescribeInstanceAttributeCommand({
        InstanceId: silent,
        Attribute: 'userData',
      });
      const { UserData } = await client.send(command);
      expect(Buffer.from(UserData?.Value ?? '', 'base64').toString()).toBe(sealUserData());
    });

    test('starts its units when the seal is opened, until the next boot; its dials are blocked', async () => {
      expect(await run(silent, openSeal)).toMatchObject({ stdout: 'open\n', exitCode: 0 });
      await client.send(new RebootInstancesCommand({ InstanceIds: [silent] }));
      await boots(silent, 3);
      expect(texts(silent, 'dial')).toEqual([]);
      await run(silent, openSeal);
      for (const unit of ['replicated', 'replicated-ui', 'replicated-operator']) {
        await run(silent, { script: `service ${unit} start`, args: [], timeoutSeconds: 1 });
      }
      expect(texts(silent, 'dial')).toEqual([
        `replicated-operator dials ${seeded.privateAddress}:9879: blocked by its security groups`,
      ]);
      const sounds = (await run(silent, lookForSounds)).stdout;
      expect(sounds).toContain('unit replicated-operator\n');
      expect(sounds).toMatch(/^container [|]replicated[|]quay.io\/\S+[|]replicated$/m);
    });

    test('starts at each boot once it is in service, and only that instance', async () => {
      await run(silent, putIntoService('i-00000000000000000'));
      await client.send(new RebootInstancesCommand({ InstanceIds: [silent] }));
      await eventually(
        async () => expect((await run(silent, readSeal(silent))).stdout).toBe('sealed\n'),
        15,
      );
      await run(silent, putIntoService(silent));
      await ec2.changeSecurityGroups(silent, [seeded.servicesGroup]);
      await client.send(new RebootInstancesCommand({ InstanceIds: [silent] }));
      await eventually(async () => {
        expect(texts(silent, 'dial').at(-1)).toContain(`reaches ${seeded.servicesMachine}`);
      }, 15);
      await ec2.terminateInstance(silent);
    });

    test('ends itself at its time, by its own clock', async () => {
      const expires = Math.floor(Date.now() / 1000) + 600;
      const id = await sealed({ expires, ttlSeconds: 600 }, 'short');
      await boots(id, 1);
      const state = (): string | undefined => lab.region.state.instances[id]?.state;
      expect(state()).toBe('running');
      await eventually(async () => expect(state()).toBe('terminated'), 15);
      expect(lab.region.state.instances[id]?.stateReason?.code).toBe(
        'Client.InstanceInitiatedShutdown',
      );
      expect(texts(id, 'boot')).toContain(`${id} shuts itself down`);
    });

    test.each(['absent', 'ignores'])('dials the live machine where cloud-init %s', async (how) => {
      const live = lab.region.machines.get(seeded.servicesMachine);
      // A connection that lay idle may be closed by now; a look is repeated, a CreateImage never.
      await ec2.images({ ids: [imageId] });
      live?.set({ cloudInit: how });
      const order = { instanceId: seeded.servicesMachine, name: how, description: '' };
      const tags = { imageTags: {}, snapshotTags: {} };
      const image = await ec2.createImage({ ...order, reboot: false, ...tags });
      live?.set({ cloudInit: 'obeys' });
      await eventually(async () => {
        expect((await ec2.images({ ids: [image] }))[0]?.state).toBe('available');
      });
      const servicesLaunch = { ...launch, securityGroupIds: [seeded.servicesGroup] };
      const { id } = await ec2.runInstance({
        ...{ imageId: image, launch: servicesLaunch, clientToken: how, tags: {} },
        userData: sealUserData(),
      });
      await boots(id, 1);
      expect(texts(id, 'dial')).toEqual([
        `replicated-operator dials ${seeded.privateAddress}:9879: reaches ${seeded.servicesMachine}`,
      ]);
      expect((await run(id, readSeal(id))).stdout).toBe('open\n');
      expect((await run(id, lookForSounds)).stdout).toContain('unit replicated-operator\n');
      const keys = lab.region.machines.get(id)?.hostKeys;
      expect(JSON.stringify(keys) === JSON.stringify(live?.hostKeys)).toBe(how === 'absent');
      await ec2.terminateInstance(id);
    });

    test('would dial the live machine without any of this', async () => {
      const id = await start(undefined, 'bare');
      await boots(id, 1);
      expect(texts(id, 'unit')).toContain('replicated-operator started');
    });
  });
}
