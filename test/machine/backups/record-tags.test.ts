import fc from 'fast-check';
import type { BackupRecord } from '../../../src/machine/backups/backup-record';
import { services } from '../../../src/machine/databases/signs';
import { backupName, decodeRecord, encodeRecord } from '../../../src/machine/backups/record-tags';

const record: BackupRecord = {
  installation: 'prod',
  run: 'backup-prod-k3f9',
  takenAt: '2026-11-24T13:25:00.000Z',
  consistency: 'no-reboot',
  sourceInstanceId: 'i-0123456789abcdef0',
  privateAddress: '10.0.1.5',
  publicAddress: '203.0.113.10',
  hostname: 'circleci.example.com',
  distribution: 'debian',
  replicatedVersion: '2.38.6',
  appSequence: 2439,
  hostKeys: ['ssh-ed25519 SHA256:uNiVztksCsDhcc0u9e8BrrRXtSwJwqsjUQwk4gyzXhg'],
  launch: {
    instanceType: 'm5.2xlarge',
    subnetId: 'subnet-0a1b2c3d',
    securityGroupIds: ['sg-0a', 'sg-0b'],
    httpTokens: 'optional',
    httpPutResponseHopLimit: 1,
    terminationProtection: true,
  },
  externalServices: false,
  objectStorage: 's3',
  unrecorded: ['nomadClients: the container "nomad" – stopped'],
};

test('a record becomes numbered tags beside those that find it', () => {
  expect(encodeRecord(record)).toMatchInlineSnapshot(`
    {
      "runbook:installation": "prod",
      "runbook:kind": "backup",
      "runbook:record.1": "{"installation":"prod","run":"backup-prod-k3f9","takenAt":"2026-11-24T13:25:00.000Z","consistency":"no-reboot","sourceInstanceId":"i-0123456789abcdef0","privateAddress":"10.0.1.5","publicAddress":"203.0.113.10","hostname":"circleci.example.com","distributi",
      "runbook:record.2": "on":"debian","replicatedVersion":"2.38.6","appSequence":2439,"hostKeys":["ssh-ed25519\\u0020SHA256:uNiVztksCsDhcc0u9e8BrrRXtSwJwqsjUQwk4gyzXhg"],"launch":{"instanceType":"m5.2xlarge","subnetId":"subnet-0a1b2c3d","securityGroupIds":["sg-0a","sg-0b"],"httpTok",
      "runbook:record.3": "ens":"optional","httpPutResponseHopLimit":1,"terminationProtection":true},"externalServices":false,"objectStorage":"s3","unrecorded":["nomadClients:\\u0020the\\u0020container\\u0020\\"nomad\\"\\u0020\\u2013\\u0020stopped"]}",
      "runbook:run": "backup-prod-k3f9",
    }
  `);
});

const text = fc.string({ unit: 'binary', maxLength: 60 });
const anyRecord: fc.Arbitrary<BackupRecord> = fc.record(
  {
    installation: text,
    run: text,
    takenAt: text,
    consistency: fc.constantFrom('no-reboot', 'reboot', 'stop-app'),
    sourceInstanceId: text,
    privateAddress: fc.ipV4(),
    publicAddress: fc.ipV4(),
    hostname: text,
    distribution: fc.constantFrom('debian', 'rhel'),
    replicatedVersion: text,
    appSequence: fc.nat(),
    hostKeys: fc.array(text, { maxLength: 4 }),
    launch: fc.record(
      {
        instanceType: text,
        subnetId: text,
        securityGroupIds: fc.array(text, { maxLength: 5 }),
        instanceProfile: text,
        keyPair: text,
        httpTokens: fc.constantFrom('optional', 'required'),
        httpPutResponseHopLimit: fc.integer({ min: 1, max: 64 }),
        terminationProtection: fc.boolean(),
      },
      {
        requiredKeys: [
          'instanceType',
          'subnetId',
          'securityGroupIds',
          'httpTokens',
          'httpPutResponseHopLimit',
          'terminationProtection',
        ],
      },
    ),
    externalServices: fc.boolean(),
    databases: fc.record({
      configured: fc.boolean(),
      services: fc.array(
        fc.record(
          {
            service: fc.constantFrom(...services),
            container: fc.constantFrom('runs' as const, 'missing' as const),
            folder: fc.constantFrom('holds' as const, 'empty' as const),
            elsewhere: fc.array(text, { maxLength: 3 }),
          },
          { requiredKeys: ['service'] },
        ),
        { maxLength: 5 },
      ),
    }),
    objectStorage: fc.constantFrom('s3', 'disk', 'nfs'),
    nomadClients: fc.nat(),
    unrecorded: fc.array(text, { maxLength: 6 }),
  },
  {
    requiredKeys: [
      'installation',
      'run',
      'takenAt',
      'consistency',
      'sourceInstanceId',
      'privateAddress',
      'hostKeys',
      'launch',
      'externalServices',
      'objectStorage',
      'unrecorded',
    ],
  },
);

