import { moment, span } from '../../../src/cli/render/span';

test.each([
  [-3, '0 s'],
  [0.9, '0 s'],
  [59, '59 s'],
  [3600, '1 h'],
  [3661, '1 h 1 min'],
  [3601, '1 h 1 s'],
  [26 * 3600, '26 h'],
  [48 * 3600 - 1, '47 h 59 min'],
  [50 * 3600 + 59, '2 days 2 h'],
])('%d seconds are %s', (seconds, text) => {
  expect(span(seconds)).toBe(text);
});

test('a moment is told in UTC, whatever its own zone', () => {
  expect(moment('2026-11-24T00:30:00+01:00')).toBe('2026-11-23 23:30 UTC');
});
