import { BlockList, isIPv4 } from 'node:net';
import * as fc from 'fast-check';
import { reachBeyond } from '../../../src/machine/launch/egress';

test.each([
  ['no rule', [], [], []],
  ['everywhere', ['0.0.0.0/0', '::/0'], [], ['0.0.0.0/0', '::/0']],
  ['the internet in halves', ['0.0.0.0/1', '128.0.0.0/1'], [], ['0.0.0.0/1', '128.0.0.0/1']],
  ['the new internet in halves', ['::/1', '8000::/1'], [], ['::/1', '8000::/1']],
  ['every private network', ['10.0.0.0/8'], [], ['10.0.0.0/8']],
  ['a single host', ['192.0.2.1/32'], [], ['192.0.2.1/32']],
  ['another group and a list', ['sg-1', 'pl-1'], ['0.0.0.0/0'], ['sg-1', 'pl-1']],
  ['what is named', ['10.0.9.0/24'], ['10.0.9.0/24'], []],
  ['a part of what is named', ['10.0.9.128/25', 'fd00::1/128'], ['10.0.9.0/24', 'fd00::/8'], []],
  ['more than is named', ['10.0.8.0/23'], ['10.0.9.0/24'], ['10.0.8.0/23']],
  ['two named networks in one rule', ['10.0.8.0/23'], ['10.0.9.0/24', '10.0.8.0/24'], []],
  ['an address with bits of its host', ['10.0.9.77/24'], ['10.0.9.0/24'], []],
  [
    'a gap between what is named',
    ['10.0.8.0/22'],
    ['10.0.8.0/23', '10.0.11.0/24'],
    ['10.0.8.0/22'],
  ],
  ['the old internet, where the new is named', ['0.0.0.0/0'], ['::/0'], ['0.0.0.0/0']],
  [
    'no network at all',
    ['10.0.0.0', '10.0.0.0/33', '1.2.3/8', ':::/0', '1::2::3/64', '/0', ''],
    ['0.0.0.0/0', '::/0'],
    ['10.0.0.0', '10.0.0.0/33', '1.2.3/8', ':::/0', '1::2::3/64', '/0', ''],
  ],
])('%s', (_, egress, named, expected) => {
  expect(reachBeyond(egress, named)).toEqual(expected);
});

const v4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }));
const v6 = fc.tuple(
  fc.ipV6().filter((text) => !text.includes('.')),
  fc.integer({ min: 0, max: 128 }),
);
const network = fc.oneof(v4, v6);
const asText = ([address, length]: readonly [string, number]) => `${address}/${String(length)}`;
const family = (address: string) => (isIPv4(address) ? 'ipv4' : 'ipv6');

test('what passes lets no address out that is not named', () => {
  fc.assert(
    fc.property(fc.array(network), fc.array(network), fc.array(network), (rules, named, probes) => {
      const passed = rules
        .map(asText)
        .filter((one) => reachBeyond([one], named.map(asText)).length === 0);
      const [open, allowed] = [new BlockList(), new BlockList()];
      for (const [address, length] of rules) {
        if (passed.includes(asText([address, length])))
          open.addSubnet(address, length, family(address));
      }
      for (const [address, length] of named) allowed.addSubnet(address, length, family(address));
      for (const [address] of [...probes, ...rules, ...named]) {
        if (open.check(address, family(address))) {
          expect(allowed.check(address, family(address))).toBe(true);
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test('halves of a named network pass together, and each alone', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.integer({ min: 0, max: 31 }), (address, length) => {
      const host = 2 ** (32 - length);
      const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
      const first = Math.floor(value / host) * host;
      const text = (at: number) =>
        [24, 16, 8, 0].map((by) => Math.floor(at / 2 ** by) % 256).join('.');
      const halves = [first, first + host / 2].map((at) => `${text(at)}/${String(length + 1)}`);
      const whole = `${address}/${String(length)}`;
      expect(reachBeyond(halves, [whole])).toEqual([]);
      expect(reachBeyond([whole], halves)).toEqual([]);
      expect(reachBeyond([whole], halves.slice(1))).toEqual([whole]);
    }),
  );
});
