import { letsOutEverywhere } from '../../../src/machine/launch/egress';

test.each([
  [[], false],
  [['10.0.0.0/8', 'sg-1', 'pl-1'], false],
  [['10.0.0.0/8', '0.0.0.0/0'], true],
  [['::/0'], true],
])('a group with the outbound rules %j keeps nothing in: %s', (egress, expected) => {
  expect(letsOutEverywhere({ egress })).toBe(expected);
});
