/** The EC2 API against a server that answers canned XML; the lab shows how calls play together. */
import { codeOf } from '../../../src/contract/aws-code';
import { openEc2 } from '../../../src/world/ec2';
import type { Ec2 } from '../../../src/world/ec2';
import type { LaunchSettings } from '../../../src/machine/backups/backup-record';
import { startEc2Server } from './server';
import type { Answer, Ec2Server } from './server';

let server: Ec2Server;
let ec2: Ec2;

beforeAll(async () => {
  process.env['AWS_ACCESS_KEY_ID'] = 'test';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
  server = await startEc2Server();
  ec2 = openEc2({ region: 'us-east-1', endpoint: server.endpoint });
});
beforeEach(() => {
  server.requests.length = 0;
});
afterAll(() => server.stop());

const always = (answer: Answer): void => {
  server.answer = () => answer;
};

const instanceXml = (id: string, more = ''): string =>
  `<item><instanceId>${id}</instanceId><imageId>ami-1</imageId>` +
  '<instanceState><code>16</code><name>running</name></instanceState>' +
  `<instanceType>m5.2xlarge</instanceType><subnetId>subnet-1</subnetId>${more}</item>`;
const instancesXml = (...items: string[]): Answer => ({
  xml: `<reservationSet>${items
    .map((item) => `<item><instancesSet>${item}</instancesSet></item>`)
    .join('')}</reservationSet>`,
});

const image = {
  instanceId: 'i-1',
  name: 'prod-2026',
  description: 'A backup',
  reboot: false,
  imageTags: { Name: 'prod', 'runbook:kind': 'backup' },
  snapshotTags: { Name: 'prod' },
};

const launch: LaunchSettings = {
  instanceType: 'm5.2xlarge',
  subnetId: 'subnet-1',
  securityGroupIds: ['sg-1', 'sg-2'],
  instanceProfile: 'services',
  keyPair: 'ops',
  httpTokens: 'optional',
  httpPutResponseHopLimit: 2,
  terminationProtection: true,
};

describe('an error of EC2', () => {
  const tag = (): Promise<void> => ec2.tag(['i-1'], { a: 'b' });
  const cases: readonly [string, string, boolean][] = [
    ['InternalError', 'AwsUnavailable', false],
    ['ServiceUnavailable', 'AwsUnavailable', false],
    ['InsufficientInstanceCapacity', 'AwsUnavailable', false],
    ['InsufficientFreeAddressesInSubnet', 'AwsUnavailable', false],
    ['SnapshotCreationPerVolumeRateExceeded', 'AwsUnavailable', false],
    ['IncorrectInstanceState', 'AwsUnavailable', false],
    ['UnauthorizedOperation', 'AwsDenied', true],
    ['AuthFailure', 'AwsLoginRefused', true],
    ['ExpiredToken', 'AwsLoginRefused', true],
    ['RequestExpired', 'AwsLoginRefused', true],
    ['OptInRequired', 'AwsTermsOpen', true],
    ['PendingVerification', 'AwsAccountHeld', true],
    ['InvalidAMIName.Duplicate', 'AwsRefused', true],
    ['IdempotentParameterMismatch', 'AwsRefused', true],
    ['InvalidAMIID.NotFound', 'AwsRefused', true],
    ['InstanceLimitExceeded', 'AwsQuotaReached', true],
    ['InvalidParameterValue', 'AwsRefused', true],
    ['OperationNotPermitted', 'AwsRefused', true],
  ];

  it.each(cases)('%s becomes %s (final: %s) and keeps its code', async (code, type, final) => {
    always({ code });
    const failure: unknown = await ec2.createImage(image).catch((error: unknown) => error);
    expect(failure).toMatchObject({ type, nonRetryable: final, details: [{ code }] });
    expect(codeOf(failure)).toBe(code);
    expect(String(failure)).toMatch(/CreateImage in us-east-1: .*as asked/);
  });

  it('is tried again for an instance that just changes its state', async () => {
    always({ code: 'InvalidParameterValue', message: 'Instance is not in state running' });
    await expect(ec2.createImage(image)).rejects.toMatchObject({ type: 'AwsUnavailable' });
  });

  it('about an object that was just made, and is not known yet, is tried again', async () => {
    always({ code: 'InvalidInstanceID.NotFound' });
    await expect(tag()).rejects.toMatchObject({ type: 'AwsUnavailable', nonRetryable: false });
  });

  const transports: readonly [Answer, RegExp][] = [
    ['reset', /ECONNRESET/],
    ['an HTML page', /did not take CreateImage/],
  ];
  it.each(transports)('by %s on the way is tried again', async (answer, seen) => {
    always(answer);
    const failure = ec2.createImage(image);
    await expect(failure).rejects.toMatchObject({ type: 'AwsUnavailable', nonRetryable: false });
    await expect(failure).rejects.toThrow(seen);
  });

  it('leaves the encoded authorization message out, which tells a reader nothing', async () => {
    const message = `You are not authorized. Encoded authorization failure message: ${'x'.repeat(900)}`;
    always({ code: 'UnauthorizedOperation', message, status: 403 });
    const failure = ec2.createImage(image);
    await expect(failure).rejects.toThrow(/You are not authorized\. Grant/);
    await expect(failure).rejects.not.toThrow(/xxx/);
  });

  it('is the reason of the signal when the call was called off', async () => {
    const stop = new AbortController();
    // Called off only once the request is there: one that arrives later would be counted by the
    // next test.
    server.answer = () => {
      stop.abort(new Error('the run was cancelled'));
      return 'silence';
    };
    const asking = ec2.instances({ ids: ['i-1'] }, stop.signal);
    await expect(asking).rejects.toThrow('the run was cancelled');
  });
});

