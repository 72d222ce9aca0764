import fc from 'fast-check';
import { isPrintable, printable } from '../../src/contract/printable';

describe('text from outside', () => {
  it.each([
    ['ana', 'ana'],
    ['José 李 ✓ 👍', 'José 李 ✓ 👍'],
    ['\u001b[2J', '\\u{1b}[2J'],
    ['a\nb\r\tc', 'a\\u{a}b\\u{d}\\u{9}c'],
    ['abc\u202egnp', 'abc\\u{202e}gnp'],
    ['zero\u200bwidth', 'zero\\u{200b}width'],
    ['\u009b31m', '\\u{9b}31m'],
    ['line\u2028end', 'line\\u{2028}end'],
  ])('%j is shown as %j', (value, shown) => {
    expect(printable(value)).toBe(shown);
    expect(isPrintable(value)).toBe(shown === value);
  });

  it('never moves the cursor, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(isPrintable(printable(value))).toBe(true);
      }),
    );
  });
});
