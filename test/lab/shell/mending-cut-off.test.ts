/**
 * *Mend stale addresses* cut off after each of its commands, and begun anew: in both
 * shells the second attempt ends what the first one began.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import {
  mendStaleAddresses,
  type Mended,
} from '../../../src/activities/restoring/mend-stale-addresses';
import type { Machine } from '../../../src/contract/plan';
import { stopApp, type Command } from '../../../src/machine/shell/commands';
import type { World } from '../../../src/world';
import { shells, type Place } from './both-shells';

jest.setTimeout(300_000);

const [before, after] = ['10.0.0.9', '10.0.1.5'];
const stale: Readonly<Record<string, (address: string) => string>> = {
  '/etc/docker/daemon.json': (address) => `{ "insecure-registries": ["${address}:9874"] }\n`,
  '/etc/rsyslog.d/60-drain.conf': (address) => `*.* @@${address}:514\n`,
  '/etc/systemd/system/agent.service': (address) => `[Service]\nExecStart=/bin/agent ${address}\n`,
};

describe.each(shells)('on a machine of the %s shell', (_name, describeShell, open) => {
  describeShell('mending that is cut off', () => {
    let place: Place;
    let machine: Machine;
    let time: NodeJS.Timeout;
    beforeAll(async () => {
      place = await open();
      const { instanceId, privateAddress } = place.machine;
      const at = { installation: 'prod', region: 'us-east-1', hostKeys: [] };
      machine = { ...at, instanceId, privateAddress };
      await place.run(stopApp);
      place.skip(600);
      // Replicated comes back after Docker's restart, as time goes by.
      time = setInterval(() => {
        place.skip(10);
      }, 50);
    });
    afterAll(() => {
      clearInterval(time);
      return place.close();
    });

    const at = (path: string): string => join(place.root, path);
    const lay = (): void => {
      for (const [path, text] of Object.entries(stale)) {
        mkdirSync(dirname(at(path)), { recursive: true });
        writeFileSync(at(path), text(before));
      }
      rmSync(at('var/lib/circleci-server-runbook'), { recursive: true, force: true });
    };

    /** One attempt; gives what came of it and what it sent. */
    const attempt = async (cutAfter?: number): Promise<{ mended?: Mended; sent: Command[] }> => {
      const sent: Command[] = [];
      const run = async (command: Command) => {
        sent.push(command);
        const { code: exitCode = -1, stdout, stderr } = await place.run(command);
        // With this command done and its answer lost: the next one is not sent.
        if (cutAfter === sent.length - 1) throw new Error('cut off');
        return { exitCode, stdout, stderr };
      };
      const world = {
        installation: () => ({
          limits: { replicated: 60, poll: 0.1 },
          ssh: { address: 'private', port: 22, user: 'u' },
        }),
        ssh: { connect: () => Promise.resolve({ run, close: () => undefined }) },
      } as unknown as World;
      const files = Object.entries(stale).map(([path, text]) => ({
        path,
        sha256: createHash('sha256').update(text(before)).digest('hex'),
      }));
      const input = { machine, old: { private: before }, files };
      const work = new MockActivityEnvironment().run(mendStaleAddresses(world), input);
      const mended = (await work.catch((error: unknown) => {
        if (!String(error).includes('cut off')) throw error;
        return undefined;
      })) as Mended | undefined;
      return { ...(mended === undefined ? {} : { mended }), sent };
    };

    const restarts = (): number =>
      place.events().filter((text) => text.startsWith('docker restarts')).length;

    test('is ended by the next attempt, wherever it was', async () => {
      lay();
      const whole = await attempt();
      expect(whole.mended?.note).toContain('Docker was restarted');
      const count = whole.sent.length;
      expect(count).toBeGreaterThan(10);
      for (let step = 0; step < count; step += 1) {
        lay();
        const began = restarts();
        expect(await attempt(step)).not.toHaveProperty('mended');
        for (const [path, text] of Object.entries(stale)) {
          expect([text(before), text(after)]).toContain(readFileSync(at(path), 'utf8'));
        }
        const { mended } = await attempt();
        const told = { step, changed: mended?.changed, mended: mended?.mended };
        expect(told).toEqual({ step, changed: [], mended: Object.keys(stale) });
        for (const [path, text] of Object.entries(stale)) {
          expect(readFileSync(at(path), 'utf8')).toBe(text(after));
        }
        // Docker has read its file since: by this attempt, or by the one before.
        expect(restarts()).toBeGreaterThan(began);
        const kept = join('var/lib/circleci-server-runbook', machine.instanceId);
        expect(existsSync(at(join(kept, 'docker-restart-due')))).toBe(false);
        const original = readFileSync(at(join(kept, 'etc/docker/daemon.json')), 'utf8');
        expect(original).toContain(before);
      }
    });
  });
});
