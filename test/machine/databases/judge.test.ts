import fc from 'fast-check';
import { judgeDatabases, judgeRecorded, placeOf } from '../../../src/machine/databases/judge';
import {
  containerSign,
  folderSign,
  services,
  type ServiceSigns,
} from '../../../src/machine/databases/signs';

const elsewhere = ['db.example.com (POSTGRES_HOST)'];
type Signs = Omit<ServiceSigns, 'service'>;

const runs: Signs = { container: 'runs', folder: 'holds', elsewhere: [] };
const stopped: Signs = { folder: 'holds', elsewhere: [] };
const moved: Signs = { container: 'missing', folder: 'holds', elsewhere };

test.each<[string, Signs, string]>([
  ['runs over a folder that holds something', runs, 'inside'],
  [
    'runs, wherever its folder is',
    { container: 'runs', folder: 'absent', elsewhere: [] },
    'inside',
  ],
  ['runs, though the customisations could not be read', { container: 'runs' }, 'inside'],
  ['belongs to an app that is stopped', stopped, 'inside'],
  ['is stopped, and the customisations could not be read', { folder: 'holds' }, 'unseen'],
  [
    'is stopped, and a customisation cannot be understood',
    { ...stopped, unclear: ['PGHOST'] },
    'unseen',
  ],
  ['is stopped, and its folder is empty', { folder: 'empty', elsewhere: [] }, 'unseen'],
  ['was moved out and left its folder behind', moved, 'outside'],
  ['was never here', { container: 'missing', folder: 'absent', elsewhere }, 'outside'],
  ['is stopped, was never here', { folder: 'absent', elsewhere }, 'outside'],
  ['is stopped, holds files and is named elsewhere', { folder: 'holds', elsewhere }, 'disagree'],
  ['runs and is named elsewhere', { container: 'runs', folder: 'holds', elsewhere }, 'disagree'],
  ['has no container in an app that is up', { container: 'missing', elsewhere: [] }, 'unseen'],
  ['holds files without a container', { ...runs, container: 'missing' }, 'disagree'],
  [
    'is named here without a container',
    { container: 'missing', elsewhere: [], here: true },
    'disagree',
  ],
  ['is named here and elsewhere', { container: 'missing', elsewhere, here: true }, 'disagree'],
  ['left no sign', {}, 'unseen'],
])('a service that %s', (_what, signs, place) => {
  expect(placeOf({ service: 'PostgreSQL', ...signs })).toBe(place);
});

const all = (signs: Signs, others: Partial<Record<string, Signs>> = {}): ServiceSigns[] =>
  services.map((service) => ({ service, ...(others[service] ?? signs) }));

test.each<[string, ServiceSigns[], boolean | undefined, string]>([
  ['all run here', all(runs), undefined, 'inside'],
  ['the app is stopped', all(stopped, { Redis: {}, RabbitMQ: {} }), undefined, 'inside'],
  [
    'a release without Vault',
    all(runs, { Vault: { container: 'missing', elsewhere: [] } }),
    undefined,
    'inside',
  ],
  ['all elsewhere', all(moved), undefined, 'outside'],
  [
    'the databases elsewhere, the queues here',
    all(moved, { Redis: runs, RabbitMQ: runs }),
    undefined,
    'partly',
  ],
  ['one contradicts itself', all(runs, { Vault: { ...runs, elsewhere } }), undefined, 'disagree'],
  ['of one of the two nothing was seen', all(runs, { MongoDB: {} }), undefined, 'unseen'],
  ['nothing was seen', [], undefined, 'unseen'],
  ['nothing was seen, and the file says outside', [], true, 'outside'],
  ['nothing was seen, and the file says inside', all({}), false, 'inside'],
  ['all run here, and the file says outside', all(runs), true, 'disagree'],
  ['all run here, as the file says', all(runs), false, 'inside'],
  ['all elsewhere, and the file says inside', all(moved), false, 'disagree'],
  ['all elsewhere, as the file says', all(moved), true, 'outside'],
  ['some elsewhere, as the file says', all(moved, { Redis: runs }), true, 'partly'],
  ['some elsewhere, and the file says inside', all(moved, { Redis: runs }), false, 'disagree'],
  [
    'one contradicts itself, whatever the file says',
    all(runs, { MongoDB: { ...runs, elsewhere } }),
    true,
    'disagree',
  ],
])('%s', (_what, signs, configured, verdict) => {
  expect(
    judgeDatabases({ services: signs, ...(configured === undefined ? {} : { configured }) })
      .verdict,
  ).toBe(verdict);
});

