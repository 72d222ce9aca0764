import fc from 'fast-check';
import {
  code,
  fenced,
  firstLines,
  list,
  message,
  prose,
  paragraph,
  paragraphs,
  text,
} from '../../src/contract/markdown';
import { hostile, hostileRuns } from './hostile';

describe('a value in Markdown', () => {
  it.each([
    ['# Approved by CTO', '\\# Approved by CTO'],
    ['- item', '\\- item'],
    ['4. Update the IP addresses', '4\\. Update the IP addresses'],
    ['<img src=x onerror=alert(1)>', '\\<img src=x onerror=alert(1)>'],
    ['[click](https://evil.example)', '`[click](https://evil.example)`'],
    ['see https://evil.example/x now', 'see `https://evil.example/x` now'],
    ['www.evil.example', '`www.evil.example`'],
    ['mail ana@evil.example', 'mail `ana@evil.example`'],
    ['**bold** _em_ ~~gone~~', '\\*\\*bold\\*\\* \\_em\\_ \\~\\~gone\\~\\~'],
    ['a\n\n# b', 'a # b'],
    ['&lt;b&gt; &#60; R&D', '\\&lt;b\\&gt; \\&#60; R\\&D'],
    ['\u001b[2J', '\\\\u{1b}\\[2J'],
    ['abc\u202egnp', 'abc\\\\u{202e}gnp'],
    ['`x`', '`x`'],
    ['a ` alone', 'a \\` alone'],
    ['`<b>` <b> `[x](y)`', '`<b>` \\<b> `[x](y)`'],
    ['a | b', 'a \\| b'],
    ['/etc/default/replicated_x', '/etc/default/replicated_x'],
    ['x'.repeat(2000), `${'x'.repeat(999)}…`],
  ])('%j is written as %j', (value, written) => {
    expect(paragraph(value)).toBe(written);
    expect(prose`${value}`.source).toBe(written);
  });

  it.each([
    ['Look at `journalctl -u docker` there', 'Look at `journalctl -u docker` there'],
    ['run `sed -i "s|[a]|*|" <x>` now', 'run `sed -i "s|[a]|*|" <x>` now'],
    ['a ` alone', 'a \\` alone'],
    ['`a` <b> `https://evil.example`', '`a` \\<b> `https://evil.example`'],
    ['x '.repeat(1500).trim(), 'x '.repeat(1500).trim()],
  ])('keeps the commands of a message: %j', (value, written) => {
    expect(message(value).source).toBe(written);
  });

  it('is escaped by the template, where Markdown is not', () => {
    expect(prose`**${'<b>'}** ${prose`**x**`} ${2}`.source).toBe('**\\<b>** **x** 2');
    expect(list(['# a', prose`**b**`]).source).toBe('- \\# a\n- **b**');
    expect(paragraphs(prose`a`, prose``, prose`b\nc`).source).toBe('a\n\nb c');
  });

  it('is code that nothing in it can end', () => {
    expect(code('a`b').source).toBe('``a`b``');
    expect(code('`a').source).toBe('`` `a ``');
    expect(fenced('diff', '```\n# x').source).toBe('````diff\n```\n# x\n````');
  });

  it('ends no line, begins no tag and makes no link, whatever it is', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        for (const written of [paragraph(value), text(value), prose`${value}`.source]) {
          // What stands in code is shown as it is.
          const outside = withoutCode(written);
          expect(written).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
          expect(outside).not.toMatch(/(?<!\\)(?:\\\\)*[<[\]|`*~]/);
          expect(outside).not.toMatch(/:\/\/|www\.|(?<!\\)(?:\\\\)*&[#\w]/i);
        }
        expect(paragraph(value)).not.toMatch(/^(?:[#>+=-]|\d+[.)])/);
        expect(Array.from(text(value)).length).toBeLessThan(8000);
      }),
      { numRuns: hostileRuns(5000) },
    );
  });
});

describe('Markdown that is too long', () => {
  it('loses whole lines, so that no code and no escape is cut', () => {
    const long = paragraphs(prose`first`, fenced('', 'x\n'.repeat(500))).source;
    const cut = firstLines(long, 200);
    expect(cut.length).toBeLessThanOrEqual(210);
    expect(cut).toMatch(/^first\n\n```\n/);
    expect(cut).toMatch(/\n…\n```$/);
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 30 }), fc.nat(3000), (values, length) => {
        const lines = list(values).source;
        const kept = firstLines(lines, length).split('\n');
        const all = lines.split('\n');
        expect(kept.every((line) => line === '…' || line === '' || all.includes(line))).toBe(true);
      }),
      { numRuns: hostileRuns(300) },
    );
  });
});

/** Without its spans of code: a run of backticks that is closed by a run of the same length. */
function withoutCode(written: string): string {
  let rest = written;
  let outside = '';
  for (;;) {
    const open = /(?<!\\)(?:\\\\)*(`+)/.exec(rest);
    const run = open?.[1] ?? '';
    if (open === null) return outside + rest;
    const at = open.index + open[0].length;
    const close = new RegExp(`(?<!\`)${run}(?!\`)`).exec(rest.slice(at));
    if (close === null) return outside + rest;
    outside += rest.slice(0, open.index);
    rest = rest.slice(at + close.index + run.length);
  }
}