describe('a call', () => {
  it('that makes an image is sent once, although the reply is lost', async () => {
    always('reset');
    await expect(ec2.createImage(image)).rejects.toMatchObject({ type: 'AwsUnavailable' });
    expect(server.requests).toHaveLength(1);
  });

  it('that reads is sent again by the SDK', async () => {
    always({ code: 'InternalError', status: 500 });
    await expect(ec2.addresses()).rejects.toMatchObject({ type: 'AwsUnavailable' });
    expect(server.requests).toHaveLength(3);
  });

  it('makes an image with tags on the image and its snapshots', async () => {
    always({ xml: '<imageId>ami-7</imageId>' });
    await expect(ec2.createImage(image)).resolves.toBe('ami-7');
    expect(server.requests[0]).toMatchObject({
      Action: 'CreateImage',
      InstanceId: 'i-1',
      Name: 'prod-2026',
      NoReboot: 'true',
      'TagSpecification.1.ResourceType': 'image',
      'TagSpecification.1.Tag.2.Key': 'runbook:kind',
      'TagSpecification.2.ResourceType': 'snapshot',
    });
  });

  it('launches exactly one instance, with all that an image does not carry', async () => {
    always({ xml: `<instancesSet>${instanceXml('i-9')}</instancesSet>` });
    const order = { imageId: 'ami-1', launch, clientToken: 'token-1', tags: { Name: 'new' } };
    await expect(ec2.runInstance(order)).resolves.toMatchObject({ id: 'i-9' });
    expect(server.requests[0]).toMatchObject({
      Action: 'RunInstances',
      MinCount: '1',
      MaxCount: '1',
      ClientToken: 'token-1',
      ImageId: 'ami-1',
      InstanceType: 'm5.2xlarge',
      SubnetId: 'subnet-1',
      'SecurityGroupId.2': 'sg-2',
      'IamInstanceProfile.Name': 'services',
      KeyName: 'ops',
      'MetadataOptions.HttpTokens': 'optional',
      'MetadataOptions.HttpPutResponseHopLimit': '2',
      DisableApiTermination: 'true',
      InstanceInitiatedShutdownBehavior: 'stop',
      'TagSpecification.1.ResourceType': 'instance',
      'TagSpecification.2.ResourceType': 'volume',
    });
    const instanceProfile = 'arn:aws:iam::1:instance-profile/services';
    await ec2.runInstance({ ...order, launch: { ...launch, instanceProfile } });
    expect(server.requests[1]).toMatchObject({ 'IamInstanceProfile.Arn': instanceProfile });
    expect(server.requests[1]).not.toHaveProperty(['IamInstanceProfile.Name']);
  });

  it('moves an Elastic IP from another instance only when it may', async () => {
    always({ xml: '<return>true</return>' });
    const order = { allocationId: 'eipalloc-1', instanceId: 'i-1', reassociate: false };
    await ec2.associateAddress(order);
    await ec2.associateAddress({ ...order, reassociate: true });
    expect(server.requests.map((fields) => fields['AllowReassociation'])).toEqual([
      'false',
      'true',
    ]);
  });

  const verdicts: readonly [string, boolean][] = [
    ['DryRunOperation', true],
    ['UnauthorizedOperation', false],
  ];
  it.each(verdicts)('is only tried dry when its permission is asked: %s', async (code, may) => {
    always({ code, status: 412 });
    const { instanceId } = image;
    const tags = { 'runbook:kind': 'restore' };
    const order = { imageId: 'ami-1', launch, tags };
    await expect(ec2.permitted('CreateImage', { instanceId, tags })).resolves.toBe(may);
    await expect(ec2.permitted('RunInstances', order)).resolves.toBe(may);
    await expect(ec2.permitted('CreateTags', { ids: ['i-1'], tags })).resolves.toBe(may);
    const move = { allocationId: 'eipalloc-1', instanceId };
    await expect(ec2.permitted('AssociateAddress', move)).resolves.toBe(may);
    expect(server.requests).toHaveLength(4);
    expect(server.requests.map(({ DryRun }) => DryRun)).toEqual(Array(4).fill('true'));
  });
});

