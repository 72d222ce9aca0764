import fc from 'fast-check';
import {
  addressesIn,
  rewriteAddresses,
  type Replacements,
} from '../../../src/machine/addresses/addresses';
import * as files from './address-files';

const moved: Replacements = {
  private: { old: '10.0.1.5', new: '10.0.9.77' },
  public: { old: '54.210.11.12', new: '3.80.7.8' },
};
const rewritten = (content: string, replacements = moved): string =>
  rewriteAddresses(content, replacements).content;

describe('the address files as the installer writes them', () => {
  test.each(Object.entries(files.golden))('%s', (_, { before, after, replaced }) => {
    const once = rewriteAddresses(before, moved);
    expect(once).toEqual({ content: after, replaced, found: 'old', leftover: [] });
    expect(rewriteAddresses(after, moved)).toEqual({
      content: after,
      replaced: 0,
      found: 'new',
      leftover: [],
    });
  });
});

describe('what is an address', () => {
  test.each([
    ['PRIVATE_ADDRESS=10.0.1.5', 'PRIVATE_ADDRESS=10.0.9.77'],
    ['DAEMON_ENDPOINT=10.0.1.5:9879', 'DAEMON_ENDPOINT=10.0.9.77:9879'],
    ['DAEMON_ENDPOINT=[10.0.1.5]:9879', 'DAEMON_ENDPOINT=[10.0.9.77]:9879'],
    ['NO_PROXY=10.0.1.5,127.0.0.1', 'NO_PROXY=10.0.9.77,127.0.0.1'],
    ['NO_PROXY=127.0.0.1,10.0.1.5"', 'NO_PROXY=127.0.0.1,10.0.9.77"'],
    ['HTTP_PROXY=http://10.0.1.5/', 'HTTP_PROXY=http://10.0.9.77/'],
    ['HTTP_PROXY=http://ops@10.0.1.5:3128', 'HTTP_PROXY=http://ops@10.0.9.77:3128'],
    ['10.0.1.5:9874/circleci-frontend', '10.0.9.77:9874/circleci-frontend'],
    ["PRIVATE_ADDRESS='10.0.1.5'", "PRIVATE_ADDRESS='10.0.9.77'"],
    ['# It was 10.0.1.5.', '# It was 10.0.9.77.'],
    ['NO_PROXY=10.0.1.5/32', 'NO_PROXY=10.0.9.77/32'],
    ['NODENAME=ip-10-0-1-5.ec2.internal', 'NODENAME=ip-10-0-9-77.ec2.internal'],
    ['NODENAME=ip-10-0-1-5', 'NODENAME=ip-10-0-9-77'],
    [
      'NODENAME=ec2-54-210-11-12.compute-1.amazonaws.com',
      'NODENAME=ec2-3-80-7-8.compute-1.amazonaws.com',
    ],
  ])('%s', (before, after) => {
    expect(rewriteAddresses(before, moved)).toMatchObject({ content: after, replaced: 1 });
  });

  test.each([
    ['a longer address that begins with the old one', 'HTTP_PROXY=http://10.0.1.50:3128'],
    ['a longer address that ends with the old one', 'X=110.0.1.5'],
    ['five numbers', 'X=1.10.0.1.5'],
    ['five numbers', 'X=10.0.1.5.1'],
    ['a name that begins with the address', 'X=10.0.1.5.example.com'],
    ['a name that holds the address', 'X=web-10.0.1.5'],
    ['a name that holds the address', 'X=10.0.1.5-old'],
    ['a version that looks like one', 'X=v10.0.1.5'],
    ['a network', 'NO_PROXY=10.0.1.5/24,10.0.1.5/3'],
    ['dots that are other characters', 'X=10x0x1x5 10-0-1-5'],
    ['the dashed name of a neighbour', 'NODENAME=ip-10-0-1-50.ec2.internal'],
    ['a name that holds the dashed one', 'NODENAME=ip-10-0-1-5-old my-ip-10-0-1-5'],
  ])('leaves %s alone: %s', (_, content) => {
    expect(rewriteAddresses(content, moved)).toMatchObject({ content, replaced: 0, found: 'none' });
  });
});

