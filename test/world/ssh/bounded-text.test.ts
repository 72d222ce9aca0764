import fc from 'fast-check';
import { BoundedText } from '../../../src/world/ssh/bounded-text';

function kept(chunks: readonly string[]): string {
  const text = new BoundedText();
  for (const chunk of chunks) text.add(Buffer.from(chunk));
  return text.toString();
}

describe('the output of a command', () => {
  it('is kept whole up to 128 KiB, however it is cut into chunks', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 200 })), (chunks) => {
        expect(kept(chunks)).toBe(chunks.join(''));
      }),
    );
    const whole = 'ü'.repeat(64 * 1024);
    expect(kept([whole])).toBe(whole);
  });

  it('keeps a character that lies on the border of two chunks', () => {
    const text = new BoundedText();
    for (const byte of Buffer.from('grün')) text.add(Buffer.from([byte]));
    expect(text.toString()).toBe('grün');
  });

  it('beyond that loses its middle, and says how much', () => {
    const chunks = Array.from({ length: 300 }, (_, index) => `${index}`.padStart(1024, '.'));
    const text = kept(chunks);
    expect(text.startsWith(chunks[0] ?? '')).toBe(true);
    expect(text.endsWith(chunks[299] ?? '')).toBe(true);
    expect(text).toContain(`\n[… ${300 * 1024 - 128 * 1024} bytes left out …]\n`);
    expect(kept([chunks.join('')])).toBe(text);
  });
});