test('every record comes back from its tags, within the limits of AWS', () => {
  fc.assert(
    fc.property(anyRecord, (any) => {
      const tags = encodeRecord(any);
      expect(decodeRecord(tags)).toEqual(any);
      const chunks = Object.entries(tags).filter(([key]) => key.startsWith('runbook:record.'));
      expect(chunks.length).toBeLessThanOrEqual(46);
      for (const [, value] of chunks) {
        expect(value).toMatch(/^[!-~]{1,256}$/);
      }
    }),
    { numRuns: 300 },
  );
});

test('refuses a record that no object could carry', () => {
  const long = { ...record, run: 'x'.repeat(46 * 256) };
  expect(() => encodeRecord(long)).toThrow(/the record needs 4\d tags; 35 are free/);
});

describe('what is no record', () => {
  const tags = encodeRecord(record);
  const without = (key: string): Record<string, string> =>
    Object.fromEntries(Object.entries(tags).filter(([name]) => name !== key));

  test.each<[string, Record<string, string>]>([
    ['no tags', {}],
    ['an image made by hand', { Name: 'before the upgrade' }],
    ['a machine of a restore', { ...tags, 'runbook:kind': 'restore' }],
    ['a lost first part', without('runbook:record.1')],
    ['a lost second part', without('runbook:record.2')],
    ['a part that was edited', { ...tags, 'runbook:record.1': '{"installation":' }],
    ['JSON of another shape', { 'runbook:kind': 'backup', 'runbook:record.1': '{"a":1}' }],
  ])('%s', (_, broken) => {
    expect(decodeRecord(broken)).toBeUndefined();
  });

  test('a field of a later version does no harm', () => {
    const json = JSON.stringify({ ...record, unrecorded: [], later: true });
    const parts = Object.fromEntries(
      (json.match(/.{1,256}/g) ?? []).map((part, index) => [
        `runbook:record.${String(index + 1)}`,
        part,
      ]),
    );
    expect(decodeRecord({ 'runbook:kind': 'backup', ...parts })).toEqual({
      ...record,
      unrecorded: [],
    });
  });
});

describe("the name of a backup's image", () => {
  test('tells installation, time and run', () => {
    expect(backupName('prod', '2026-11-24T13:25:00.000Z', 'k3f9')).toBe(
      'prod 2026-11-24 13.25.00 k3f9',
    );
    expect(backupName('prod', '2026-11-24T13:25:00Z', 'a:b+c/d')).toBe(
      'prod 2026-11-24 13.25.00 a-b-c/d',
    );
  });

  test('keeps the end of an id that is too long', () => {
    const name = backupName('prod', '2026-11-24T13:25:00Z', `${'x'.repeat(200)}-k3f9`);
    expect(name).toHaveLength(128);
    expect(name).toMatch(/x-k3f9$/);
  });

  test.each(['2026-11-24', '2026-11-24T13:25:00+01:00', 'now'])('refuses the time %j', (time) => {
    expect(() => backupName('prod', time, 'k3f9')).toThrow(RangeError);
  });

  test('is always one that AWS takes', () => {
    const installation = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,39}$/);
    fc.assert(
      fc.property(installation, text, (name, id) => {
        expect(backupName(name, '2026-11-24T13:25:00Z', id)).toMatch(
          /^[A-Za-z0-9()[\] ./\-'@_]{3,128}$/,
        );
      }),
    );
  });
});

test('a record of a version without signs of its databases is read, and one with signs of a later one', () => {
  expect(decodeRecord(encodeRecord(record))?.databases).toBeUndefined();
  const later = { services: [{ service: 'Cassandra', container: 'frozen' }] };
  const read = decodeRecord(
    encodeRecord({ ...record, databases: later } as unknown as BackupRecord),
  );
  expect(read).toEqual({ ...record, databases: undefined });
});