describe('instances', () => {
  it('come with everything that a restore asks of them', async () => {
    always(
      instancesXml(
        instanceXml(
          'i-1',
          '<privateIpAddress>10.0.1.5</privateIpAddress><ipAddress>203.0.113.10</ipAddress>' +
            '<groupSet><item><groupId>sg-1</groupId></item></groupSet><keyName>ops</keyName>' +
            '<iamInstanceProfile><arn>arn:aws:iam::1:instance-profile/s</arn></iamInstanceProfile>' +
            '<metadataOptions><httpTokens>required</httpTokens>' +
            '<httpPutResponseHopLimit>2</httpPutResponseHopLimit></metadataOptions>' +
            '<launchTime>2026-09-30T10:00:00.000Z</launchTime>' +
            // The second one was attached later; the machine was stopped and started since.
            '<networkInterfaceSet><item><attachment><deviceIndex>1</deviceIndex>' +
            '<attachTime>2026-09-29T08:00:00.000Z</attachTime></attachment></item>' +
            '<item><attachment><deviceIndex>0</deviceIndex>' +
            '<attachTime>2026-09-28T07:00:00.000Z</attachTime></attachment></item>' +
            '</networkInterfaceSet>' +
            '<tagSet><item><key>Name</key><value>prod_services</value></item></tagSet>' +
            '<stateReason><code>Client.InternalError</code><message>no key</message></stateReason>' +
            '<blockDeviceMapping><item><deviceName>/dev/sda1</deviceName><ebs><volumeId>vol-1</volumeId></ebs></item></blockDeviceMapping>',
        ),
      ),
    );
    await expect(ec2.instances({ ids: ['i-1'] })).resolves.toEqual([
      {
        id: 'i-1',
        state: 'running',
        stateReason: 'Client.InternalError: no key',
        imageId: 'ami-1',
        instanceType: 'm5.2xlarge',
        subnetId: 'subnet-1',
        securityGroupIds: ['sg-1'],
        instanceProfile: 'arn:aws:iam::1:instance-profile/s',
        keyPair: 'ops',
        privateAddress: '10.0.1.5',
        publicAddress: '203.0.113.10',
        httpTokens: 'required',
        httpPutResponseHopLimit: 2,
        launchedAt: '2026-09-30T10:00:00.000Z',
        firstLaunchedAt: '2026-09-28T07:00:00.000Z',
        tags: { Name: 'prod_services' },
        volumeIds: ['vol-1'],
        volumes: [{ device: '/dev/sda1', volumeId: 'vol-1' }],
      },
    ]);
  });

  it('are searched by tags and address, page by page', async () => {
    server.answer = (fields) =>
      fields['NextToken'] === undefined
        ? { xml: `${xmlOf(instancesXml(instanceXml('i-1')))}<nextToken>more</nextToken>` }
        : instancesXml(instanceXml('i-2'));
    const found = await ec2.instances({ tags: { Name: 'prod' }, privateAddress: '10.0.1.5' });
    expect(found.map(({ id }) => id)).toEqual(['i-1', 'i-2']);
    expect(server.requests[0]).toMatchObject({
      'Filter.1.Name': 'tag:Name',
      'Filter.1.Value.1': 'prod',
      'Filter.2.Name': 'private-ip-address',
      MaxResults: '100',
    });
  });

  it('that EC2 does not know are left out, and the others are found', async () => {
    server.answer = (fields) =>
      fields['InstanceId.1'] === 'i-1' && fields['InstanceId.2'] === undefined
        ? instancesXml(instanceXml('i-1'))
        : { code: 'InvalidInstanceID.NotFound' };
    await expect(ec2.instances({ ids: ['i-2'] })).resolves.toEqual([]);
    const found = await ec2.instances({ ids: ['i-1', 'i-2'] });
    expect(found.map(({ id }) => id)).toEqual(['i-1']);
  });

  it('asked for by no id at all are none, not all', async () => {
    await expect(ec2.instances({ ids: [] })).resolves.toEqual([]);
    await expect(ec2.snapshots([])).resolves.toEqual([]);
    expect(server.requests).toEqual([]);
  });

  const checks: readonly [string, string, string, string][] = [
    ['running', 'ok', 'ok', 'ok'],
    ['running', 'ok', 'initializing', 'initializing'],
    ['running', 'insufficient-data', 'ok', 'initializing'],
    ['running', 'impaired', 'ok', 'impaired'],
    ['stopped', 'not-applicable', 'not-applicable', 'not running'],
    ['pending', 'initializing', 'initializing', 'not running'],
  ];
  it.each(checks)('%s with system %s and instance %s: %s', async (state, system, own, health) => {
    always({
      xml:
        `<instanceStatusSet><item><instanceState><name>${state}</name></instanceState>` +
        `<systemStatus><status>${system}</status></systemStatus>` +
        `<instanceStatus><status>${own}</status></instanceStatus></item></instanceStatusSet>`,
    });
    await expect(ec2.health('i-1')).resolves.toBe(health);
    expect(server.requests[0]).toMatchObject({ IncludeAllInstances: 'true' });
  });

  it('tell whether they are protected from termination', async () => {
    always({ xml: '<disableApiTermination><value>true</value></disableApiTermination>' });
    await expect(ec2.terminationProtection('i-1')).resolves.toBe(true);
  });

  it('show their console, also where EC2 keeps no latest output', async () => {
    const output = Buffer.from('ssh-ed25519 AAAA').toString('base64');
    server.answer = (fields) =>
      fields['Latest'] === 'true'
        ? { code: 'UnsupportedOperation' }
        : { xml: `<output>${output}</output>` };
    await expect(ec2.consoleOutput('i-1')).resolves.toBe('ssh-ed25519 AAAA');
  });
});

