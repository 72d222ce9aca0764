import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { root } from './compose-file';

const lock = z.object({
  packages: z.record(
    z.string(),
    z.looseObject({ license: z.string().optional(), dev: z.boolean().optional() }),
  ),
});

/** What a product under MIT may bring along without a word more than a notice. */
const free = [
  ...['MIT', 'MIT-0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'Unlicense'],
  ...['BlueOak-1.0.0', 'CC-BY-4.0', 'Apache-2.0 AND MIT'],
  ...['(MIT OR WTFPL)', '(BSD-2-Clause OR MIT OR Apache-2.0)'],
];

/** Looked at one by one: what the lock file does not say, and what asks for more. */
const looked: Readonly<Record<string, string>> = {
  buildcheck: 'MIT',
  'cpu-features': 'MIT',
  ssh2: 'MIT',
  unionfs: 'Unlicense',
  // A library of its own, loaded by the lab's shell and not changed.
  'node-liblzma': 'LGPL-3.0',
};

test('each package that is installed with the product has a licence that was looked at', () => {
  const { packages } = lock.parse(
    JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')),
  );
  const unknown = Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path, { license }]) => [path.split('node_modules/').at(-1) ?? '', license] as const)
    .filter(([name, license]) => {
      if (license !== undefined && free.includes(license)) return false;
      return license === undefined ? looked[name] === undefined : looked[name] !== license;
    });
  expect(unknown).toEqual([]);
});
