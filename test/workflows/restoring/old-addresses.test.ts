import type { RestorePlan } from '../../../src/contract/plan';
import {
  hostnameFor,
  oldAddressesFrom,
  reconcile,
  toChangeDns,
} from '../../../src/workflows/restoring/old-addresses';
import { machine, old, plan } from '../questions/sample-plan';

const third = '203.0.113.77';

type Addresses = Partial<typeof old>;

test.each<[string, { known: { private: string; public?: string }; carries: Addresses }, Addresses]>(
  [
    ['what is known and stands there', { known: old, carries: old }, old],
    ['what is known, where the files say nothing', { known: old, carries: {} }, old],
    [
      'what is known, where the files are rewritten',
      { known: old, carries: { private: '10.0.1.57', public: '203.0.113.101' } },
      old,
    ],
    [
      'the public address of the files, where none is known',
      { known: { private: old.private }, carries: old },
      old,
    ],
    [
      'the public address of the files, where another is known',
      { known: old, carries: { ...old, public: third } },
      { ...old, public: third },
    ],
    [
      'the private address of the files, where another is known',
      { known: old, carries: { private: '10.0.1.6', public: old.public } },
      { private: '10.0.1.6', public: old.public },
    ],
    [
      'an address that an earlier start of this very machine had',
      { known: old, carries: { private: '10.0.1.57', public: third } },
      { ...old, public: third },
    ],
    [
      'no private address as a public one',
      { known: old, carries: { private: old.private, public: old.private } },
      old,
    ],
  ],
)('replaced is %s', (_what, { known, carries }, expected) => {
  expect(reconcile(known, carries, machine).old).toEqual(expected);
});

describe('the question about the old addresses', () => {
  const recorded = { replaces: old, replacesFrom: "the image's tags" };
  const ofSource = (state: string) => ({
    replaces: { private: old.private },
    replacesFrom: 'the source instance',
    source: { instanceId: 'i-0fff', state },
  });

  test('is none where the files carry what is known', () => {
    expect(oldAddressesFrom(recorded, old, machine)).toMatchObject({
      old,
      question: { notNeeded: "10.0.1.5, from the image's tags" },
    });
  });

  test.each(['stopped', 'stopping', 'terminated'])('is none of a source that is %s', (state) => {
    const found = oldAddressesFrom(ofSource(state), old, machine);
    expect(found).toMatchObject({
      old,
      question: {
        notNeeded: "10.0.1.5, from the source instance; 203.0.113.10, from the machine's own files",
      },
    });
  });

  test.each([
    ['a public address that a running source has not', ofSource('running'), old],
    ['another public address than the record', recorded, { ...old, public: third }],
    ['another private address than the record', recorded, { ...old, private: '10.0.1.6' }],
    [
      'a public address where the record has none',
      { ...recorded, replaces: { private: old.private } },
      old,
    ],
    [
      'a public address that the request leaves out',
      { replaces: { private: old.private }, replacesFrom: 'the request' },
      old,
    ],
    [
      'another public address than a source that was started since',
      { ...ofSource('running'), replaces: { ...old, public: third } },
      old,
    ],
  ])('shows %s', (_what, plan, carries) => {
    const { old: replaced, question } = oldAddressesFrom(plan, carries, machine);
    expect(question.notNeeded).toBeUndefined();
    expect(replaced).toEqual(carries);
    for (const address of Object.values(carries))
      expect(question.details.source).toContain(address);
  });

  test('is asked of an image by hand whose source is gone', () => {
    const plan = { replacesFrom: "the new machine's own files, to be confirmed at a gate" };
    const { old: found, question } = oldAddressesFrom(plan, old, machine);
    expect(found).toEqual(old);
    expect(question).toMatchObject({ name: 'addresses' });
    expect(question.details.source).toContain('**10.0.1.5** and **203.0.113.10**');
    expect(() => oldAddressesFrom(plan, {}, machine)).toThrow(
      '"replaces":{"private":"…","public":"…"}',
    );
  });
});