test('an answer to act on never rests on one sign, but on the file where nothing else is seen', () => {
  const sign = fc.record(
    {
      container: fc.constantFrom<Signs['container'][]>('runs', 'missing'),
      folder: fc.constantFrom<Signs['folder'][]>('holds', 'empty', 'absent'),
      elsewhere: fc.constantFrom([], elsewhere),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(sign, (signs) => {
      const named = (signs.elsewhere?.length ?? 0) > 0;
      const place = placeOf({ service: 'MongoDB', ...signs });
      if (place === 'outside') expect(named && signs.container !== 'runs').toBe(true);
      if (place === 'inside') expect(named).toBe(false);
      if (signs.container === undefined && !named) expect(place).not.toBe('outside');
    }),
  );
});

test('every sign is told, so that a person can judge', () => {
  expect(judgeDatabases({ configured: true, services: all(moved).slice(0, 1) }).signs).toEqual([
    'PostgreSQL: no container, while the app is up; /data/circle/postgres holds files; ' +
      'the customisations name db.example.com (POSTGRES_HOST)',
    'runbook.yaml says externalServices: true',
  ]);
  expect(judgeDatabases({ services: [{ service: 'Redis', elsewhere: [] }] }).signs).toEqual([
    'Redis: nothing was seen of it',
  ]);
});

describe('by the record of a backup', () => {
  const signs = (services: ServiceSigns[]) => ({ externalServices: true, databases: { services } });

  test.each<[string, Parameters<typeof judgeRecorded>[0], boolean | undefined, string]>([
    ['with signs', signs(all(runs)), undefined, 'inside'],
    ['with signs, by what the file says now', signs(all(runs)), true, 'disagree'],
    ['without signs, outside', { externalServices: true }, undefined, 'unseen'],
    ['without signs, outside, as the file says', { externalServices: true }, true, 'outside'],
    ['without signs, outside, unlike the file', { externalServices: true }, false, 'disagree'],
    ['without signs, inside', { externalServices: false }, undefined, 'inside'],
    ['without signs, inside, unlike the file', { externalServices: false }, true, 'disagree'],
    ['an image made by hand', undefined, undefined, 'unseen'],
    ['an image made by hand, outside by the file', undefined, true, 'outside'],
    ['an image made by hand, inside by the file', undefined, false, 'inside'],
  ])('%s', (_what, record, configured, verdict) => {
    expect(judgeRecorded(record, configured).verdict).toBe(verdict);
  });

  test('what the file said at the backup counts until it says something else', () => {
    const record = { externalServices: true, databases: { configured: true, services: [] } };
    expect(judgeRecorded(record, undefined).verdict).toBe('outside');
    expect(judgeRecorded(record, false).verdict).toBe('inside');
  });
});

test.each([
  [['postgres', 'frontend'], 'PostgreSQL', 'runs'],
  [['postgres_1'], 'PostgreSQL', 'runs'],
  [['retraced-postgres', 'postgres-exporter'], 'PostgreSQL', 'missing'],
  [['slanger-redis'], 'Redis', 'missing'],
  [['vault-cci'], 'Vault', 'runs'],
  [['mongo'], 'MongoDB', 'runs'],
  [['mongo-backup'], 'MongoDB', 'missing'],
] as const)('of %j, %s: %s', (names, service, sign) => {
  expect(containerSign(service, { names, isAppUp: true })).toBe(sign);
});

test('a container that is not there says nothing while the app is not up', () => {
  expect(containerSign('MongoDB', { names: [], isAppUp: false })).toBeUndefined();
});

test('of a folder that nobody knows nothing is said', () => {
  const printed = 'holds /data/circle/postgres\nempty /data/circle/mongo\n';
  expect(services.map((service) => folderSign(service, printed))).toEqual([
    'holds',
    'empty',
    undefined,
    undefined,
    undefined,
  ]);
});
