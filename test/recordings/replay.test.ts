/**
 * Runs that were recorded replay with the workflows of today: so a run that is open while a new
 * version is deployed goes on. CONTRIBUTING.md says what to do when one does not.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeterminismViolationError } from '@temporalio/workflow';
import * as workflows from '../../src/workflows';
import { nameOf, replayAll } from './replaying';
import { placesIn, recordings, retired, type Recording } from './shelf';
import { gatesOf, traitsOf, typeOf } from './traits';

jest.setTimeout(120_000);

const outOfUse = retired();
const all = recordings().filter((one) => !(nameOf(one) in outOfUse));
const traits = all.flatMap(({ history }) => traitsOf(history));
const named = (one: Recording): [string, Recording] => [nameOf(one), one];

/** Every recording that does not replay, with the reason. */
async function unfit(
  some: readonly Recording[],
  code?: Parameters<typeof replayAll>[1],
): Promise<[string, Error][]> {
  const outcomes = await replayAll(some, code);
  expect(outcomes).toHaveLength(some.length);
  return outcomes.flatMap(({ recording, error }) => (error ? [[nameOf(recording), error]] : []));
}

test('every recorded run replays with the code of today', async () => {
  expect(await unfit(all)).toEqual([]);
});

test('only a recording of a release is out of use, and says why', () => {
  const names = recordings().map(nameOf);
  for (const [name, why] of Object.entries(outOfUse)) {
    expect(names).toContain(name);
    expect(name).not.toMatch(/^next\//);
    expect(why).toMatch(/\w{10}|\w+ \w+/);
  }
});

describe('the recordings', () => {
  test('have each workflow', () => {
    const types = new Set(all.map(({ history }) => typeOf(history)));
    expect([...types].sort()).toEqual(Object.keys(workflows).sort());
  });

  test('have each gate of the workflows, and of failed steps', () => {
    const opened = new Set(all.flatMap(({ history }) => gatesOf(history)));
    expect(gatesInSource().filter((title) => !opened.has(title))).toEqual([]);
    expect([...opened].filter((title) => title.startsWith('failed: ')).length).toBeGreaterThan(5);
  });

  test.each([
    ['a run that waits at a gate', /^restore waits at /],
    ['a gate that nobody answered in time', / expired /],
    ['a step that failed', / failed \w+ \(/],
    ['a step that was skipped', / signal skip at a gate$/],
    ['a step that was tried again', / signal retry at a gate$/],
    ['an abort', / signal abort at a gate$/],
    ['a rejection', / signal reject at a gate$/],
    ['a cancellation', / cancel requested$/],
    ['a reset', / reset$/],
    ['a signal of the old form, which names no gate', / signal approve without a gate$/],
    ['a signal that comes when no gate is open', / signal \w+ late$/],
    ['a signal of a name that there is not', / signal aprove /],
    ['an update', / update approve$/],
    ['a claim that another run holds', / child refused$/],
    ['a patch', / patch /],
  ])('have %s', (_what, pattern) => {
    expect(traits.filter((trait) => pattern.test(trait))).not.toEqual([]);
  });

  test.each(all.map(named))('%s tells nothing of the machine that made it', (_name, one) => {
    expect(placesIn(one.text)).toEqual([]);
  });
});

/** The titles that are asked about, as the workflows' source has them. */
function gatesInSource(): string[] {
  const folder = join(__dirname, '../../src/workflows');
  const text = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n');
  const asked = [...text.matchAll(/\bapproval\(\s*(?:'([^']+)'|(\w+),)/g)].map(
    ([, title, constant = '']) =>
      title ?? new RegExp(`const ${constant} = '([^']+)'`).exec(text)?.[1],
  );
  const facts = [...text.matchAll(/title: '([^']+)',\s*(?:about|details|answers)/g)];
  return [...asked, ...facts.map(([, title]) => title)].filter((title) => title !== undefined);
}

describe('a change of the order', () => {
  const bundle = readFileSync(join(__dirname, '../../lib/workflow-bundle.js'), 'utf8');
  const restores = all.filter(({ history }) =>
    traitsOf(history).includes('restore step planRestore'),
  );

  /** The workflows with some lines changed; the text must be there once. */
  function planted(from: RegExp, to: string): { readonly code: string } {
    expect(bundle.split(from)).toHaveLength(
      2 + (from.source.match(/(?<!\\)\((?!\?)/g) ?? []).length,
    );
    return { code: bundle.replace(from, to) };
  }

  test.each([
    [
      'two steps that change places',
      /(await step\('Ask an open backup to make way'.*\n)\s*(const \{ firstExecutionRunId.*\n.*\n)(.*await step\('Plan the restore'.*\n)/,
      '$2$3$1',
    ],
    ['a step that is left out', /await step\('Ask an open backup to make way'.*\n/, ''],
    [
      'a step that comes before',
      /(?=await step\('Ask an open backup to make way')/,
      "await step('Look', acts.checkDns, {});",
    ],
  ])('is seen: %s', async (_what, from, to) => {
    const found = await unfit(restores, planted(from, to));
    expect(found).toHaveLength(restores.length);
    for (const [, error] of found) expect(error).toBeInstanceOf(DeterminismViolationError);
  });
});
