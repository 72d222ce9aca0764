/** A lab with fake machines, and the real AWS SDK pointed at it. */
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EC2Client } from '@aws-sdk/client-ec2';
import { serveCircleci } from '../../../src/lab/circleci-api';
import { composeLab, type Lab, type LabOptions } from '../../../src/lab/compose';
import { fakeFactory } from './fake-machine';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

/** Makes an EC2 client of an endpoint; every refusal shows at once. */
export function clientOf(endpoint: string, maxAttempts = 1): EC2Client {
  return new EC2Client({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts,
  });
}

/** Starts a lab whose machines are fake, in a folder that goes with it unless one is given. */
export async function startFakeLab(options: Partial<LabOptions> = {}): Promise<Lab> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'lab-'));
  const lab = await composeLab(
    { speed: 600, ...options, dir },
    {
      factory: fakeFactory,
      shell: (name) => ({
        name,
        serve: () => undefined,
        run: () => Promise.resolve({ stdout: '', stderr: '', exitCode: 0 }),
        stop: () => Promise.resolve(),
      }),
      circleci: serveCircleci,
      bastion: () => Promise.resolve({ port: 2222, stop: () => Promise.resolve() }),
    },
  );
  if (options.dir !== undefined) return lab;
  return {
    ...lab,
    stop: async () => {
      await lab.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export interface Scene {
  readonly lab: Lab;
  readonly dir: string;
  readonly ec2: EC2Client;
}

/** Runs a story on a fresh lab and clears it away. */
export async function inFakeLab(
  story: (scene: Scene) => Promise<void>,
  options: Partial<LabOptions> = {},
): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'lab-'));
  const lab = await startFakeLab({ dir, ...options });
  const ec2 = clientOf(lab.ec2Url);
  try {
    await story({ lab, dir, ec2 });
  } finally {
    ec2.destroy();
    await lab.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Tries until the check holds; fails with its last error after some real seconds. */
export async function eventually(check: () => Promise<void>, seconds = 5): Promise<void> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (Date.now() > end) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
