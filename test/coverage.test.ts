/** docs/coverage.md names for each sentence of the vendor's document the test that shows it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..');
const page = readFileSync(join(root, 'docs/coverage.md'), 'utf8');

interface Row {
  readonly here: string;
  readonly file?: string;
  readonly title?: string;
}

const rows: Row[] = page
  .split('\n')
  .filter((line) => /^\| (?!the document|---)/.test(line))
  .map((line) => {
    const [, here = '', test = ''] = line
      .split(' | ')
      .map((cell) => cell.replace(/\|$/, '').trim());
    const [, file, title] = /^`([^`]+)` › (.+)$/.exec(test) ?? [];
    return { here, file, title };
  });

test('each sentence is shown by a test, or said not to be done yet', () => {
  expect(rows.length).toBeGreaterThan(25);
  const bare = rows.filter(({ here, file }) => file === undefined && !here.includes('*not yet*'));
  expect(bare).toEqual([]);
});

const named = rows.filter((row): row is Required<Row> => row.file !== undefined);

test.each(named)('$file has the test "$title", switched on', ({ file, title }) => {
  // Only files of these folders and with this ending are run by jest's projects.
  expect(file).toMatch(/^test\/(?!(postgres|nights)\/).+\.test\.ts$/);
  expect(existsSync(join(root, file))).toBe(true);
  const text = readFileSync(join(root, file), 'utf8');
  const at = text.indexOf(`'${title}'`);
  expect(at).toBeGreaterThan(0);
  const opened = /(\w+)(\.\w+)?\((\[[^]*\]\)\()?\s*$/.exec(text.slice(0, at));
  expect(opened?.[0]).toMatch(/^(test|it)\b/);
  expect(text).not.toMatch(/\b(test|it|describe)\.(skip|todo|only)\(/);
});
