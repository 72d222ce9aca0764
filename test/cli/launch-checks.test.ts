/** The doctor's questions about a launch, put to the lab's EC2. */
import { examineLaunches } from '../../src/cli/doctor/launch-checks';
import type { Lab } from '../../src/lab/compose';
import { seeded } from '../../src/lab/region/seed';
import { openEc2, type Ec2, type Image } from '../../src/world/ec2';
import type { LaunchSettings } from '../../src/machine/backups/backup-record';
import { startFakeLab } from '../lab/region/fake-lab';

let lab: Lab;
let ec2: Ec2;
beforeAll(async () => {
  lab = await startFakeLab();
  process.env['AWS_ACCESS_KEY_ID'] = 'test';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
  ec2 = openEc2({ region: seeded.region, endpoint: lab.ec2Url });
});
beforeEach(() => {
  lab.region.state.market = { retired: [], soldOut: [], full: [] };
  lab.faults.deny([]);
});
afterAll(() => lab.stop());

const [first, second] = seeded.subnets;
const launch: LaunchSettings = {
  instanceType: 'm5.2xlarge',
  subnetId: first,
  securityGroupIds: [seeded.servicesGroup],
  httpTokens: 'optional',
  httpPutResponseHopLimit: 2,
  terminationProtection: false,
};

async function examined(
  changes: Partial<LaunchSettings>,
  alternatives: { readonly instanceType: string; readonly subnetId: string }[] = [],
): Promise<string[]> {
  const [image] = (await ec2.images({ ids: [seeded.baseImage] })) as [Image];
  const planned = { launch: { ...launch, ...changes }, alternatives };
  const findings = await examineLaunches({
    ...{ what: 'prod', ec2, planned, image, sourceType: 'm5.2xlarge', tags: {} },
  });
  return findings.map(({ level, what }) => `${level} ${what}`);
}

test('a sound launch is told with its zones and its room, and its dry run', async () => {
  expect(await examined({})).toEqual([
    `ok prod: m5.2xlarge in ${first}: offered in us-east-1a, us-east-1b; 250 free addresses`,
    `ok prod: ec2:RunInstances from ${seeded.baseImage} as m5.2xlarge in ${first} (dry run): permitted`,
  ]);
});

test('each combination is asked about; one of several that will not do is only warned of', async () => {
  lab.region.state.market.retired = ['m5.2xlarge us-east-1a'];
  const both = [{ instanceType: 'm5.2xlarge', subnetId: second }];
  const lines = await examined({}, both);
  expect(lines).toHaveLength(4);
  expect(lines[0]).toBe(
    `warn prod: m5.2xlarge in ${first}: m5.2xlarge is not offered in us-east-1a, but in us-east-1b`,
  );
  expect(lines[1]).toMatch(/^warn prod: ec2:RunInstances .* would be refused: .*Unsupported/);
  expect(lines.slice(2).map((line) => line.split(' ', 1)[0])).toEqual(['ok', 'ok']);
  // Without another one it is a failure.
  expect((await examined({})).map((line) => line.split(' ', 1)[0])).toEqual(['FAIL', 'FAIL']);
});

test('an image without the driver is a failure on a type that needs it', async () => {
  const image = lab.region.state.images[seeded.baseImage];
  if (image) image.isWithoutEna = true;
  const [finding] = await examined({});
  if (image) image.isWithoutEna = false;
  expect(finding).toMatch(/^FAIL .*Elastic Network Adapter/);
});

test('a subnet that is gone or of another network, and a group that is gone, are told', async () => {
  expect((await examined({ subnetId: 'subnet-0ddddddddddddddd4' }))[0]).toContain(
    'there is no subnet-0ddddddddddddddd4',
  );
  expect((await examined({ securityGroupIds: ['sg-0ddddddddddddddd4'] }))[0]).toContain(
    'there is no sg-0ddddddddddddddd4',
  );
  const subnet = lab.region.state.subnets[first];
  const { vpcId = '' } = subnet ?? {};
  if (subnet) subnet.vpcId = 'vpc-0aaaaaaaaaaaaaaa1';
  const [finding] = await examined({});
  if (subnet) subnet.vpcId = vpcId;
  expect(finding).toContain('each subnet needs groups of its VPC');
});

test('what may not be asked is warned of, and says nothing against the launch', async () => {
  lab.faults.deny(['DescribeInstanceTypeOfferings']);
  const [offer, dry] = await examined({});
  expect(offer).toMatch(/^warn prod: .* could not be asked: AWS denied/);
  expect(dry).toMatch(/^ok/);
});
