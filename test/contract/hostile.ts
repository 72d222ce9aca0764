/** Values as somebody would choose them who wants to be taken for something else. */
import fc from 'fast-check';

const pieces = [
  ...[
    '# ',
    '## Approved by CTO',
    '- ',
    '1. ',
    '> ',
    '---',
    '===',
    '\n',
    '\n\n',
    '\r\n',
    '\t',
    '    ',
  ],
  ...[
    '<img src=x onerror=alert(1)>',
    '<script>',
    '</td>',
    '<!--',
    '<a href="x">',
    '&lt;',
    '&#60;',
    '&',
  ],
  ...[
    '[x](https://evil.example)',
    '![x](//evil.example/p)',
    '[x]: https://e.example',
    'https://e.example/a_b',
  ],
  ...[
    'www.evil.example',
    'ana@evil.example',
    'http://',
    '://',
    '<https://e.example>',
    'javascript:alert(1)',
  ],
  ...[
    '`',
    '``',
    '```',
    '~~~',
    '~~',
    '**',
    '*',
    '_',
    '__',
    '|',
    '\\',
    '\\|',
    '\\`',
    '$',
    '{{',
    '}}',
    "'",
    '"',
  ],
  ...['\u001b[2J', '\u001b]52;c;eA==\u0007', '\u009b31m', '\u0000', '\u0007', '\b', '\r', '\u007f'],
  ...[
    '\u202e',
    '\u2066',
    '\u200b',
    '\u200d',
    '\ufeff',
    '\u2028',
    '\u2029',
    '\u00ad',
    '\ud800',
    '\udfff',
  ],
  ...[
    '✓ Approve the launch',
    'approved by cto',
    '👍',
    '李',
    'é',
    ' ',
    'a',
    '0',
    '.',
    ':',
    '/',
    '@',
    '-',
    '=',
  ],
];

/** Such a value. */
export const hostile = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { maxLength: 20 }).map((some) => some.join('')),
  fc
    .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 5 })))
    .map((some) => some.join('')),
);

/** How many are tried; `HOSTILE_RUNS=100000` tries so many. */
export function hostileRuns(usually: number): number {
  return Number(process.env['HOSTILE_RUNS'] ?? usually);
}