const recordOf = (hostname?: string): NonNullable<RestorePlan['record']> => ({
  installation: 'prod',
  run: 'backup',
  takenAt: '2026-11-24T03:10:00Z',
  consistency: 'no-reboot',
  sourceInstanceId: 'i-0fff',
  privateAddress: old.private,
  publicAddress: old.public,
  ...(hostname === undefined ? {} : { hostname }),
  hostKeys: [],
  launch: plan.launch,
  externalServices: false,
  objectStorage: 's3',
  unrecorded: [],
});

const name = 'circleci.example.com';
const first = '198.51.100.1';

test.each<
  [string, { configured?: string; record?: string | null; seen?: string; bare?: true }, string]
>([
  ['a name is what its owner wants', { configured: name, record: 'old.example.com' }, name],
  [
    'the old public address becomes the new one',
    { configured: old.public, record: old.public },
    '203.0.113.101',
  ],
  [
    'the old private address becomes the new one',
    { configured: old.private, record: old.private },
    '10.0.1.57',
  ],
  [
    'without a public one it becomes the private one',
    { configured: old.public, record: old.public, bare: true },
    '10.0.1.57',
  ],
  ['the new address stays', { configured: '203.0.113.101', record: old.public }, '203.0.113.101'],
  [
    'of an earlier machine: the recorded is newer, and moves',
    { configured: first, record: old.public },
    '203.0.113.101',
  ],
  [
    'of an earlier machine: the recorded private moves, too',
    { configured: first, record: old.private },
    '10.0.1.57',
  ],
  ['of an earlier machine: the recorded name is newer', { configured: first, record: name }, name],
  ['an address of neither that the app had stays', { configured: first, record: first }, first],
  [
    'nothing recorded: the machine itself is asked',
    { configured: first, record: null, seen: old.public },
    '203.0.113.101',
  ],
  [
    'nothing recorded, and no answer: as configured',
    { configured: first, record: null, seen: '' },
    first,
  ],
  ['no record: the machine itself is asked', { configured: first, seen: old.private }, '10.0.1.57'],
  ['a plan of an earlier version', {}, '203.0.113.101'],
])('the hostname: %s', (_what, { configured, record, seen = '', bare }, expected) => {
  const { publicAddress: _, ...inner } = machine;
  const planned = {
    ...plan,
    ...(configured === undefined ? {} : { hostname: configured }),
    ...(record === undefined ? {} : { record: recordOf(record ?? undefined) }),
  };
  const on = bare ? inner : machine;
  expect(hostnameFor(planned, { old, machine: on, seen })).toBe(expected);
});

describe('the DNS record', () => {
  const facts = { hostname: name, machine, old, isRight: false };

  test('is shown old → new', () => {
    const { details } = toChangeDns(plan, facts);
    expect(details.source).toContain('203.0.113.10 or 10.0.1.5 → **203.0.113.101 or 10.0.1.57**');
  });

  test('needs no change where the name resolves to the new machine already', () => {
    const { notNeeded } = toChangeDns(plan, { ...facts, isRight: true });
    expect(notNeeded).toBe('circleci.example.com resolves to it already');
  });

  test('needs no change for a hostname that is an address of the machine', () => {
    const { notNeeded } = toChangeDns(plan, { ...facts, hostname: '203.0.113.101' });
    expect(notNeeded).toBe('the hostname is the address 203.0.113.101');
  });

  test('is a question for a hostname that is an address of nobody we know, also with an Elastic IP', () => {
    const elasticIp = { allocationId: 'eipalloc-1', publicAddress: '203.0.113.50' };
    for (const one of [plan, { ...plan, elasticIp }]) {
      const question = toChangeDns(one, { ...facts, hostname: first });
      expect(question.notNeeded).toBeUndefined();
      expect(question.details.source).toContain(`the address **${first}**`);
    }
  });

  test('needs no change with an Elastic IP', () => {
    const elasticIp = { allocationId: 'eipalloc-1', publicAddress: '203.0.113.50' };
    const { notNeeded } = toChangeDns({ ...plan, elasticIp }, facts);
    expect(notNeeded).toBe('203.0.113.50 moved to the machine');
  });
});
