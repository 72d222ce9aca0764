import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './compose-file';

interface Instruction {
  readonly word: string;
  readonly rest: string;
}

/** The instructions of each stage, lines that end in a backslash joined. */
function stagesOf(text: string): Instruction[][] {
  const lines = text
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: Instruction[][] = [];
  for (const line of lines) {
    const [word = '', ...rest] = line.trim().split(/\s+/);
    if (word === 'FROM') stages.push([]);
    stages.at(-1)?.push({ word, rest: rest.join(' ') });
  }
  return stages;
}

const stages = stagesOf(readFileSync(join(root, 'Dockerfile'), 'utf8'));
const [build = [], final = []] = stages;

function of(stage: readonly Instruction[], word: string): string[] {
  return stage.filter((one) => one.word === word).map(({ rest }) => rest);
}

/** What `COPY a b c to` takes from the repository. */
function copiedFromHere(stage: readonly Instruction[]): string[] {
  return of(stage, 'COPY')
    .filter((rest) => !rest.startsWith('--from'))
    .flatMap((rest) => rest.split(' ').slice(0, -1));
}

/** What .dockerignore leaves of a path: the last line that fits decides. */
function isSent(path: string): boolean {
  const rules = readFileSync(join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const fits = (pattern: string): boolean => {
    const source = pattern.replaceAll('.', '[.]').replaceAll('*', '[^/]*');
    return new RegExp(`^${source}(/|$)`).test(path);
  };
  const last = rules.filter((rule) => fits(rule.replace(/^!/, ''))).at(-1);
  return last === undefined || last.startsWith('!');
}

/** The words of an instruction in its exec form. */
const wordsOf = (rest: string | undefined): string[] => JSON.parse(rest ?? '[]') as string[];

test('the image is built in two stages, both on the Debian of the oldest supported Node', () => {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    engines: { node: string };
  };
  const [major = ''] = /\d+/.exec(engines.node) ?? [];
  const base = `node:${major}-bookworm-slim`;
  expect(stages.map((stage) => of(stage, 'FROM'))).toEqual([[`${base} AS build`], [base]]);
});

test('everything that is copied exists and is sent to the builder', () => {
  const copied = [...copiedFromHere(build), ...copiedFromHere(final)];
  expect(copied).toEqual(expect.arrayContaining(['src', 'package-lock.json']));
  expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  expect(copied.filter((path) => !isSent(path))).toEqual([]);
});

test('nothing else is sent: no secret, no history, no folder of this machine', () => {
  const kept = ['.env', '.git', 'node_modules', 'lib', 'runbook.yaml', 'services_ed25519', 'test'];
  expect(kept.filter(isSent)).toEqual([]);
  expect(['deploy/env.example', 'deploy/temporal'].filter(isSent)).toEqual([]);
});

test('no install script runs, and no development dependency gets into the image', () => {
  const installs = [...of(build, 'RUN'), ...of(final, 'RUN')].filter((run) =>
    run.includes('npm ci'),
  );
  expect(installs).toHaveLength(2);
  for (const run of installs) expect(run).toContain('--ignore-scripts');
  expect(of(final, 'RUN').join('\n')).toContain('npm ci --ignore-scripts --omit=dev');
});

test('the image holds what was built, and no tool to build with', () => {
  expect(of(final, 'COPY')).toContain('--from=build /app/lib lib');
  expect(of(build, 'RUN').at(-1)).toBe('npm run build');
  const packages = /apt-get install ([^&]+)/.exec(of(final, 'RUN').join(' '));
  const installed = packages?.[1]?.split(/\s+/).filter((word) => /^[a-z]/.test(word)) ?? [];
  expect(installed).toEqual(['ca-certificates', 'tini']);
  expect(copiedFromHere(final)).not.toContain('src');
});

test('the worker is not root, and an init passes it the signal to stop', () => {
  expect(final.findIndex(({ word }) => word === 'USER')).toBeGreaterThan(
    final.findLastIndex(({ word }) => word === 'RUN' || word === 'COPY'),
  );
  expect(of(final, 'USER')).toEqual(['node']);
  expect(of(final, 'STOPSIGNAL')).toEqual(['SIGTERM']);
  expect(wordsOf(of(final, 'ENTRYPOINT')[0])).toEqual(['tini', '--']);
});

test('it runs the worker, with a bounded heap and a health check', () => {
  const [program, script = ''] = wordsOf(of(final, 'CMD')[0]);
  expect(program).toBe('node');
  expect(existsSync(join(root, script.replace(/^lib\/(.*)\.js$/, 'src/$1.ts')))).toBe(true);
  expect(of(final, 'ENV').join(' ')).toMatch(/NODE_OPTIONS=--max-old-space-size=\d+/);
  const [check = ''] = of(final, 'HEALTHCHECK');
  const [, probe = ''] = wordsOf(check.slice(check.indexOf('[')));
  expect(copiedFromHere(final)).toContain('deploy/worker');
  expect(probe).toMatch(/^deploy\/worker\//);
  expect(existsSync(join(root, probe))).toBe(true);
});