describe('private and public address in one pass', () => {
  const file = (own: string, outer: string): string =>
    `PRIVATE_ADDRESS=${own}\nREPLICATED_OPERATOR_OPTS=" -e PUBLIC_ADDRESS=${outer}"\n`;
  const [a, b, c] = ['10.0.1.5', '54.210.11.12', '10.0.9.77'];

  test.each([
    ['the two change places', { private: { old: a, new: b }, public: { old: b, new: a } }],
    [
      'the old private is the new public',
      { private: { old: a, new: c }, public: { old: b, new: a } },
    ],
    [
      'the old public is the new private',
      { private: { old: a, new: b }, public: { old: b, new: c } },
    ],
    ['the private stays', { private: { old: a, new: a }, public: { old: b, new: c } }],
    ['the public stays', { private: { old: a, new: c }, public: { old: b, new: b } }],
  ])('%s, and a second run changes nothing', (_, replacements) => {
    const after = file(replacements.private.new, replacements.public.new);
    const once = rewriteAddresses(file(a, b), replacements);
    expect(once.content).toBe(after);
    expect(rewriteAddresses(after, replacements)).toMatchObject({
      content: after,
      replaced: 0,
      found: 'new',
    });
  });

  test('a public address without a successor is given no more; elsewhere it is left and reported', () => {
    const replacements = { private: { old: a, new: c }, public: { old: b, new: undefined } };
    const operator = (inner: string, rest: string): string =>
      `PRIVATE_ADDRESS=${inner}\nREPLICATED_OPERATOR_OPTS="${rest} -e TAGS=local"\n`;
    for (const [given, left] of [
      [` -e PUBLIC_ADDRESS=${b}`, ''],
      [` -e PUBLIC_ADDRESS=[${b}]`, ''],
      [` --env PUBLIC_ADDRESS=${b} -e X=1`, ' -e X=1'],
      [` -e PUBLIC_ADDRESS=${b}0`, ` -e PUBLIC_ADDRESS=${b}0`],
      [` -e MY_PUBLIC_ADDRESS=${b}`, ` -e MY_PUBLIC_ADDRESS=${b}`],
    ] as const) {
      const once = rewriteAddresses(operator(a, given), replacements);
      expect(once.content).toBe(operator(c, left));
      expect(rewriteAddresses(once.content, replacements)).toMatchObject({
        content: once.content,
        replaced: 0,
      });
    }
    for (const line of [`PUBLIC_ADDRESS=${b}\n`, `export PUBLIC_ADDRESS="${b}"\r\n`]) {
      const file = `PRIVATE_ADDRESS=${a}\n${line}NO_PROXY=${b},localhost\n`;
      expect(rewriteAddresses(file, replacements)).toEqual({
        content: `PRIVATE_ADDRESS=${c}\nNO_PROXY=${b},localhost\n`,
        replaced: 2,
        found: 'old',
        leftover: [b],
      });
    }
    expect(rewriteAddresses(`PRIVATE_ADDRESS=${a}`, replacements).leftover).toEqual([]);
  });

  test('where the old machine had one address for both, the private one decides', () => {
    const replacements = { private: { old: a, new: c }, public: { old: a, new: b } };
    expect(rewritten(file(a, a), replacements)).toBe(file(c, c));
  });
});

test.each([
  ['DAEMON_HOST=10.0.1.5', 'old'],
  ['DAEMON_HOST=10.0.9.77', 'new'],
  ['DAEMON_HOST=10.0.9.77\nPRIVATE_ADDRESS=10.0.1.5', 'both'],
  ['DAEMON_HOST=10.0.1.50', 'none'],
  ['', 'none'],
])('%j says which private address was there: %s', (content, found) => {
  expect(rewriteAddresses(content, moved).found).toBe(found);
});

test.each(['fe80::1', '10.0.1', 'circleci.example.com', '10.0.1.5\n', ''])(
  'refuses to write %j as an address',
  (address) => {
    const replacements = { private: { old: '10.0.1.5', new: address } };
    expect(() => rewriteAddresses('', replacements)).toThrow(RangeError);
  },
);

describe('the addresses that a file says its machine has', () => {
  test.each(Object.entries(files.golden))('%s', (_, { before, carries }) => {
    expect(addressesIn(before)).toEqual(carries);
  });

  test.each([
    ['a comment', '# PRIVATE_ADDRESS=10.0.1.5\n', {}],
    [
      'the last assignment',
      'PRIVATE_ADDRESS=10.0.1.4\nPRIVATE_ADDRESS=10.0.1.5\n',
      { private: '10.0.1.5' },
    ],
    ['quotes', 'PRIVATE_ADDRESS="10.0.1.5"\r\n', { private: '10.0.1.5' }],
    ['brackets', 'export PRIVATE_ADDRESS=[10.0.1.5]', { private: '10.0.1.5' }],
    ['another variable', 'MY_PRIVATE_ADDRESS=10.0.1.5 ADVERTISE_ADDRESS=10.0.1.5', {}],
    ['a host name', 'PUBLIC_ADDRESS=10.0.1.5.example.com', {}],
  ])('minds %s', (_, content, expected) => {
    expect(addressesIn(content)).toEqual(expected);
  });
});