describe('images and snapshots', () => {
  it('are found by name among the own ones, and by id among all', async () => {
    always({
      xml:
        '<imagesSet><item><imageId>ami-1</imageId><name>prod</name><imageState>failed</imageState>' +
        '<creationDate>2026-09-30T10:00:00.000Z</creationDate><sourceInstanceId>i-1</sourceInstanceId>' +
        '<stateReason><message>terminated</message></stateReason><rootDeviceName>/dev/sda1</rootDeviceName>' +
        '<blockDeviceMapping><item><deviceName>/dev/sda1</deviceName><ebs>' +
        '<snapshotId>snap-1</snapshotId><volumeSize>100</volumeSize><volumeType>gp2</volumeType>' +
        '</ebs></item><item><deviceName>/dev/sdb</deviceName></item></blockDeviceMapping></item></imagesSet>',
    });
    await expect(ec2.images({ name: 'prod' })).resolves.toEqual([
      {
        id: 'ami-1',
        name: 'prod',
        state: 'failed',
        stateReason: 'terminated',
        sourceInstanceId: 'i-1',
        createdAt: '2026-09-30T10:00:00.000Z',
        tags: {},
        snapshotIds: ['snap-1'],
        disks: [{ device: '/dev/sda1', snapshotId: 'snap-1', sizeGib: 100, volumeType: 'gp2' }],
        rootDevice: '/dev/sda1',
        system: { hasEna: false },
      },
    ]);
    await ec2.images({ ids: ['ami-1'] });
    expect(server.requests[0]).toMatchObject({ 'Owner.1': 'self', 'Filter.1.Value.1': 'prod' });
    expect(server.requests[1]).not.toHaveProperty(['Owner.1']);
  });

  it('that are deregistered are not found', async () => {
    always({ code: 'InvalidAMIID.Unavailable' });
    await expect(ec2.images({ ids: ['ami-1'] })).resolves.toEqual([]);
  });

  it('tell their progress as a number', async () => {
    const snapshot = (id: string, progress: string): string =>
      `<item><snapshotId>${id}</snapshotId><status>pending</status>` +
      `<progress>${progress}</progress></item>`;
    always({
      xml: `<snapshotSet>${snapshot('snap-1', '37%')}${snapshot('snap-2', '')}</snapshotSet>`,
    });
    await expect(ec2.snapshots(['snap-1', 'snap-2'])).resolves.toMatchObject([
      { id: 'snap-1', state: 'pending', progressPercent: 37 },
      { id: 'snap-2', progressPercent: 0 },
    ]);
  });
});

