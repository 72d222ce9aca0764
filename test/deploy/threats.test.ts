import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './compose-file';

const text = readFileSync(join(root, 'SECURITY.md'), 'utf8');
const claims = [...text.matchAll(/^- (\w+): \*(.+)\* in `(test\/\S+)`$/gm)].map(
  ([, topic = '', name = '', file = '']) => ({ topic, name, file }),
);

test.each(claims)('$topic is shown by a test that exists: $name', ({ name, file }) => {
  expect(readFileSync(join(root, file), 'utf8')).toContain(name);
});

test('each claim of what is stopped has a test', () => {
  const claimed = [...text.matchAll(/\[(\w+)\]\(#rows-and-their-tests\)/g)].map(
    ([, topic]) => topic,
  );
  expect(claimed.length).toBeGreaterThan(0);
  expect([...new Set(claimed)].sort()).toEqual(
    [...new Set(claims.map(({ topic }) => topic))].sort(),
  );
});