describe('for every file', () => {
  const address = fc
    .tuple(...[1, 2, 3, 4].map(() => fc.integer({ min: 0, max: 255 })))
    .map((bytes) => bytes.join('.'));
  const four = fc.uniqueArray(address, { minLength: 4, maxLength: 4 });
  const separator = fc.constantFrom(' ', '\n', '\r\n', ',', '=', '"', ' -e PUBLIC_ADDRESS=', '=[');
  // Bytes as latin1. Whatever could be a piece of an address or of a name stays out.
  const noise = fc
    .array(fc.integer({ min: 0, max: 255 }), { maxLength: 20 })
    .map((bytes) => String.fromCharCode(...bytes).replace(/[\w./-]/g, ''));

  // A file as pieces: what stands there, and what must stand there afterwards.
  const pieceOf = (addresses: readonly string[]) => {
    const [oldOwn = '', oldOuter = '', newOwn = '', newOuter = ''] = addresses;
    const dash = (text: string): string => text.replaceAll('.', '-');
    const changes: [string, string][] = [
      [oldOwn, newOwn],
      [oldOuter, newOuter],
      [`${oldOwn}:9879`, `${newOwn}:9879`],
      [`[${oldOwn}]:9874`, `[${newOwn}]:9874`],
      [`ip-${dash(oldOwn)}.ec2.internal`, `ip-${dash(newOwn)}.ec2.internal`],
    ];
    const neighbours = [`${oldOwn}0`, `1${oldOwn}`, `1.${oldOwn}`, `${oldOwn}.example.com`]
      .concat([`${oldOuter}/24`, `x${oldOuter}`, `${oldOuter}-old`, `ip-${dash(oldOwn)}0`])
      .map((text): [string, string] => [text, text]);
    return fc.oneof(
      fc.constantFrom(...changes, ...neighbours),
      noise.map((text): [string, string] => [text, text]),
    );
  };
  const fileOf = (addresses: readonly string[]) =>
    fc.array(fc.tuple(pieceOf(addresses), separator), { maxLength: 40 }).map((pieces) => ({
      before: pieces.map(([[before], end]) => before + end).join(''),
      after: pieces.map(([[, after], end]) => after + end).join(''),
    }));
  const replacementsOf = ([oldOwn = '', oldOuter = '', newOwn = '', newOuter = '']: string[]) => ({
    private: { old: oldOwn, new: newOwn },
    public: { old: oldOuter, new: newOuter },
  });
  const cases = four.chain((addresses) =>
    fileOf(addresses).map((file) => ({ ...file, replacements: replacementsOf(addresses) })),
  );
  const swaps = fc
    .uniqueArray(address, { minLength: 2, maxLength: 2 })
    .chain(([a = '', b = '']) =>
      fileOf([a, b, b, a]).map((file) => ({ ...file, replacements: replacementsOf([a, b, b, a]) })),
    );

  test('whole addresses change, and not one byte else', () => {
    fc.assert(
      fc.property(cases, ({ before, after, replacements }) => {
        expect(rewritten(before, replacements)).toBe(after);
      }),
      { numRuns: 2000 },
    );
  });

  test('a second run changes nothing', () => {
    fc.assert(
      fc.property(cases, ({ after, replacements }) => {
        expect(rewriteAddresses(after, replacements)).toMatchObject({
          content: after,
          replaced: 0,
        });
      }),
    );
  });

  test('two addresses can change places, and back', () => {
    fc.assert(
      fc.property(swaps, ({ before, after, replacements }) => {
        const first = `PRIVATE_ADDRESS=${replacements.private.old}\n`;
        const then = `PRIVATE_ADDRESS=${replacements.private.new}\n`;
        // A file that by chance says last that its private address is the new one was rewritten.
        fc.pre(!before.includes('PRIVATE_ADDRESS='));
        expect(rewritten(first + before, replacements)).toBe(then + after);
        expect(rewritten(then + after, replacements)).toBe(then + after);
      }),
    );
  });
});
