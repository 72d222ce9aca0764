/** Credentials of a file that is renewed while the program runs, against the lab's EC2. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lab } from '../../../src/lab/compose';
import { openEc2, type Ec2 } from '../../../src/world/ec2';
import { startFakeLab } from '../../lab/region/fake-lab';

const dir = mkdtempSync(join(tmpdir(), 'runbook-login-'));
const file = join(dir, 'credentials');
const keep = (key: string): void => {
  writeFileSync(file, `[worker]\naws_access_key_id = ${key}\naws_secret_access_key = s\n`);
};
const instances = () => ec2.instances({ tags: { Name: 'prod_services' } });

let lab: Lab;
let ec2: Ec2;
beforeAll(async () => {
  lab = await startFakeLab();
  const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...rest } = process.env;
  jest.replaceProperty(process, 'env', {
    ...rest,
    AWS_PROFILE: 'worker',
    AWS_SHARED_CREDENTIALS_FILE: file,
    AWS_CONFIG_FILE: join(dir, 'none'),
  });
  keep('LABSPRING');
  ec2 = openEc2({ region: 'us-east-1', endpoint: lab.ec2Url });
});
afterAll(async () => {
  jest.restoreAllMocks();
  await lab.stop();
  rmSync(dir, { recursive: true, force: true });
});

test.each([
  ['LABSPRING', 'LABSUMMER', 'RequestExpired'],
  ['LABSUMMER', 'LABAUTUMN', 'ExpiredToken'],
  ['LABAUTUMN', 'LABWINTER', 'AuthFailure'],
] as const)('%s is over: once it is renewed, %s is used (%s)', async (old, renewed, code) => {
  await expect(instances()).resolves.toHaveLength(1);
  lab.faults.refuseLogins({ [old]: code });
  await expect(instances()).rejects.toMatchObject({
    type: 'AwsLoginRefused',
    nonRetryable: true,
    message: expect.stringContaining(code),
  });
  keep(renewed);
  await expect(instances()).resolves.toHaveLength(1);
});

test('a launch that was refused for its credentials is sent once more, and is one', async () => {
  lab.faults.refuseLogins({ LABWINTER: 'RequestExpired' });
  keep('LABSECONDSPRING');
  const images = Object.values(lab.region.state.images);
  const made = await ec2.runInstance({
    imageId: images[0]?.id ?? '',
    launch: {
      ...{ instanceType: 'm5.2xlarge', subnetId: 'subnet-0aaaaaaaaaaaaaaa1' },
      ...{ securityGroupIds: ['sg-0123456789abcdef0'], httpTokens: 'optional' },
      ...{ httpPutResponseHopLimit: 1, terminationProtection: false },
    },
    clientToken: 'one',
    tags: {},
  });
  const tokens = Object.values(lab.region.state.instances).map(({ clientToken }) => clientToken);
  expect(tokens.filter((token) => token === 'one')).toHaveLength(1);
  expect(made.state).toBe('pending');
});