describe('instance types', () => {
  it('tell their specs, and an unknown one is an answer', async () => {
    server.answer = ({ 'InstanceType.1': name }) =>
      name === 'm5.2xlarge'
        ? {
            xml:
              '<instanceTypeSet><item><instanceType>m5.2xlarge</instanceType><processorInfo>' +
              '<supportedArchitectures><item>x86_64</item></supportedArchitectures></processorInfo>' +
              '<vCpuInfo><defaultVCpus>8</defaultVCpus></vCpuInfo>' +
              '<memoryInfo><sizeInMiB>32768</sizeInMiB></memoryInfo></item></instanceTypeSet>',
          }
        : { code: 'InvalidInstanceType' };
    await expect(ec2.specs('m5.2xlarge')).resolves.toEqual({
      vCpus: 8,
      memoryMib: 32_768,
      architectures: ['x86_64'],
      virtualizations: [],
      bootModes: [],
    });
    await expect(ec2.specs('m5.enormous')).resolves.toBeUndefined();
  });
});

describe('Elastic IPs', () => {
  it('tell whom they belong to, and unknown ones are left out', async () => {
    always({
      xml:
        '<addressesSet><item><allocationId>eipalloc-1</allocationId><publicIp>203.0.113.10</publicIp>' +
        '<associationId>eipassoc-1</associationId><instanceId>i-1</instanceId></item></addressesSet>',
    });
    await expect(ec2.addresses(['eipalloc-1'])).resolves.toEqual([
      {
        allocationId: 'eipalloc-1',
        publicAddress: '203.0.113.10',
        associationId: 'eipassoc-1',
        instanceId: 'i-1',
      },
    ]);
    always({ code: 'InvalidAllocationID.NotFound' });
    await expect(ec2.addresses(['eipalloc-2'])).resolves.toEqual([]);
  });
});

function xmlOf(answer: Answer): string {
  return typeof answer === 'object' && 'xml' in answer ? answer.xml : '';
}
